import pytest

from kernel.errors import Gathering, InvalidInput, NotFound, Problem, Refusal
from kernel.words import Say, chained


def refused(code):
    raise InvalidInput(code, "“%(field)s”不对。", field=code)


def test_everything_that_is_refused_is_told_at_once_and_the_first_decides_the_kind():
    gathering = Gathering()
    assert gathering.read(refused, "first") is None
    assert gathering.read(int, "5") == 5
    gathering.note([Problem("second", "二"), Problem("third", "三")])
    with gathering.each():
        raise NotFound("fourth", "四")

    with pytest.raises(InvalidInput) as told:
        gathering.refuse()

    assert [each.code for each in told.value.problems] == ["first", "second", "third", "fourth"]
    assert [each.code for each in gathering.refusals_of("first")] == ["first"]


def test_where_nothing_is_refused_nothing_is_told():
    gathering = Gathering()
    gathering.note([])
    gathering.refuse()
    assert gathering.problems == []


def test_a_fault_of_the_program_is_not_gathered():
    with pytest.raises(ZeroDivisionError), Gathering().each():
        1 / 0  # noqa: B018 -- the fault itself


def test_sentences_are_put_together_from_parts():
    parts = [Say("甲 %(n)s%%", {"n": 1}), Say("乙"), Say("丙")]
    assert str(chained(parts, "%(first)s；%(rest)s")) == "甲 1%；乙；丙"
    assert str(Refusal("x", "%(what)s。", what=parts[0])) == "x: 甲 1%。"
