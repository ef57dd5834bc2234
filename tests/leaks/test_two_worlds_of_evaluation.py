"""Whoever was drawn, and whatever somebody scored: everybody else sees the same until it is told.

Each pair of worlds is one database at one moment, gone back to and played on in two ways that differ
in nothing but the experts that were drawn, or the marks of one sheet.
"""

import re
import secrets

import pytest

from identity.states import OrganisationKind, Role
from storage import database as doors
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.kept import Kept
from tests.leaks.blots import blotted, headers_of, text_of
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from

pytestmark = pytest.mark.attack("leaks")

OUTSIDE = ("agent", "officer", "host", "operator", "witness", "bidder1", "bidder2")
REGULATOR = CODES[51]
# What the operator is told of late work depends on the second: no worker runs here.
PASSED_OVER = ("static", "openapi", "health.details", "health.page")


class World:
    """One lot on its way, with a database that goes back to where the worlds part."""

    def __init__(self, template, folder):
        self.kept = Kept(folder / "zhaobiao.db")
        self.kept.path.write_bytes(template.read_bytes())
        given = {"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": self.kept.url}
        settings = settings_from(given)
        prepare_keys(settings)
        self.app = create_app(settings)
        self.lot = Evaluation(Vault(settings.files), experts=14)
        make_organisation(REGULATOR, "临江市监管局", OrganisationKind.REGULATOR)
        make_person("regulator", REGULATOR, Role.REGULATOR)
        self.lot.confirmed()

    def part(self):
        """Here the two worlds part."""
        self.tokens = {}
        for name in (*OUTSIDE, "regulator", *self.lot.experts.values()):
            self.tokens[name] = token(name)
        self.kept.keep("parting", {})

    def back(self):
        self.kept.load("parting")
        return self.lot

    def seen(self, readers, codes):
        """(who, address) → what they get, by every rule and with every code."""
        client, answers = self.app.test_client(), {}
        for who in (None, *readers):
            headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who else {}
            for rule in self.app.url_map.iter_rules():
                if "GET" not in rule.methods or rule.endpoint.startswith(PASSED_OVER):
                    continue
                for name, code in codes.items():
                    address = re.sub(r"<[^>]+>", code, rule.rule)
                    answer = client.get(address, headers=headers)
                    text = blotted(text_of(answer))
                    answers[who, rule.rule, name] = answer.status_code, headers_of(answer), text
                    answer.close()
                    if "<" not in rule.rule:
                        break
        return answers


@pytest.fixture
def world(sqlite_template, tmp_path):
    made = World(sqlite_template, tmp_path)
    yield made
    doors.current_database().dispose()


def codes_of(lot):
    found = {"lot": lot.lot, "tender": lot.lot.rpartition("-")[0], "draw": lot.draw}
    if hasattr(lot, "meeting"):
        found |= {"meeting": lot.meeting, "bid": lot.bids[0], "topic": f"meeting:{lot.meeting}"}
    return found


def differing(first, second):
    return sorted(str(at) for at in first if first[at] != second[at])


def test_nobody_can_tell_who_was_drawn(world, tried):
    world.lot.open_draw()
    world.part()
    readers = (*OUTSIDE, "expert0", "expert1")

    first, second = (
        world.seen(readers, codes_of(drawn_so_that(world, called=one, idle="expert1")))
        for one in (True, False)
    )
    compared = [at for at in first if at[0] != "expert0"]

    assert [at for at in compared if first[at] != second[at]] == []
    assert [at for at in first if first[at] != second[at]] != []  # who was called knows it
    tried(len(compared))


def drawn_so_that(world, *, called, idle):
    """The draw made again until the first expert is called, or is not, and another one is not."""
    while True:
        lot = world.back()
        lot.nonces = {party: secrets.token_bytes(32) for party in lot.nonces}
        lot.commit().freeze().reveal()
        names = {lot.experts[call.expert_code] for call in lot.calls()}
        if ("expert0" in names) is called and idle not in names:
            return lot


MARKS = ({0: "1.25", 1: "2.75"}, {0: "2.75", 1: "1.25"})


def test_nobody_can_tell_what_somebody_scored_before_the_sheets_are_shown(world, tried):
    lot = world.lot.drawn().accept_all().convene().scoring()
    world.part()
    author, *others = lot.keys
    readers = (*OUTSIDE, "regulator", *(lot.experts[code] for code in others))
    worlds = []
    for marks in MARKS:
        world.back().hand_in(
            author, lot.sheet(marks=marks, fail=(2,) if marks[0] == "1.25" else ())
        )
        worlds.append(world.seen(readers, codes_of(lot)))

    assert differing(*worlds) == []
    own = [world.seen((lot.experts[author],), codes_of(lot))]
    assert "2.75" in str(own)
    tried(len(worlds[0]))
