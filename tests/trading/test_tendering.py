from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from identity.actions.standing import impose
from identity.states import RestrictionKind
from kernel.errors import NotAllowed, NotFound, Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_person
from tests.factories.trading import NOTICE, TERMS, make_cast, make_tender, publish
from trading import queries
from trading.models.tendering import Tender
from trading.rules import limits, tendering
from trading.rules.tendering import LotTerms
from trading.states import LOT, LotEvent, LotState, Regime

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize("regime", Regime)
def test_documents_of_the_first_of_september_allow_the_twenty_first(regime):
    assert tendering.earliest_deadline(regime, START) == datetime(2026, 9, 20, 16, tzinfo=UTC)


@pytest.mark.parametrize("regime", Regime)
def test_deadline_earlier_than_twenty_days_is_refused(regime):
    earliest = tendering.earliest_deadline(regime, START)

    def codes(deadline):
        return [p.code for p in tendering.publication_problems(regime, NOTICE, deadline, START)]

    assert codes(earliest - INSTANT) == ["tender.deadline_too_early"]
    assert codes(earliest) == []
    assert codes(earliest + INSTANT) == []


@pytest.mark.parametrize(
    ("regime", "field"),
    [(profile.regime, field) for profile in limits.PROFILES for field in profile.notice_fields],
)
def test_a_notice_without_a_required_field_is_refused(regime, field):
    problems = tendering.publication_problems(
        regime, NOTICE | {field: "  "}, START + timedelta(days=30), START
    )
    assert [(p.code, p.field) for p in problems] == [("notice.missing", field)]
    assert problems[0].source


@pytest.mark.parametrize(
    ("regime", "estimate_yuan", "ceiling_yuan"),
    [
        (Regime.CONSTRUCTION, 30_000_000, 600_000),
        (Regime.CONSTRUCTION, 60_000_000, 800_000),
        (Regime.GOVPROC, 60_000_000, 1_200_000),
    ],
)
def test_guarantee_above_two_percent_is_refused(regime, estimate_yuan, ceiling_yuan):
    profile = limits.limits_for(regime, START.date())

    def codes(guarantee_fen):
        terms = LotTerms(estimate_yuan * 100, 1, guarantee_fen, 90, 30, 5)
        return [problem.code for problem in tendering.guarantee_problems(terms, profile)]

    assert tendering.guarantee_ceiling(estimate_yuan * 100, profile) == ceiling_yuan * 100
    assert codes(ceiling_yuan * 100) == []
    assert codes(ceiling_yuan * 100 + 1) == ["guarantee.above_limit"]


def test_limits_are_dated():
    with pytest.raises(LookupError):
        limits.limits_for(Regime.GOVPROC, START.date().replace(year=2000))
    assert limits.limits_for(Regime.GOVPROC, START.date()).guarantee_rate == Decimal("0.02")


@pytest.mark.parametrize("state", LotState)
@pytest.mark.parametrize("event", LotEvent)
def test_every_state_and_event_of_a_lot_is_decided(state, event):
    allowed = LOT.allows(state, event)
    if event is LotEvent.RESUMED:  # goes back to resume_to: trading/actions/suspension.py
        assert not allowed
    ended = state in (LotState.ARCHIVED,)
    assert not (ended and allowed)
    if event is LotEvent.SUSPENDED:
        stopped = {LotState.SUSPENDED, LotState.FAILED, LotState.TERMINATED}
        late = {LotState.AWARDED, LotState.ARCHIVED}
        assert allowed == (state not in stopped | late)


def test_registering_and_publishing_opens_the_lots(database):
    make_cast(0)
    tender = make_tender(lots=2)

    deadline = publish(tender)

    with snapshot() as db:
        found = queries.tender_by_code(db, tender)
        assert [(lot.state, lot.deadline) for lot in found.lots] == [
            (LotState.ANNOUNCED, deadline)
        ] * 2
        kinds = set(db.scalars(sa.select(Fact.kind).where(Fact.stream.like(f"%{tender}%"))))
    assert kinds == {
        "tender.registered",
        "lot.registered",
        "tender_notice.published",
        "lot.published",
    }


def restrict(kind=RestrictionKind.REGISTRATION):
    with transaction() as (db, _):
        now = real_now(db)
        impose(
            db,
            credit_code=CODES[0],
            name="临江招标代理有限公司",
            kind=kind,
            ground="AG08",
            finding="F-7",
            origin="监管",
            starts_at=now,
            ends_at=now + timedelta(days=30),
            actor="x",
        )


def test_a_restricted_agency_cannot_register_and_leaves_no_trace(database):
    make_cast(0)
    restrict()

    with pytest.raises(NotAllowed) as refused:
        make_tender()

    assert refused.value.problems[0].values["finding"] == "F-7"
    with snapshot() as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Tender)) == 0
        assert "tender.registered" not in set(db.scalars(sa.select(Fact.kind)))


def test_an_agency_restricted_after_registration_cannot_publish(database):
    make_cast(0)
    tender = make_tender()
    restrict()

    with pytest.raises(NotAllowed) as refused:
        publish(tender)

    assert refused.value.code == "standing.restricted"


def test_another_agency_does_not_find_the_tender(database):
    make_cast(1)
    tender = make_tender()

    with pytest.raises(NotFound):
        publish(tender, agent="bidder1")


def test_publishing_twice_is_refused(database):
    make_cast(0)
    tender = make_tender()
    publish(tender)

    with pytest.raises((Refusal, sa.exc.IntegrityError)):
        publish(tender)


@pytest.mark.parametrize(
    "change",
    [{"ceiling_fen": 0}, {"validity_days": 0}, {"window_minutes": 4}, {"correction_minutes": 61}],
)
def test_terms_out_of_range_are_refused(database, change):
    make_cast(0)
    with pytest.raises(Refusal):
        make_tender(terms=LotTerms(**{**TERMS.__dict__, **change}))


def test_the_buyer_must_be_registered_as_one(database):
    make_cast(1)
    make_person("second", CODES[1], *[])
    with snapshot() as db:
        assert queries.public_tenders(db, 10) == []
