"""Every act on a lot at every stage of its way: allowed or refused as states.tsv says.

The table is kept by hand and read against the law. Where it says a code, the whole database is as
it was, but for the alert that tells regulators of the attempt.
"""

import pytest

from tests.attacks import tables
from tests.attacks.lot_doors import DOORS
from tests.attacks.trying import ALLOWED

pytestmark = pytest.mark.attack("states")
BY_NAME = {door.name: door for door in DOORS}


def everywhere(town):
    return {name: list(town.kept.known) for name in BY_NAME}


def wrong_at(town, stage, doors, answers):
    """What is not as the table says, of these doors at this stage."""
    trial, known, wrong = town.trial, town.trial.at(stage), []
    for name in doors:
        door = BY_NAME[name]
        person = known["tokens"][door.person(known)]
        code = trial.code(door.request(town.walk, known), person)
        changed = set() if code == ALLOWED else trial.changed()
        if code != answers[name, stage] or changed:
            wrong.append((name, stage, code, changed))
        if not trial.is_untouched():
            known = trial.at(stage)
    return wrong


def test_a_lot_is_acted_upon_only_as_its_table_of_states_says(town, tried):
    answers = tables.expected("states.tsv", everywhere(town))
    wrong = []
    for stage, doors in tables.samples("states.tsv", everywhere(town)).items():
        wrong += wrong_at(town, stage, sorted(doors), answers)
        tried(len(doors))

    assert wrong == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_act_in_every_state_is_answered_as_the_table_says(town, tried):
    answers, wrong = tables.expected("states.tsv", everywhere(town)), []
    for stage in town.kept.known:
        wrong += wrong_at(town, stage, BY_NAME, answers)
        tried(len(BY_NAME))

    assert wrong == []


def test_every_act_at_every_stage_has_one_answer(town):
    answers = tables.expected("states.tsv", everywhere(town))
    assert set(answers) == {(name, stage) for name in BY_NAME for stage in town.kept.known}


def test_every_act_is_allowed_at_some_stage_or_is_there_to_be_refused(town):
    answers = tables.expected("states.tsv", everywhere(town))
    never = {name for name in BY_NAME if ALLOWED not in {answers[name, s] for s in town.kept.known}}
    done = {f"objections.answer_{kind}/{kind}_done" for kind in ("enquiry", "objection")}
    judged = {
        f"guarantee_api.{act}_order/{order}"
        for act in ("approve", "refuse")
        for order in ("approved", "issued", "refused")
    }
    assert never == done | judged | {"papers_api.give_signature/order_paper"}
