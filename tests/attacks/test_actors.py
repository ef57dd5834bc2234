"""Somebody else at every door of a lot: of the same role, of the other side, of another lot.

Each comes at a stage at which the right person may, with what that person would have sent, so that
only who it is can speak against it. actors.tsv and reads.tsv are kept by hand. A refusal tells no
code that was not asked for, and leaves the database as it was.
"""

from collections import defaultdict

import pytest

from tests.attacks import tables
from tests.attacks.lot_actors import others
from tests.attacks.lot_doors import DOORS
from tests.attacks.trying import ALLOWED

pytestmark = pytest.mark.attack("permissions")
BY_NAME = {door.name: door for door in DOORS}
ROOM = ("reveal", "lock", "rank", "begin_report")
GIVEN = (ALLOWED, "evidence.no_checkpoint")  # the log of the walk is not sequenced
AT_THE_DOOR = ("account.sign_in_first", "account.not_permitted")


def first_allowed(town):
    """Stage → the doors that are first open at it."""
    stages = list(town.kept.known)
    answers = tables.expected("states.tsv", dict.fromkeys(BY_NAME, stages))
    found = defaultdict(list)
    for name, door in BY_NAME.items():
        stage = next((each for each in stages if answers[name, each] == ALLOWED), None)
        if stage is not None:
            found[stage].append(door)
    return found


@pytest.fixture(scope="module")
def made(town):
    """Every try: (door, name of the other person, answer, codes it told, tables it changed)."""
    return list(tries(town))


def tries(town):
    trial = town.trial
    for stage, doors in first_allowed(town).items():
        known = trial.at(stage)
        for door in doors:
            for name, who in others(door, known).items():
                request = door.request(town.walk, known)
                code = trial.code(request, known["tokens"][who])
                if code == ALLOWED:
                    yield door.name, name, code, set(), set()
                else:
                    yield door.name, name, code, trial.told(known, request), trial.changed()
                if not trial.is_untouched():
                    known = trial.at(stage)


def test_nobody_else_gets_through_a_door_in_anothers_place(made, tried):
    names = defaultdict(list)
    for door, name, *_ in made:
        names[door].append(name)
    tried(len(made))

    found = {(door, name): code for door, name, code, *_ in made}
    assert found == tables.expected("actors.tsv", names)
    assert [each for each in made if each[4]] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nobody_else_gets_through_any_door_in_any_state(town, made, tried):
    may = {(door, name) for door, name, code, *_ in made if code == ALLOWED}
    trial, wrong = town.trial, []
    for stage in town.kept.known:
        known = trial.at(stage)
        for door in DOORS:
            for name, who in others(door, known).items():
                code = trial.code(door.request(town.walk, known), known["tokens"][who])
                if (code == ALLOWED and (door.name, name) not in may) or (
                    code != ALLOWED and trial.changed()
                ):
                    wrong.append((stage, door.name, name, code))
                if not trial.is_untouched():
                    known = trial.at(stage)
                tried()

    assert wrong == []


def test_a_refusal_names_nothing_that_was_not_asked_for(made):
    wrong = [(door, name, told) for door, name, _, told, _ in made if told]

    # A colleague of the committee gets the form of the room back, where all of it stands.
    assert {name for _, name, _ in wrong} <= {"colleague"}
    assert {door for door, *_ in wrong} <= {f"expert.{each}" for each in ROOM}


def reads():
    """(address, stage, codes of the refusal, who gets it) of every line."""
    for asked, codes, who in tables.rows("reads.tsv"):
        address, _, stage = asked.partition("@")
        yield address, stage or "turn_done", codes.split(), who


def seers(known, who):
    """Sign-in names of those who get it."""
    found = [known.get(name, name) for name in who]
    return {name for each in found for name in (each if isinstance(each, list) else [each])}


def test_what_belongs_to_somebody_is_read_by_nobody_else(town, tried):
    trial, wrong = town.trial, []
    for address, stage, codes, who in reads():
        known = trial.at(stage)
        request = {"method": "GET", "path": address.format_map(known)}
        for name, token in [*known["tokens"].items(), ("", None)]:
            code, may = trial.code(request, token), name in seers(known, who)
            fits = code in GIVEN if may else code in (*codes, *AT_THE_DOOR)
            if not fits or trial.changed() or (not may and trial.told(known, request)):
                wrong.append((address, stage, name, code))
            tried()

    assert wrong == []
