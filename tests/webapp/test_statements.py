"""No page asks the database more than eight times, whoever opens it and whatever is there.

The pages are those of the program itself, the rows those of tenders of the demo city that stand
in every kind of state. A page that nobody opens here is not counted, and fails for that.
"""

import re
from collections import Counter
from functools import reduce

import pytest
import sqlalchemy as sa

from demo.people import PASSWORD
from evaluation.models.draw import Draw
from evaluation.models.meeting import Meeting
from evaluation.models.pool import Expert
from identity.models.accounts import Person
from identity.models.applications import Application
from identity.models.credentials import SigningKey
from identity.models.papers import Paper, Turn
from identity.models.standing import Restriction
from outbox.models.letters import Letter
from storage.base import real_now
from storage.database import current_database, snapshot
from supervision.models.conduct import Finding
from tests.factories.pages import Reader
from tests.factories.statements import asked
from tests.factories.town import demo_town
from trading.models.bidding import Bid
from trading.models.documents import TenderDocument
from trading.models.guarantee import GuaranteeOrder
from trading.models.tendering import Lot, Tender

MOST = 8
# Pages that truly cannot: endpoint → their own limit and why. None.
MORE: dict[str, tuple[int, str]] = {}
# A letter is read again under the lock where it is marked as read.
AGAIN = {"letters.letter"}
NO_PAGES = ("/api", "/live/", "/static/", "/healthz", "/readyz", "/metrics")
NO_HTML = {"documents.show"}  # the file itself
PLAYED = (
    "archived-works",
    "candidates",
    "signing",
    "scoring",
    "near",
    "window",
    "correcting",
    "opened",
    "committing",
    "revealed",
    "suspended",
    "terminated",
    "draft",
)
EACH = 12  # rows of one kind that are opened by every role
PEOPLE = ("centre", "agency", "buyer", "bidder1", "issuer", "expert", "regulator", "witness")

# What belongs to somebody is looked for among what is theirs: codes are random, and so is their order.
_IS_OURS = Person.username.in_(PEOPLE)
_LOTS, _TENDERS = sa.select(Lot.code), sa.select(Tender.code)
ADDRESSES = {
    "agency.notice": _TENDERS,
    "agency.tender": _TENDERS,
    "agency_conduct.finding": sa.select(Finding.code),
    "bidder.lot": _LOTS,
    "centre.application": sa.select(Application.code),
    "centre.person": sa.select(Person.code),
    "conduct.finding": sa.select(Finding.code),
    "documents.files": _TENDERS,
    "documents.show": sa.select(Tender.code, TenderDocument.code).join(
        TenderDocument, TenderDocument.tender_id == Tender.id
    ),
    "draw.lot": _LOTS,
    "expert.call": sa.select(Draw.code),
    "expert.meeting": sa.select(Meeting.code),
    "files.files": sa.select(Bid.receipt),
    "issuer.order": sa.select(GuaranteeOrder.code),
    "keys.key": sa.select(SigningKey.code).join(SigningKey.person).where(_IS_OURS),
    "letters.letter": sa.select(Letter.code)
    .join(Person, Person.code == Letter.reader)
    .where(_IS_OURS),
    "lots.award": _LOTS,
    "lots.end": _LOTS,
    "lots.lot": _LOTS,
    "objections.answers": _TENDERS,
    "objections.questions": _LOTS,
    "papers.paper": sa.select(Paper.code)
    .join(Turn, Turn.paper_code == Paper.code)
    .join(Person, Person.id == Turn.person_id)
    .where(_IS_OURS)
    .distinct(),
    "pool.expert": sa.select(Expert.code),
    "public.tender": _TENDERS,
    "regulator.lot": _LOTS,
    "scoring.room": sa.select(Meeting.code),
    "sealing.opening": _LOTS,
    "sealing.seal": _LOTS,
    "sealing.show_receipt": sa.select(Lot.code, Bid.receipt)
    .join(Bid, Bid.lot_id == Lot.id)
    .join(Person, Person.organisation_id == Bid.bidder_id)
    .where(_IS_OURS),
    "standing.restriction": sa.select(Restriction.code),
    "undertakings.undertaking": sa.select(sa.literal("expert"), sa.literal("1")),
}


@pytest.fixture(scope="module")
def town(tmp_path_factory, sqlite_template):
    """The application over tenders of the demo city in every kind of state."""
    folder = tmp_path_factory.mktemp("town")
    app = demo_town(folder, sqlite_template, PLAYED)
    yield app
    current_database().dispose()


@pytest.fixture(scope="module")
def counted(town):
    """(endpoint, who, address) → the statements of that page, for all that is opened."""
    pages = [rule for rule in town.url_map.iter_rules() if is_page(rule)]
    found = {}
    for who in (None, *PEOPLE):
        visitor = Reader(town.test_client())
        if who:
            form = {"username": who, "password": PASSWORD}
            visitor.send("/sign-in", at="/sign-in", **form)
        else:
            begin_half(visitor.client)
        for rule in pages:
            for address in addresses(rule):
                with asked() as texts:
                    answer = visitor.client.get(address)
                assert answer.status_code < 500, f"{who} {address}"
                if answer.status_code == 200:
                    found[rule.endpoint, who, address] = texts
    return found


def is_page(rule):
    """Whether this is a page that is read: no door of programs, no file."""
    readable = "GET" in rule.methods and not rule.rule.startswith(NO_PAGES)
    return readable and rule.endpoint not in NO_HTML


def addresses(rule):
    """The addresses of a page for what is there; a page of something unknown is a fault."""
    if not rule.arguments:
        return [rule.rule]
    with snapshot() as db:
        rows = db.execute(ADDRESSES[rule.endpoint].limit(EACH)).all()
    names = re.findall(r"<[^>]+>", rule.rule)
    return [reduce(_put, zip(names, row, strict=True), rule.rule) for row in rows]


def _put(address, place):
    return address.replace(*place)


def begin_half(client):
    """As if the password had been right and the code of a second factor were to come."""
    with snapshot() as db:
        now = real_now(db)
    with client.session_transaction() as session:
        session["half"] = ["PS0000000000", "/", now.timestamp()]


def limit_of(endpoint):
    return MORE.get(endpoint, (MOST, ""))[0]


def test_no_page_asks_the_database_more_than_eight_times(counted):
    over = {
        place: len(texts) for place, texts in counted.items() if len(texts) > limit_of(place[0])
    }

    assert over == {}
    assert all(limit <= 12 and reason for limit, reason in MORE.values())


def test_every_page_is_opened_by_somebody_and_counted(town, counted):
    pages = {rule.endpoint for rule in town.url_map.iter_rules() if is_page(rule)}

    assert pages - {endpoint for endpoint, _who, _address in counted} == set()


def test_no_page_asks_the_same_for_one_row_after_another(counted):
    again = {
        place: text
        for place, texts in counted.items()
        if place[0] not in AGAIN
        for text, times in Counter(texts).items()
        if times > 1
    }

    assert again == {}
