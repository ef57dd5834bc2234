"""Connections of seats: noted at most once a heartbeat, lost after a while, told to regulators."""

from datetime import timedelta

import pytest

from evaluation import queries
from evaluation.actions.presence import note_arrival, note_losses, note_stay
from evaluation.models.presence import Presence
from evaluation.rules.presence import (
    HEARTBEAT,
    LOST_AFTER,
    TOLD_AFTER,
    Connection,
    connection,
    is_lost,
    is_stale,
    is_told,
)
from identity.states import OrganisationKind, Role
from outbox import queries as outbox
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.pages import Reader
from webapp.presence import note_staying, note_watching

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def evaluation(database, tmp_path):
    return Evaluation(Vault(tmp_path / "vault")).confirmed().drawn().accept_all().convene()


def seat_of(evaluation, place=0):
    return list(evaluation.keys)[place]


def watch(evaluation, place=0, username=None):
    """As the live feed notes it."""
    who = username or evaluation.experts[seat_of(evaluation, place)]
    person = viewer(who).code
    note_watching(person, (f"meeting:{evaluation.meeting}", "expert"))
    return person


def act(evaluation, action, *args, after=timedelta(0)):
    with transaction(lock=[f"lot:{evaluation.lot}"]) as (db, now):
        action(db, *args, seen=real_now(db) + after, now=now)


def kept(evaluation, place=0):
    with snapshot() as db:
        return db.get(Presence, (evaluation.meeting, seat_of(evaluation, place)))


def told(evaluation, audience="regulator"):
    with snapshot() as db:
        entries = outbox.entries_after(db, f"meeting:{evaluation.meeting}", audience, 0)
    return [each.kind for each in entries if each.kind.startswith("presence.")]


def test_a_seat_is_lost_at_its_limit_and_not_before(evaluation):
    with snapshot() as db:
        now = real_now(db)
    assert not is_lost(now, now + LOST_AFTER - MOMENT)
    assert is_lost(now, now + LOST_AFTER)
    assert not is_stale(now, now + HEARTBEAT - MOMENT)
    assert is_stale(now, now + HEARTBEAT)
    assert not is_told(now, now + TOLD_AFTER - MOMENT)
    assert is_told(now, now + TOLD_AFTER)
    assert not is_told(None, now + TOLD_AFTER)


def test_a_seat_was_never_here_is_here_or_lost(evaluation):
    with snapshot() as db:
        now = real_now(db)
    assert connection(None, None) is Connection.NEVER
    assert connection(now, None) is Connection.HERE
    assert connection(now, now) is Connection.LOST


def test_an_arrival_is_told_to_regulators_once_and_to_nobody_else(evaluation):
    watch(evaluation)
    watch(evaluation)

    assert told(evaluation) == ["presence.came"]
    assert told(evaluation, "expert") == told(evaluation, "agency") == []
    assert kept(evaluation).lost_at is None


def test_who_does_not_sit_in_the_meeting_is_not_noted(evaluation):
    person = watch(evaluation, username=evaluation.hall.bidders[0].username)
    act(evaluation, note_arrival, evaluation.meeting, person)
    note_watching(person, (f"meeting:{evaluation.meeting}", "regulator"))

    assert kept(evaluation) is None
    assert told(evaluation) == []


def test_a_seat_that_is_not_seen_any_more_is_lost_and_can_come_back(evaluation):
    person = watch(evaluation)
    seen = kept(evaluation).seen_at
    act(evaluation, note_losses, evaluation.meeting, after=LOST_AFTER - timedelta(seconds=30))
    early = kept(evaluation).lost_at
    act(evaluation, note_losses, evaluation.meeting, after=LOST_AFTER)
    lost = kept(evaluation).lost_at
    act(evaluation, note_losses, evaluation.meeting, after=2 * LOST_AFTER)
    act(evaluation, note_arrival, evaluation.meeting, person, after=2 * LOST_AFTER)

    assert (early, lost) == (None, seen)
    assert kept(evaluation).lost_at is None
    assert told(evaluation) == ["presence.came", "presence.lost", "presence.came"]


def test_a_beat_keeps_those_who_watch_and_finds_those_who_went(evaluation):
    stays, goes = (watch(evaluation, place) for place in (0, 1))
    del goes
    with transaction() as (db, _):
        before = real_now(db) - LOST_AFTER
        note_stay(db, [(evaluation.meeting, seat_of(evaluation, n)) for n in (0, 1)], seen=before)

    note_staying([(stays, (f"meeting:{evaluation.meeting}", "expert"))])
    # The one who stays is seen anew before anybody is looked for.
    assert kept(evaluation, 0).lost_at is None
    assert kept(evaluation, 1).lost_at == before
    assert told(evaluation)[-1] == "presence.lost"


def test_a_seat_that_is_lost_for_long_is_a_yellow_card_of_the_lot(evaluation):
    watch(evaluation)
    act(evaluation, note_losses, evaluation.meeting, after=LOST_AFTER)
    lost = kept(evaluation).lost_at

    with snapshot() as db:
        early = queries.lost_seats(db, lost + TOLD_AFTER - MOMENT)
        cards = queries.lost_seats(db, lost + TOLD_AFTER)

    assert [(each.lot.code, each.seat) for each in cards] == [(evaluation.lot, 0)]
    assert early == []


def test_pages_of_regulators_alone_show_connections_and_the_card_of_a_lost_seat(client, settings):
    made = Evaluation(Vault(settings.files)).confirmed().drawn().accept_all().convene()
    make_organisation(CODES[46], "临江市监督管理局", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[46], Role.REGULATOR)
    expert = made.experts[seat_of(made)]
    regulator, member, agency = (
        Reader(client.application.test_client(), name) for name in ("regulator", expert, "agent")
    )
    lot, meeting = f"/supervision/lots/{made.lot}", f"/evaluation/meetings/{made.meeting}"
    watch(made)
    here = regulator.get(lot)
    with transaction() as (db, _):
        seen = real_now(db) - TOLD_AFTER
        db.get(Presence, (made.meeting, seat_of(made))).seen_at = seen
    act(made, note_losses, made.meeting)

    card = "第 1 席的连接中断"
    assert ("已连接" in here, card in here) == (True, False)
    assert all(card in regulator.get(page) for page in (lot, "/supervision/wall"))
    for reader, page in ((member, meeting), (agency, f"/evaluation/lots/{made.lot}/draw")):
        assert not any(word in reader.get(page) for word in ("已连接", "连接中断", "未连接过"))
