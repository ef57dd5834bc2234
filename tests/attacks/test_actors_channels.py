"""Who may watch which channel, and as whom: every person of the walk at every kind of topic.

By the table through `channel_for`, which the socket's `watch` asks at every event, and by the door
for those without a socket; tests/webapp/test_live.py has real sockets.
"""

import pytest

from identity.rules.permissions import ANONYMOUS
from kernel.errors import NotFound
from storage.database import snapshot
from tests.attacks.test_actors import seers
from tests.factories.identity import viewer
from webapp.channels import channel_for

pytestmark = pytest.mark.attack("permissions")
SIDES = ("agent", "officer")
PUBLIC = "public"
# (stage, topic) → audience: who belongs to it; "*": everybody else. Others are told of nothing.
AUDIENCES = {
    ("registered", "lot:{lot}"): {"regulator": ("regulator",), "party": SIDES},
    ("registered.suspended", "lot:{lot}"): {"regulator": ("regulator",), "party": SIDES},
    ("registered.terminated", "lot:{lot}"): {"regulator": ("regulator",), "party": SIDES},
    ("announced", "lot:{lot}"): {"regulator": ("regulator",), "party": SIDES, PUBLIC: ("*",)},
    ("scoring", "lot:{lot}"): {"regulator": ("regulator",), "party": SIDES, PUBLIC: ("*",)},
    ("scoring", "lot:{lot2}"): {"regulator": ("regulator",), "party": SIDES, PUBLIC: ("*",)},
    ("scoring", "meeting:{meeting}"): {
        "regulator": ("regulator",),
        "agency": SIDES,
        "expert": ("members",),
    },
    ("scoring", "meeting:{meeting2}"): {
        "regulator": ("regulator",),
        "agency": SIDES,
        "expert": ("members2",),
    },
    ("scoring", "wall"): {"regulator": ("regulator",)},
    ("scoring", "lot:{foreign}-01"): {"regulator": ("regulator",), "party": ("agent2", "officer")},
    ("scoring", "draw:{draw}"): {},
    ("scoring", "tender:{tender}"): {},
    ("scoring", "person:{expert}"): {},
    ("scoring", "lot:{lot}|regulator"): {},
    ("scoring", "meeting:{bid}"): {},
}


def expected(known, told):
    """Sign-in name → audience, of everybody who belongs to one."""
    found = {}
    for audience, who in told.items():
        names = {*known["tokens"], ""} - found.keys() if who == ("*",) else seers(known, who)
        found |= dict.fromkeys(names, audience)
    return found


def asked(topic, username):
    """The audience of this person, or none."""
    with snapshot() as db:
        try:
            return channel_for(db, viewer(username) if username else ANONYMOUS, topic)[1]
        except NotFound:
            return None


@pytest.mark.parametrize("stage", sorted({stage for stage, _ in AUDIENCES}))
def test_everybody_watches_as_the_audience_that_they_belong_to(town, tried, stage):
    known = town.trial.at(stage)
    for topic, told in [(t, told) for (at, t), told in AUDIENCES.items() if at == stage]:
        name = topic.format_map(known)
        people = [*known["tokens"], ""]
        tried(len(people))

        seen = {who: asked(name, who) for who in people}
        assert {who: audience for who, audience in seen.items() if audience} == expected(
            known, told
        ), topic


def test_who_may_not_watch_may_not_poll_either(town, tried):
    known, wrong = town.trial.at("scoring"), []
    for topic, told in [(t, told) for (at, t), told in AUDIENCES.items() if at == "scoring"]:
        belongs = expected(known, told)
        for who, token in [*known["tokens"].items(), ("", None)]:
            request = {"method": "GET", "path": f"/live/{topic.format_map(known)}"}
            code = town.trial.code(request, token)
            if (code == "allowed") is not (who in belongs):
                wrong.append((topic, who, code))
            tried()

    assert wrong == []


def test_a_number_ahead_of_the_channel_tells_nothing(town, tried):
    known = town.trial.at("scoring")
    for after in ("0", "1", "9007199254740991"):
        request = {"method": "GET", "path": f"/live/meeting:{known['meeting']}?after={after}"}
        assert town.trial.code(request, known["tokens"]["recused"]) == "meeting.not_found"
        tried()
