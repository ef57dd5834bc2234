from datetime import UTC, date, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import codes, money, periods, text
from kernel.errors import InvalidInput, Problem, Refusal, TransitionRefused
from kernel.lifecycle import Lifecycle
from kernel.periods import Period, Unit


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


class Turn(StrEnum):
    GO = "go"


def test_a_move_outside_the_table_is_refused_with_state_and_event():
    life = Lifecycle("light", {(Light.RED, Turn.GO): Light.GREEN})

    assert life.after(Light.RED, Turn.GO) is Light.GREEN
    with pytest.raises(TransitionRefused) as refused:
        life.after(Light.GREEN, Turn.GO)
    assert refused.value.code == "light.transition_refused"
    assert refused.value.problems[0].values == {"state": "green", "event": "go"}


def test_a_refusal_keeps_all_problems_in_order():
    problems = [Problem("a.b", "甲%(n)s", "法 1", "x", {"n": 1}), Problem("c.d", "乙")]

    refusal = Refusal.of(problems)

    assert refusal.code == "a.b"
    assert refusal.problems == tuple(problems)
    assert str(problems[0]) == "甲1"


@pytest.mark.parametrize(
    ("yuan", "fen"), [("0", 0), ("1234.5", 123450), ("0.01", 1), ("999999999999.99", 10**14 - 1)]
)
def test_yuan_text_becomes_fen(yuan, fen):
    assert money.fen_from_yuan(yuan) == fen


@pytest.mark.parametrize(
    "bad", ["", "-1", "1,000", "1.234", "1e3", "0x1", "1" + "0" * 30, "١", "01"]
)
def test_text_that_is_not_yuan_is_refused(bad):
    with pytest.raises(InvalidInput) as refused:
        money.fen_from_yuan(bad, field="price")
    assert refused.value.code == "money.not_yuan"
    assert refused.value.problems[0].field == "price"


@pytest.mark.parametrize(
    ("fen", "capitals"),
    [
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (105, "壹元零伍分"),
        (100500, "壹仟零伍元整"),
        (10_000_000, "壹拾万元整"),
        (1_000_010_000, "壹仟万零壹佰元整"),
        (10_000_000_000_001, "壹仟亿元零壹分"),
        (12_865_000_050, "壹亿贰仟捌佰陆拾伍万元伍角整"),
        (10_010_000_000, "壹亿零壹拾万元整"),
    ],
)
def test_amounts_in_capital_letters(fen, capitals):
    assert money.in_capitals(fen) == capitals


@given(st.integers(0, 10**14 - 1))
def test_fen_and_yuan_are_each_others_inverse(fen):
    assert money.fen_from_yuan(money.yuan_from_fen(fen)) == fen


@given(st.integers(1, 10**12 - 1))
def test_capital_letters_agree_with_an_independent_reader(fen):
    cn2an = pytest.importorskip("cn2an")
    whole = fen // 100
    if whole:
        spoken = money.in_capitals(whole * 100).removesuffix("元整")
        assert cn2an.cn2an(spoken, "strict") == whole


@pytest.mark.parametrize("_", range(20))
def test_codes_notice_every_wrong_character_and_every_two_swapped_ones(_):
    code = codes.new_code("TD")
    assert codes.is_code(code, "TD")
    assert not codes.is_code(code, "LT")
    for place in range(2, 12):
        for other in set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") - {code[place]}:
            assert not codes.is_code(code[:place] + other + code[place + 1 :], "TD")
        for later in range(place + 1, 12):
            swapped = list(code)
            swapped[place], swapped[later] = code[later], code[place]
            assert swapped == list(code) or not codes.is_code("".join(swapped), "TD")


def test_a_credit_code_with_a_wrong_check_digit_is_refused():
    good = "91350100M000100Y43"
    assert codes.credit_code(good.lower()) == good
    with pytest.raises(InvalidInput) as refused:
        codes.credit_code(good[:-1] + "4")
    assert refused.value.code == "credit_code.wrong_check_digit"


@pytest.mark.parametrize("bad", ["", "9135", "91350100M000100Y4I", None, "9" * 19, "９" * 18])
def test_text_that_is_no_credit_code_is_refused(bad):
    with pytest.raises(InvalidInput) as refused:
        codes.credit_code(bad)
    assert refused.value.code == "credit_code.malformed"


@pytest.mark.parametrize("bad", ["a\x00b", "a\u202eb", "\ud800", "a\u200bb"])
def test_forbidden_characters_are_named(bad):
    with pytest.raises(InvalidInput) as refused:
        text.clean_line(bad, field="name")
    assert refused.value.code == "text.forbidden_character"
    assert "U+" in str(refused.value.problems[0])


def test_empty_text_is_refused_with_its_field():
    with pytest.raises(InvalidInput) as refused:
        text.clean_line("  ", field="name")
    assert str(refused.value.problems[0]) == "“name”不能为空。"


def test_look_alike_names_have_one_key():
    names = ["临江市政（集团）有限公司", "临江市政(集团)有限公司", " 临江 市政（集团）有限公司 "]
    assert len({text.name_key(name) for name in names}) == 1


def days(number):
    return Period(number, Unit.DAY)


def test_twenty_days_from_the_first_of_september_is_the_twenty_first():
    start = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    assert periods.earliest_after(start, days(20)) == periods.start_of(date(2026, 9, 21))


def test_a_period_that_ends_on_a_holiday_ends_on_the_next_working_day():
    assert periods.day_after(date(2026, 9, 28), days(3)) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("end", "wanted"),
    [
        (datetime(2026, 9, 24, 16, tzinfo=UTC), datetime(2026, 9, 24, 16, tzinfo=UTC)),
        (datetime(2026, 9, 24, 3, tzinfo=UTC), datetime(2026, 9, 24, 16, tzinfo=UTC)),
        (datetime(2026, 9, 24, 16, 0, 0, 1, tzinfo=UTC), datetime(2026, 9, 28, 16, tzinfo=UTC)),
        (datetime(2026, 9, 19, 16, 0, 0, 1, tzinfo=UTC), datetime(2026, 9, 20, 16, tzinfo=UTC)),
    ],
    ids=["a day's end", "within a day", "into a holiday", "into a Sunday that is worked"],
)
def test_an_end_is_put_off_to_the_end_of_a_working_day(end, wanted):
    assert periods.end_of_working_day(end) == wanted


def test_working_days_skip_the_holiday_and_count_the_exchanged_saturday():
    three = Period(3, Unit.WORKING_DAY)
    assert periods.day_after(date(2026, 9, 30), three) == date(2026, 10, 10)


def test_an_evening_in_london_is_the_next_legal_day_in_china():
    assert periods.legal_date(datetime(2026, 9, 1, 17, 0, tzinfo=UTC)) == date(2026, 9, 2)


def test_naive_times_are_a_fault():
    with pytest.raises(ValueError, match="naive"):
        periods.legal_date(datetime(2026, 9, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("start", "months", "last"),
    [
        (date(2026, 11, 25), 3, date(2027, 2, 25)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
    ],
)
def test_a_period_of_months_ends_on_the_same_day_or_the_months_last(start, months, last):
    assert periods.months_after(start, months) == last


@pytest.mark.parametrize("text", ["2026-02-30", "2026-2-3", "20260203", "0001-01-01", "x", ""])
def test_what_is_no_day_is_told(text):
    with pytest.raises(InvalidInput) as refused:
        periods.day_of(text, field="until")
    assert (refused.value.code, refused.value.problems[0].field) == ("input.day", "until")


def test_a_day_is_read_as_it_is_written():
    assert periods.day_of(" 2026-11-24 ", field="until") == date(2026, 11, 24)


def test_text_of_blanks_alone_is_empty():
    with pytest.raises(InvalidInput):
        text.filled_text(" \n\t", field="ground")
    assert text.filled_text(" 甲\n乙 ", field="ground") == "甲\n乙"
