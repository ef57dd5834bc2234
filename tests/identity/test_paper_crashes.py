"""Each step of a signature and the seal is whole or absent, whenever the process dies."""

import pytest

from identity.actions import papers
from identity.states import PaperState, TurnState
from tests.crashes import act_of, try_every_statement
from tests.factories.papers import ask, give, sign
from tests.identity.test_papers import begin, paper_of, turn_of, workshop

pytestmark = pytest.mark.attack("crashes")

__all__ = ["workshop"]


def test_the_three_steps_of_a_signature_are_each_whole_or_absent(
    workshop, database, database_url, tried
):
    paper = begin(workshop)
    subject = papers.subject_of(paper)
    steps = (
        (lambda: ask("first", paper), TurnState.ASKED),
        (act_of, papers.PREPARE, TurnState.PREPARED),
        (lambda: give("first", paper, workshop), TurnState.SIGNED),
        (act_of, papers.FINISH, TurnState.DONE),
    )

    for step, *kind, reached in steps:
        act = step(*kind, subject, workshop) if kind else step
        deaths = try_every_statement(database, database_url, act)
        tried(deaths)
        assert deaths > 5
        assert turn_of(paper, "first").state is reached


def test_a_seal_is_whole_or_absent(workshop, database, database_url, tried):
    paper = begin(workshop)
    for name in ("first", "second"):
        sign(name, paper, workshop)
    seal = act_of(papers.SEAL, papers.subject_of(paper), workshop)

    deaths = try_every_statement(database, database_url, seal)
    tried(deaths)
    assert deaths > 5

    assert paper_of(paper).state is PaperState.COMPLETE
