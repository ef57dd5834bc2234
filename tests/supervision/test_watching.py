"""What pages read together is what is there one by one, on both databases."""

from datetime import timedelta

import pytest

from evaluation import queries as evaluation
from identity import queries as identity
from identity.actions import sign_ins
from outbox import queries as outbox
from outbox.models.letters import Letter
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from storage.vault import Vault
from supervision import queries
from supervision.actions.orders import issue_order
from supervision.rules.orders import ARTICLES
from supervision.states import OrderKind
from tests.factories.awarding import Awarding
from tests.factories.identity import viewer
from tests.factories.supervision import make_authority
from tests.trading.test_awarding import PUBLICITY_ENDS
from trading import queries as trading
from trading.rules.disclosure import Audience
from trading.states import LotState, Regime


@pytest.fixture
def awarded(database, tmp_path):
    """A lot with its opening, its meeting, its report and its award; and two orders."""
    made = Awarding(Vault(tmp_path / "files"))
    made.evaluation.sign(next(iter(made.evaluation.keys)))
    make_authority()
    for kind in (OrderKind.SUSPEND, OrderKind.RESUME):
        with transaction(lock=[f"lot:{made.lot}"]) as (db, now):
            words = {"article": ARTICLES[Regime.CONSTRUCTION][0], "ground": "核查投诉"}
            issue_order(db, viewer("regulator"), made.lot, kind=kind, now=now, **words)
    made.receive().publish()
    made.decide(at=PUBLICITY_ENDS)
    return made


def test_a_lots_parts_are_those_of_the_lot(awarded):
    with snapshot() as db:
        lot = trading.lot_by_code(db, awarded.lot)
        every = {"keys", "reports", "awards", "terminations"}
        parts = trading.parts_of(db, **{matter: [lot.id] for matter in every})[lot.id]

        assert parts.keys == list(trading.opening_keys(db, lot.id)) != []
        assert parts.report is trading.report_of(db, lot.id) is not None
        assert parts.award is trading.award_of(db, lot.id) is not None
        assert parts.termination is None


def test_a_part_that_was_not_asked_for_is_not_read(awarded):
    with snapshot() as db:
        lot = trading.lot_by_code(db, awarded.lot).id
        parts = trading.parts_of(db, keys=[lot])[lot]
        lines = trading.bid_lines(db, tables=[lot])[lot]
        chosen = trading.bid_lines(db, candidates=[lot])[lot]

    assert (parts.report, parts.award) == (None, None)
    assert (lines.ranked, lines.rejected) == ([], [])
    assert (chosen.opened, chosen.rejected) == ([], [])
    assert {line.is_candidate for line in chosen.ranked} == {True}


def test_the_lines_of_bids_stand_as_in_their_tables(awarded):
    with snapshot() as db:
        lot = trading.lot_by_code(db, awarded.lot).id
        lines = trading.bid_lines(db, tables=[lot], reports=[lot])[lot]

        assert lines.opened == list(trading.opened_bids(db, lot))
        assert lines.ranked == list(trading.ranked_bids(db, lot))
        assert lines.rejected == list(trading.rejected_bids(db, lot)) != []


def test_a_bidder_has_its_own_bids_with_their_results(awarded):
    with snapshot() as db:
        lot = trading.lot_by_code(db, awarded.lot)
        bidder = viewer("bidder1").organisation
        (own,) = trading.own_bids(db, lot, bidder)

        assert [own.bid] == list(trading.bids_of(db, lot.id, bidder))
        assert (own.release, own.opened) == trading.opening_of(db, own.bid.id)
        assert (own.line, own.rejection) == trading.result_of(db, own.bid.id)
        assert own.award is trading.award_of(db, lot.id)


def test_a_bidder_reads_no_result_before_the_award(database, tmp_path):
    reported = Awarding(Vault(tmp_path / "files")).receive()
    with snapshot() as db:
        lot = trading.lot_by_code(db, reported.lot)
        (own,) = trading.own_bids(db, lot, viewer("bidder1").organisation)

    assert own.opened is not None
    assert (own.line, own.rejection, own.award) == (None, None, None)


def test_a_watched_lot_has_all_that_belongs_to_it_once(awarded):
    with snapshot() as db:
        known = queries.lot_watched(db, awarded.lot)
        lot = known.lot.id

        assert known.meeting is evaluation.meeting_of_lot(db, lot)
        assert known.draw is evaluation.draw_of_lot(db, lot)
        assert (known.report, known.award) == (
            trading.report_of(db, lot),
            trading.award_of(db, lot),
        )
        assert [each.kind for each in known.orders] == [OrderKind.RESUME, OrderKind.SUSPEND]
        assert known.keys == list(trading.opening_keys(db, lot))
        assert known.released == trading.release_count(db, lot) == len(awarded.receipts)
        assert known.archive is None  # its meeting has not made a report


def test_no_code_of_the_committee_is_read_before_the_bidders_may_be_known(awarded):
    with snapshot() as db:
        lot = trading.lot_by_code(db, awarded.lot).id
        opened = queries.opened_with_codes(db, lot)

        assert [each for each, _code in opened] == list(trading.opened_bids(db, lot))
        assert {code for _each, code in opened} == {None}


def test_lots_on_their_way_have_their_meeting_and_the_head_of_their_feed(awarded):
    with snapshot() as db:
        (only,) = queries.running_lots(db)
        channel = (f"lot:{awarded.lot}", Audience.REGULATOR.value)

        assert only.lot.state is LotState.AWARDED
        assert only.meeting is evaluation.meeting_of_lot(db, only.lot.id)
        assert only.head == outbox.head(db, *channel) > 0


def test_a_feed_has_the_newest_entries_of_all_channels_and_each_head(awarded):
    with snapshot() as db:
        meeting = evaluation.meeting_of_lot(db, trading.lot_by_code(db, awarded.lot).id)
        channels = [
            (f"lot:{awarded.lot}", "regulator"),
            (f"meeting:{meeting.code}", "regulator"),
            ("lot:TD0000000000-01", "regulator"),
        ]
        every = [each for pair in channels for each in outbox.entries_after(db, *pair, 0)]
        feed = outbox.latest(db, channels, 2)

        assert feed.heads == outbox.heads(db, channels)
        assert len(feed.heads) == 2
        every.sort(key=lambda each: (each.at, -ord(each.topic[0]), each.seq), reverse=True)
        assert feed.entries == every[:2]


def test_a_tender_brings_what_its_clock_shows(awarded):
    with snapshot() as db:
        real = real_now(db)
        tender = trading.lot_by_code(db, awarded.lot).tender
        told = legal_now(db, f"lot:{awarded.lot}")

        assert tender.ahead != timedelta(0)
        assert abs(tender.now(real) - told) < timedelta(seconds=30)


def test_a_place_in_a_meeting_is_ones_own_and_seats_say_how_far_each_is(awarded):
    with snapshot() as db:
        code = awarded.evaluation.meeting
        members = evaluation.members_of(db, code)
        username = awarded.evaluation.experts[members[0].expert_code]
        place = evaluation.place_of(db, code, viewer(username).code)
        seats = evaluation.progress_of(db, place.meeting)

        assert place.member is members[0]
        assert place.sheet.expert_code == members[0].expert_code
        assert [seat.expert for seat in seats] == [member.expert_code for member in members]
        assert [seat.has_signed for seat in seats] == [True, *[False] * (len(seats) - 1)]
        assert {(seat.has_voted, seat.report) for seat in seats} == {(False, None)}


def test_a_sign_in_brings_the_number_of_unread_letters(awarded):
    with transaction() as (db, now):
        agent = identity.person_with_username(db, "agent")
        code = sign_ins.open_sign_in(db, agent, user_agent="Firefox", now=now).code
        unread = outbox.unread_count(db, agent.code)
        db.query(Letter).filter(Letter.reader != agent.code).update({"read_at": now})
    with snapshot() as db:
        found, letters = identity.seen_sign_in(db, code, real_now(db))

    assert (found.person.username, letters) == ("agent", unread)
    assert unread > 0
