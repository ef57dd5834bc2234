"""The inbox as its reader sees it: newest first, opened is read, links, pages of fifty."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from identity.actions.letters import write_letter
from identity.states import OrganisationKind, Role
from outbox.models.letters import Letter
from outbox.rules.letters import LetterKind
from storage.database import transaction
from tests.factories.identity import CODES, make_organisation, make_person, token, viewer
from tests.factories.letters import letters_to
from tests.factories.pages import Reader

AT = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
LOT = {"lot": "TD0-01", "lot_name": "第1标段", "name": "临江大桥", "tender": "TD0"}


@pytest.fixture
def reader(app):
    make_organisation(CODES[0], "临江建设有限公司", OrganisationKind.BIDDER)
    make_organisation(CODES[1], "临江路桥有限公司", OrganisationKind.BIDDER)
    make_person("bidder", CODES[0], Role.BIDDER)
    make_person("rival", CODES[1], Role.BIDDER)
    return Reader(app.test_client(), "bidder")


def write(kind, number=0, **data):
    with transaction() as (db, _):
        at = AT + timedelta(seconds=number)
        write_letter(db, kind, "lot:TD0-01", to=[CODES[0]], now=at, data=LOT | data)


def test_an_empty_inbox_says_so_and_counts_nothing(reader):
    page = reader.get("/inbox")
    assert "没有信件。" in page
    assert "zb-unread" not in page


def test_a_letter_is_counted_on_every_page_until_it_is_opened(reader):
    write(LetterKind.BID_RECEIVED, receipt="RC0")
    code = letters_to("bidder")[0].code

    before, listed = reader.get("/desk"), reader.get("/inbox")
    opened = reader.get(f"/inbox/{code}")
    after = reader.get("/inbox")

    assert '<span class="zb-n zb-unread">1</span>' in before
    assert ("投标文件已收妥" in listed, "未读：" in listed) == (True, True)
    assert "回执编号 RC0" in opened
    assert 'href="/bids/lots/TD0-01/receipts/RC0"' in opened
    assert "zb-unread" not in opened + after
    assert ("投标文件已收妥" in after, "未读：" in after) == (True, False)


def test_opening_a_letter_twice_keeps_the_first_reading(reader):
    write(LetterKind.BID_RECEIVED, receipt="RC0")
    code = letters_to("bidder")[0].code
    reader.get(f"/inbox/{code}")
    first = letters_to("bidder")[0].read_at
    reader.get(f"/inbox/{code}")
    assert letters_to("bidder")[0].read_at == first is not None


def test_a_letter_to_somebody_else_is_not_found_and_stays_unread(app, reader):
    write(LetterKind.BID_RECEIVED, receipt="RC0")
    code = letters_to("bidder")[0].code
    rival = Reader(app.test_client(), "rival")

    rival.get(f"/inbox/{code}", 404)

    assert "没有信件。" in rival.get("/inbox")
    assert letters_to("bidder")[0].read_at is None


def test_all_letters_are_marked_as_read_together_and_only_mine(app, reader):
    for number in range(3):
        write(LetterKind.BID_RECEIVED, number, receipt="RC0")
    Reader(app.test_client(), "rival").sent("/inbox/read")
    assert {letter.read_at for letter in letters_to("bidder")} == {None}

    assert reader.sent("/inbox/read") == "/inbox"

    assert None not in {letter.read_at for letter in letters_to("bidder")}


def test_the_newest_letter_is_first_and_fifty_are_on_a_page(reader):
    for number in range(51):
        write(LetterKind.BID_RECEIVED, number, receipt=f"RC{number}")
    with transaction() as (db, now):
        oldest = sa.select(Letter.code).where(Letter.at == AT).scalar_subquery()
        past = sa.update(Letter).where(Letter.code == oldest)
        db.execute(past.values(written_at=now - timedelta(days=1)))
    last = next(letter.code for letter in letters_to("bidder") if letter.at == AT)

    first, second = reader.get("/inbox"), reader.get("/inbox?page=2")

    assert (first.count("zb-letter-what"), second.count("zb-letter-what")) == (50, 1)
    assert (last in first, last in second) == (False, True)


@pytest.mark.parametrize("kind", LetterKind)
def test_every_letter_is_worded_in_both_languages_with_all_its_places(reader, kind):
    instant = AT.isoformat()
    names = ["receipt", "replaced", "order", "reason", "ground", "why", "winner", "rank", "total", "enquiry", "objection", "article", "finding", "draw", "meeting", "paper", "alert", "application"]  # fmt: skip
    values = LOT | dict.fromkeys(names, "X1") | dict.fromkeys(("due", "until", "deadline"), instant)
    with transaction() as (db, now):
        who = viewer("bidder").code
        row = Letter(code="LT1", reader=who, kind=kind, subject="s", data=values, at=now)
        row.written_at = now
        db.add(row)

    chinese, english = reader.get("/inbox/LT1"), reader.get("/inbox/LT1?lang=en")

    for page in (chinese, english):
        assert "%(" not in page
        assert instant not in page


def test_a_page_takes_one_statement_more_for_the_letters_and_an_api_none(app, reader):
    from storage.database import current_database  # noqa: PLC0415 (the app opens it)

    seen = []
    listen = lambda *a: seen.append(a[2])  # noqa: E731
    sa.event.listen(current_database().reader, "before_cursor_execute", listen)
    headers = {"Authorization": f"Bearer {token('bidder')}"}

    reader.get("/inbox")
    of_page = [text for text in seen if "count" in text and "letter" in text]
    seen.clear()
    app.test_client().get("/api/v1/me", headers=headers)

    assert len(of_page) == 1
    assert not [text for text in seen if "letter" in text]
