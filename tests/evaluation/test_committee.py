from datetime import date

import pytest

from evaluation.rules.committee import (
    composition_problems,
    minimum_experts,
    minimum_size,
    rule_for,
)
from trading.states import Regime

DAY = date(2026, 9, 1)
YUAN = 100
CONSTRUCTION = rule_for(Regime.CONSTRUCTION, DAY)
GOVPROC = rule_for(Regime.GOVPROC, DAY)


def codes(rule, **facts):
    return [p.code for p in composition_problems(rule, **({"budget_fen": 0} | facts))]


@pytest.mark.parametrize(("size", "experts"), [(5, 4), (7, 5), (9, 6), (11, 8)])
def test_two_thirds_of_a_committee_are_experts(size, experts):
    assert minimum_experts(size) == experts
    assert codes(CONSTRUCTION, size=size, experts=experts) == []
    assert codes(CONSTRUCTION, size=size, experts=experts - 1) == ["committee.few_experts"]


def test_committee_of_five_needs_four_experts():
    assert codes(CONSTRUCTION, size=5, experts=3) == ["committee.few_experts"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (3, ["committee.too_small"]),
        (4, ["committee.even", "committee.too_small"]),
        (5, []),
        (6, ["committee.even"]),
    ],
)
def test_a_committee_is_odd_and_has_five_at_least(size, expected):
    assert codes(CONSTRUCTION, size=size, experts=size) == expected


@pytest.mark.parametrize(("yuan", "least"), [(9_999_999, 5), (10_000_000, 7), (10_000_001, 7)])
def test_a_procurement_of_ten_million_yuan_needs_seven(yuan, least):
    assert minimum_size(GOVPROC, yuan * YUAN) == least
    assert minimum_size(CONSTRUCTION, yuan * YUAN) == 5


def test_every_problem_names_its_article():
    for rule in (CONSTRUCTION, GOVPROC):
        problems = composition_problems(rule, size=4, experts=1, budget_fen=0)
        assert {problem.source for problem in problems} == {rule.source}


def test_there_is_no_rule_before_the_first():
    with pytest.raises(LookupError):
        rule_for(Regime.GOVPROC, date(2017, 9, 30))
