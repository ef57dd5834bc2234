"""Bidding documents: added before the notice, published with it, amended in time or not at all."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity.states import Role
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refusal, TooLate
from storage import due
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_person, viewer
from tests.factories.pages import Reader
from tests.factories.trading import make_cast, make_tender, publish
from trading import queries
from trading.actions import documents as actions
from trading.actions.documents import StoredFile
from trading.rules import documents as rules
from trading.states import LotState, Regime

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
FILE = StoredFile("招标文件.pdf", "ab" * 32, 1234)


@pytest.fixture
def tender(database):
    make_cast()
    make_person("officer", CODES[1], Role.PROCURING_OFFICER)
    return make_tender(rehearsal_from=START)


def do(tender, action, *args, username="agent", **kwargs):
    with transaction(lock=[f"tender:{tender}", f"lot:{tender}-01"]) as (db, now):
        return action(db, viewer(username), tender, *args, now=now, **kwargs)


def listed(tender):
    with snapshot() as db:
        found = queries.documents_of(db, queries.tender_by_code(db, tender).id)
        return [(each.name, each.amendment) for each in found]


def lot_of(tender):
    with snapshot() as db:
        return queries.lot_by_code(db, f"{tender}-01")


def amend(tender, deadline, *, username="agent", affects_bids=True, files=(), text="补充图纸"):
    return do(
        tender,
        actions.publish_amendment,
        text=text,
        files=files,
        deadline=deadline,
        affects_bids=affects_bids,
        username=username,
    )


def test_files_are_public_with_the_notice_and_bound_by_it(tender):
    do(tender, actions.add_document, FILE)
    publish(tender)

    with snapshot() as db:
        body = db.scalars(sa.select(Fact.body).where(Fact.kind == "tender_notice.published")).one()
    assert json.loads(body)["data"]["documents"] == [
        {"bytes": 1234, "name": "招标文件.pdf", "sha256": "ab" * 32}
    ]


def test_after_the_notice_files_are_neither_added_nor_removed(tender):
    code = do(tender, actions.add_document, FILE).code
    publish(tender)
    with pytest.raises(TooLate) as added:
        do(tender, actions.add_document, StoredFile("b.pdf", "cd" * 32, 1))
    with (
        pytest.raises(TooLate) as removed,
        transaction(lock=[f"tender:{tender}"]) as (db, _now),
    ):
        actions.remove_document(db, viewer("agent"), tender, code)

    assert (added.value.code, removed.value.code) == ("document.published",) * 2
    assert listed(tender) == [("招标文件.pdf", 0)]


@pytest.mark.parametrize(("username", "kind"), [("officer", NotAllowed), ("bidder1", NotFound)])
def test_only_the_agency_adds_files(tender, username, kind):
    with pytest.raises(kind):
        do(tender, actions.add_document, FILE, username=username)
    assert listed(tender) == []


def test_two_files_of_one_name_are_refused(tender):
    do(tender, actions.add_document, FILE)
    with pytest.raises(Refusal) as refusal:
        do(tender, actions.add_document, FILE)
    assert refusal.value.code == "document.twice"


@pytest.mark.parametrize("name", ["run.exe", "pdf", "page.html", "a.PDF.js"])
def test_other_types_of_files_are_refused(name):
    assert [each.code for each in rules.file_problems(name, 0)] == ["document.kind"]


def test_a_tender_takes_so_many_files_and_no_more():
    assert rules.file_problems("a.pdf", rules.FILES_LIMIT - 1) == []
    found = rules.file_problems("a.pdf", rules.FILES_LIMIT)
    assert [each.code for each in found] == ["document.too_many"]


@pytest.mark.parametrize("regime", list(Regime))
def test_an_amendment_that_affects_bids_leaves_fifteen_days(regime):
    earliest = rules.earliest_after_amendment(regime, START)

    def codes(moved, **kwargs):
        found = rules.amendment_problems(regime, START + 5 * INSTANT, moved, START, **kwargs)
        return [each.code for each in found]

    assert codes(earliest - INSTANT, affects_bids=True) == ["amendment.deadline_too_early"]
    assert codes(earliest, affects_bids=True) == []
    assert codes(earliest + INSTANT, affects_bids=True) == []
    assert codes(earliest - INSTANT, affects_bids=False) == []


def test_an_amendment_never_brings_the_deadline_forward():
    deadline = START + timedelta(days=30)
    found = rules.amendment_problems(
        Regime.CONSTRUCTION, deadline, deadline - INSTANT, START, affects_bids=False
    )
    assert [each.code for each in found] == ["amendment.earlier"]


@pytest.mark.parametrize(("left", "code"), [(INSTANT, []), (timedelta(0), ["amendment.too_late"])])
def test_nothing_is_amended_from_the_deadline_on(left, code):
    deadline = START + left
    found = rules.amendment_problems(
        Regime.CONSTRUCTION, deadline, deadline, START, affects_bids=False
    )
    assert [each.code for each in found] == code


def test_a_late_amendment_moves_the_close_with_the_deadline(tender):
    before = publish(tender)
    after = before + timedelta(days=3)
    amend(tender, after, files=[StoredFile("图纸.dwg", "cd" * 32, 5)])

    with snapshot() as db:
        work = due.pending(db, f"lot:{tender}-01")
        body = db.scalars(sa.select(Fact.body).where(Fact.kind == "amendment.published")).one()
    assert lot_of(tender).deadline == after
    assert [(each.kind, each.due_at) for each in work] == [("lot.close", after)]
    assert json.loads(body)["data"]["documents"][0]["sha256"] == "cd" * 32
    assert listed(tender) == [("图纸.dwg", 1)]


def test_an_amendment_before_the_notice_is_refused(tender):
    with pytest.raises((Refusal, ValueError)):
        amend(tender, START + timedelta(days=40))
    assert lot_of(tender).state is LotState.REGISTERED


def test_the_buyer_does_not_amend(tender):
    before = publish(tender)
    with pytest.raises(NotAllowed):
        amend(tender, before + timedelta(days=3), username="officer")
    assert lot_of(tender).deadline == before


def test_files_come_and_go_by_hand_and_are_fetched_by_anybody_after_the_notice(app, tender):
    agent, anybody = Reader(app.test_client(), "agent"), Reader(app.test_client())
    page = f"/run/tenders/{tender}/documents"
    for name, content in (("招标文件.pdf", b"%PDF-1.7 x"), ("旧.txt", b"old")):
        agent.sent(page, file=(io.BytesIO(content), name))
    with snapshot() as db:
        found = queries.documents_of(db, queries.tender_by_code(db, tender).id)
        codes = {each.name: each.code for each in found}
    anybody.get(f"/tenders/{tender}/documents/{codes['招标文件.pdf']}", status=404)
    agent.sent(f"{page}/{codes['旧.txt']}/removal")
    publish(tender)

    assert listed(tender) == [("招标文件.pdf", 0)]
    assert "招标文件.pdf" in anybody.get(f"/tenders/{tender}")
    fetched = app.test_client().get(f"/tenders/{tender}/documents/{codes['招标文件.pdf']}")
    assert (fetched.status_code, fetched.data) == (200, b"%PDF-1.7 x")
    fetched.close()
    assert fetched.headers["Content-Disposition"].startswith("attachment")


def test_a_form_without_a_file_or_of_a_wrong_type_comes_back(app, tender):
    agent, page = Reader(app.test_client(), "agent"), f"/run/tenders/{tender}/documents"
    agent.refused(page, 422, "file")
    agent.refused(page, 422, "file", file=(io.BytesIO(b"MZ"), "run.exe"))
    assert listed(tender) == []


def test_an_amendment_by_hand_is_on_the_public_page_at_once(app, tender):
    agent, anybody = Reader(app.test_client(), "agent"), Reader(app.test_client())
    before = publish(tender)
    moved = (before + timedelta(days=5, hours=8)).strftime("%Y-%m-%dT%H:%M")
    form = {"text": "工期改为 200 日", "deadline": moved, "affects_bids": "yes"}
    agent.refused(f"/run/tenders/{tender}/amendments", 422, "confirm", **form)
    agent.sent(f"/run/tenders/{tender}/amendments", confirm="yes", **form)

    assert "工期改为 200 日" in anybody.get(f"/tenders/{tender}")


def test_a_name_with_a_path_is_only_a_name(app, tender):
    agent = Reader(app.test_client(), "agent")
    agent.sent(f"/run/tenders/{tender}/documents", file=(io.BytesIO(b"x"), "../../etc/a.txt"))
    assert listed(tender) == [("a.txt", 0)]


def test_a_name_that_is_no_line_is_refused(tender):
    with pytest.raises(InvalidInput):
        do(tender, actions.add_document, StoredFile("\u202e.pdf", "ab" * 32, 1))


def test_a_refused_removal_comes_back_on_the_page_of_the_files(app, tender):
    code = do(tender, actions.add_document, FILE).code
    publish(tender)
    agent = Reader(app.test_client(), "agent")
    removal = f"/run/tenders/{tender}/documents/{code}/removal"
    answer = agent.send(removal)

    assert answer.status_code == 409
    assert "公告发布后不能增减招标文件" in answer.get_data(as_text=True)
    assert "招标文件.pdf" in answer.get_data(as_text=True)
    assert agent.client.get(removal).headers["Location"] == f"/run/tenders/{tender}/documents"
