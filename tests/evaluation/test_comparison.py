"""Which marks are asked about, and how an expert answers."""

from fractions import Fraction

import pytest

from evaluation.rules.comparison import deviations, dissenting
from storage.vault import Vault
from tests.evaluation.test_expert_pages import Visitor
from tests.factories.evaluation import Evaluation


def shares(*marks):
    return [each.share for each in deviations([Fraction(mark) for mark in marks])]


def asked(*marks):
    return [each.is_asked for each in deviations([Fraction(mark) for mark in marks])]


def test_a_deviation_is_the_share_of_the_others_mean():
    assert shares("5.5", "8", "8.4", "7.9", "8.2")[0] == Fraction("5.5") / Fraction("8.125") - 1


@pytest.mark.parametrize(("mark", "is_asked"), [("12", False), ("12.01", True), ("8", False), ("7.99", True)])  # fmt: skip
def test_a_mark_is_asked_about_above_a_fifth_and_not_at_it(mark, is_asked):
    assert asked(mark, "10", "10", "10", "10")[0] is is_asked


def test_a_mark_beside_nothing_but_zeros_is_asked_about_without_a_share():
    assert (shares("5", "0", "0")[0], asked("5", "0", "0")[0]) == (None, True)
    assert asked("0", "0", "0") == [False] * 3


def test_an_expert_alone_is_asked_nothing():
    assert asked("5") == [False]


def test_on_an_objective_item_the_fewer_are_asked_and_all_where_sides_are_equal():
    assert dissenting([True, True, False]) == [False, False, True]
    assert dissenting([False, False, True]) == [False, False, True]
    assert dissenting([True, False]) == [True, True]
    assert dissenting([True, True]) == [False, False]


@pytest.fixture
def revealed(client, settings):
    """Sheets in the open, of which the first expert's is far off on one bid; and who looks."""
    made = Evaluation(Vault(settings.files)).confirmed().drawn().accept_all().convene().scoring()
    first, *others = made.keys
    made.hand_in(first, made.sheet(marks={0: "2.00"}))
    for code in others:
        made.hand_in(code)
    made.reveal_sheets()
    path = f"/evaluation/meetings/{made.meeting}"
    return made, path, *(Visitor(client, made.experts[code]) for code in (first, others[0]))


def test_who_is_far_off_is_shown_mark_mean_deviation_and_threshold(revealed):
    _, path, asked_one, other = revealed
    page = asked_one.text(path)

    assert "答复 3 条核对提问" in page
    for shown in ("2.00", "5.00", "−60.00 %", "±20 %"):
        assert shown in page
    assert "核对提问（给您）" not in other.text(path)
    assert "没有向您提出的核对提问" in other.text(path)


def test_to_keep_a_mark_is_an_answer_with_a_reason_and_a_signature(revealed):
    made, path, asked_one, _ = revealed
    code = next(iter(made.keys))
    before = asked_one.text(path)
    made.hand_in(code, made.sheet(marks={0: "2.00"}), version=2, reason="第52页没有停工条件")
    after = asked_one.text(path)

    assert "还有 3 条核对提问没有答复" in before
    assert "已答复：维持原分" in after
    assert "第52页没有停工条件" in after
    assert "核对提问已全部答复" in after


def test_a_changed_mark_that_is_no_longer_far_off_is_asked_about_no_more(revealed):
    made, path, asked_one, _ = revealed
    code = next(iter(made.keys))
    made.hand_in(code, made.sheet(marks={0: "4.50"}), version=2, reason="漏看第38页")

    assert "核对提问（给您）" not in asked_one.text(path)


def test_a_changed_mark_that_is_still_far_off_is_asked_about_again(revealed):
    made, path, asked_one, _ = revealed
    code = next(iter(made.keys))
    made.hand_in(code, made.sheet(marks={0: "3.00"}), version=2, reason="漏看第38页")

    assert "待答" in asked_one.text(path)
