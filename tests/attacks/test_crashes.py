"""Every act at every door, and all due work, by a process that ends at any step of it.

Each is done where the tables of states allow it. A later door without a row there fails a test
(test_states_office.py), and a later kind of due work one of these, so that none is left out.
"""

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from evaluation.actions import report
from identity.actions import credentials, papers
from storage.database import transaction
from tests.attacks import due_worlds as first
from tests.attacks import lot_doors, office_doors, tables
from tests.attacks.dying import Ground, every, telling
from tests.attacks.test_states_office import states
from tests.attacks.trying import ALLOWED
from trading.actions import awarding, guarantee, opening_record
from webapp.worker import DUTIES

pytestmark = pytest.mark.attack("crashes")

WORLDS = {
    "lot.close": ("deadline", first.lot),
    "lot.end_window": ("window_over", first.lot),
    "lot.check_releases": ("key_published", first.lot),
    "lot.open": ("key_published", first.judged),
    awarding.SILENCE: ("reported.govproc_late", first.lot),
    guarantee.DRAW: ("bidding", first.approved_order),
    guarantee.ISSUED: ("bidding", first.signed_order),
    opening_record.DRAW: ("confirmed", first.record_begun),
    papers.SEAL: ("confirmed", first.record_drawn),
    opening_record.SEALED: ("confirmed", first.record_sealed),
    "draw.settle": ("draw_frozen", first.reveals_over),
    report.DRAW: ("report_begun", first.paper),
    papers.PREPARE: ("turn_asked", first.paper),
    papers.FINISH: ("turn_signed", first.paper),
    papers.LAPSE: ("turn_prepared", first.paper),
}
ELSEWHERE = {
    report.ARCHIVE: "tests/evaluation/test_report_crashes.py",
    "finding.defence_over": "tests/supervision/test_decision_crashes.py",
}
OUTSIDE_THE_DATABASE = {credentials.REVOKE}
_PIN = {"signing_key", "subject"}
# A try at a PIN is counted before it is known whether it is right: dying gives no free tries.
COUNTED_FIRST = {
    "papers_api.give_signature/paper": _PIN,
    "papers.sign": _PIN,
}
DAY = timedelta(days=1)


def through(app, door, walk):
    """The act of the right person at this door of a lot."""

    def act(known):
        token = known["tokens"][door.person(known)]
        return _is_allowed(app, door.request(walk, known), token)

    return act


def through_office(app, door, state):
    def act(known):
        request = door.request(known[f"{door.kind}.{state}"])
        return _is_allowed(app, request, known["tokens"][door.who])

    return act


def _is_allowed(app, request, token):
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().open(headers=headers, **request).status_code < 400


def places(name, everywhere):
    """(first column, the first place at which it is allowed) of a table."""
    found = {}
    for (door, place), answer in tables.expected(name, everywhere).items():
        if answer == ALLOWED:
            found.setdefault(door, place)
    return sorted(found.items())


def lot_places(town):
    by_name = {door.name: door for door in lot_doors.DOORS}
    for name, stage in places("states.tsv", {each: list(town.kept.known) for each in by_name}):
        yield by_name[name], stage


def due_act(kind, workshop):
    """What the worker does under the lock for this work; its heavy part is done before."""
    duty = DUTIES[kind]

    def act(known):
        code = known["subject"].partition(":")[2]
        with transaction(lock=[known["subject"], *duty.locks(code)]) as (db, now):
            duty.act(db, code, now + DAY if kind == papers.LAPSE else now, known["result"])
        return True

    return act


@contextlib.contextmanager
def due_stage(town, kind):
    """A stage at which this work is due, with the result of its heavy part."""
    place, step = WORLDS[kind]
    known, duty = town.kept.load(place), DUTIES[kind]
    subject = step(town.walk, known)
    code = subject.partition(":")[2]
    result = duty.work(code, town.walk.workshop) if duty.work else None
    name = f"due {kind}"
    town.kept.keep(name, {**known, "subject": subject, "result": result})
    yield name
    del town.kept.known[name]


def check_doors(town, choose, tried, chosen=lambda _door: True):
    ground, half = Ground(town.kept), []
    for door, stage in lot_places(town):
        if chosen(door):
            deaths, found = ground.deaths(
                stage, door.name, through(town.app, door, town.walk), choose
            )
            counted = COUNTED_FIRST.get(door.name, set())
            half += [each for each in found if not set(each.found) <= counted]
            tried(deaths)
    assert half == []


def check_duties(town, choose, tried):
    ground, half = Ground(town.kept), []
    for kind in WORLDS:
        with due_stage(town, kind) as stage:
            deaths, found = ground.deaths(stage, kind, due_act(kind, town.walk.workshop), choose)
        half += found
        tried(deaths)
    assert half == []


def check_office(office, choose, tried):
    ground, half = Ground(office.kept), []
    known = office.kept.load("office")
    by_name = {door.name: door for door in office_doors.DOORS}
    for name, state in places("office.tsv", states(known)):
        act = through_office(office.app, by_name[name], state)
        deaths, found = ground.deaths("office", name, act, choose)
        half += found
        tried(deaths)
    assert half == []


def test_an_act_at_the_doors_of_a_lot_is_whole_or_absent_whenever_its_process_ends(town, tried):
    """By programs; pages call the same actions, and come with the long matrices."""
    check_doors(town, telling, tried, lambda door: door.is_api)


def test_due_work_is_whole_or_absent_whenever_the_worker_ends(town, tried):
    check_duties(town, telling, tried)


def test_what_is_apart_from_lots_is_whole_or_absent_whenever_its_process_ends(office, tried):
    check_office(office, telling, tried)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("check", [check_doors, check_duties])
@pytest.mark.parametrize("engine", ["town", "town_on_postgresql"])
def test_a_lots_acts_are_whole_or_absent_before_every_single_step(request, engine, check, tried):
    check(request.getfixturevalue(engine), every, tried)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine", ["office", "office_on_postgresql"])
def test_the_offices_acts_are_whole_or_absent_before_every_single_step(request, engine, tried):
    check_office(request.getfixturevalue(engine), every, tried)


def test_no_kind_of_due_work_is_left_out():
    assert set(WORLDS) | set(ELSEWHERE) | OUTSIDE_THE_DATABASE == set(DUTIES)
    for kind, path in ELSEWHERE.items():
        assert "try_every_statement" in Path(path).read_text("utf-8"), kind
