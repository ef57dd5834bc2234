"""With no bidder and with nine, what anybody else can fetch before the deadline is the same.

Each world has the same organisations, keys and tender; in one of them nobody bids, in the other
nine do: they order guarantees that a bank signs or refuses, one replaces, one withdraws. Random
codes, digests, signatures and times are blotted out; of a bundle every member is read. The bank
that was asked sees its own orders and papers, and nothing else differs for it.
"""

import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_organisation, make_person, token, viewer
from tests.factories.letters import confirm_mail, mails
from tests.factories.papers import ask, enrol_document_key, give
from tests.factories.trading import Bidder, make_cast, make_open_lot
from tests.leaks.blots import blotted, headers_of, text_of
from trading import queries
from trading.actions import guarantee
from trading.rules.guarantee import order_code
from trading.states import GuaranteeState
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from, workshop_of
from webapp.templating import show_long_day
from webapp.throttle import APPLYING, DOORS, NAMELESS
from webapp.worker import Worker

pytestmark = pytest.mark.attack("leaks")

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
BANK = CODES[48]
OTHERS = {
    "outsider": (OrganisationKind.BIDDER, Role.BIDDER),
    "buyer": (OrganisationKind.PROCURING_ENTITY, Role.PROCURING_OFFICER),
    "issuer": (OrganisationKind.ISSUER, Role.ISSUER),
    "expert": (OrganisationKind.EXPERT_POOL, Role.EXPERT),
    "regulator": (OrganisationKind.REGULATOR, Role.REGULATOR),
    "witness": (OrganisationKind.WITNESS, Role.WITNESS),
    "host": (OrganisationKind.TRADING_CENTRE, Role.HOST),
    "operator": (OrganisationKind.TRADING_CENTRE, Role.OPERATOR),
    "banker": (OrganisationKind.ISSUER, Role.ISSUER),
}
# What the bank that was asked may see, and nobody else.
OWN_TO_THE_BANK = {
    "/api/v1/guarantee-orders",
    "/api/v1/guarantee-orders/<code>/document",
    "/api/v1/papers",
    "/api/v1/papers/<code>",
    "/api/v1/papers/<code>/file",
    "/desk",
    "/inbox",
    "/inbox/<code>",
    "/orders",
    "/orders/<code>",
    "/papers",
    "/papers/<code>",
}
OWN_LETTERS = re.compile(
    r' <span class="zb-n zb-unread">\d+</span><span class="visually-hidden">封未读</span>'
)


def people():
    bidders = [Bidder(name).enrol() for name in make_cast(9)]
    for number, (username, (kind, role)) in enumerate(OTHERS.items(), 40):
        make_organisation(CODES[number], f"单位{number}", kind)
        make_person(username, CODES[number], role)
    for username in (*OTHERS, *(bidder.username for bidder in bidders)):
        confirm_mail(username, f"{username}@post.example")
    return bidders


class Busy:
    """What nine bidders do before the deadline; keeps the codes that came of it."""

    def __init__(self, bidders, lot, workshop, worker):
        self.bidders, self.lot = bidders, lot
        self.workshop, self.worker = workshop, worker
        self.codes = []

    def bid(self):
        first, _ = self.bidders[0].submit(self.lot, self.workshop.vault)
        again, _ = self.bidders[0].submit(self.lot, self.workshop.vault, replaces=first.receipt)
        for bidder in self.bidders[1:8]:
            bidder.submit(self.lot, self.workshop.vault)
        gone, _ = self.bidders[8].submit(self.lot, self.workshop.vault)
        self.bidders[8].withdraw(self.lot, gone.receipt)
        self.codes += [first.receipt, again.receipt, gone.receipt, *again.uploads.values()]

    def ask_the_bank(self):
        """Two letters are issued, one is refused, one waits for its signature, the rest wait."""
        orders = [self._order(bidder) for bidder in self.bidders]
        for order in orders[:2]:
            self._sign(self._approve(order))
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            guarantee.refuse_order(db, viewer("banker"), orders[2], reason="授信不足", now=now)
        self.codes += [*orders[:3], self._approve(orders[3])]

    def _order(self, bidder):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            need = guarantee.need_of(queries.lot_by_code(db, self.lot))
            code = order_code(secrets.token_bytes(32), need, need.deadline.isoformat())
            who = viewer(bidder.username)
            return guarantee.order_guarantee(
                db, who, self.lot, issuer=BANK, code=code, now=now
            ).code

    def _approve(self, order):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            paper = guarantee.approve_order(db, viewer("banker"), order, now=now).paper.code
        work_all(self.worker)
        return paper

    def _sign(self, paper):
        ask("banker", paper)
        work_all(self.worker)
        give("banker", paper, self.workshop)
        work_all(self.worker)
        self.codes.append(paper)


def work_all(worker):
    while worker.sweep():
        pass


def addresses(rule, tender, lot, codes):
    """Every address of a rule, with what stands for it: real codes, and ones that are no codes."""
    if "<path:topic>" in rule:
        topics = ("wall", f"lot:{lot}", "lot:TD0000000000-01", f"meeting:{codes[0]}")
        return [f"/live/{topic}" for topic in topics]
    return [re.sub(r"<[^>]+>", code, rule) for code in dict.fromkeys((tender, lot, *codes))]


def seen(app, lot, codes):
    """(who, method, address) → what they get, over every address; empty orders come last."""
    tender, client, answers = lot.rpartition("-")[0], app.test_client(), {}
    for method in ("GET", "POST", "PUT"):
        for who in (None, "agent", *OTHERS):
            headers = {"Authorization": f"Bearer {token(who)}"} if who else {}
            for rule in app.url_map.iter_rules():
                if method not in rule.methods or rule.endpoint.startswith(
                    ("static", "openapi", "swagger")
                ):
                    continue
                # What these answer depends on the minute: they count tries before they look.
                if method == "POST" and rule.endpoint in (*DOORS, *NAMELESS, APPLYING):
                    continue
                for place, address in enumerate(addresses(rule.rule, tender, lot, codes)):
                    body = {} if method == "GET" else {"json": {}}
                    answer = client.open(address, method=method, headers=headers, **body)
                    answers[who, method, rule.rule, place] = (
                        answer.status_code,
                        headers_of(answer),
                        blotted(without_own_letters(who, text_of(answer))).replace(tender, "T"),
                    )
                    if answer.status_code in (401, 403):  # the guard looks at no code
                        break
    return answers


def without_own_letters(who, text):
    """The bank that was asked finds on every page how many letters it has; nobody else does."""
    return OWN_LETTERS.sub("", text) if who == "banker" else text


MADE_UP = ("RC0000000000", "UP0000000000", "GO0000000000", "PA0000000000", "PA0000000001")


def world(folder, sqlite_copy, *, with_bids):
    settings = settings_from(
        {
            "ZHAOBIAO_VAR": str(folder / "var"),
            "DATABASE_URL": f"sqlite:///{sqlite_copy}",
            "ZHAOBIAO_SMTP_URL": "smtp://127.0.0.1:9",  # nobody sends here: all e-mail waits
        }
    )
    prepare_keys(settings)
    app, worker = create_app(settings), Worker(settings)
    workshop = workshop_of(settings)
    bidders = people()
    enrol_document_key("banker", workshop)
    lot, codes = make_open_lot(start=START), MADE_UP
    if with_bids:
        busy = Busy(bidders, lot, workshop, worker)
        busy.ask_the_bank()
        busy.bid()
        codes = arranged(busy.codes)
    work_all(worker)
    with snapshot() as db:
        row = queries.lot_by_code(db, lot).id
        assert len(queries.standing_bids(db, row)) == 8 * with_bids
        states = {each.state for each in queries.guarantees_by_issuer(db, BANK)}
    assert len(states) == 4 * with_bids
    assert (GuaranteeState.ISSUED in states) is with_bids
    assert (len({mail.person for mail in mails()}) >= 10) is with_bids
    return seen(app, lot, codes)


def arranged(codes):
    """The real codes in the places of the made-up ones."""
    left = list(codes)
    real = []
    for made_up in MADE_UP:
        found = next(code for code in left if code.startswith(made_up[:2]))
        left.remove(found)
        real.append(found)
    return tuple(real)


@pytest.fixture
def copies(tmp_path, sqlite_template):
    paths = []
    for name in ("empty", "busy"):
        folder = tmp_path / name
        folder.mkdir()
        copy = folder / "zhaobiao.db"
        copy.write_bytes(sqlite_template.read_bytes())
        paths.append((folder, copy))
    return paths


def test_nobody_can_tell_nine_bidders_from_none_before_the_deadline(copies, tried):
    empty = world(*copies[0], with_bids=False)
    busy = world(*copies[1], with_bids=True)

    assert len(empty) > 1_500
    tried(len(empty))
    for who in (None, "agent", "buyer", "regulator", "outsider"):
        for what in ("bundle", "ocds"):
            assert empty[who, "GET", f"/api/v1/tenders/<code>/{what}", 0][0] == 200
    assert {answer[0] for answer in empty.values()} >= {200, 401, 403, 404, 422}
    assert {at for at in empty if busy[at] != empty[at]} <= own_to_the_bank(empty)
    orders = busy["banker", "GET", "/api/v1/guarantee-orders", 0][2]
    assert orders.count('"order":') == 9
    assert busy["banker", "GET", "/inbox", 0][2].count("收到保函申请") == 9
    assert "收到保函申请" not in "".join(answer[2] for answer in empty.values())
    for at in own_to_the_bank(empty):
        assert not re.search(r"T-\d\d", busy[at][2]) or busy[at] == empty[at]


def own_to_the_bank(answers):
    """Where the bank that was asked finds its own orders and papers."""
    return {
        at for at in answers if at[0] == "banker" and (at[2] in OWN_TO_THE_BANK or at[1] != "GET")
    }


def test_the_blots_do_not_hide_a_count():
    assert blotted("3 bids of TD7K3Q9FABC0 at 2026-11-24T08:00:00Z") == "3 bids of CODE at TIME"


def test_worlds_that_are_looked_at_before_and_after_midnight_are_alike(app):
    before = datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC)
    with app.test_request_context():
        days = [show_long_day(before + timedelta(days=number)) for number in range(7)]
        fields = [f'type="date" value="{before.date() + timedelta(days=n)}"' for n in range(2)]
    assert len(set(days)) == 7
    assert {blotted(day) for day in (*days, *fields)} == {"TODAY"}
