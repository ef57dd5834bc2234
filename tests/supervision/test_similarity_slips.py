"""Slips and tables of numbers that two bids share, and what the command tells of a pair."""

import json

import pytest

from supervision.rules.similarity import (
    Document,
    compare,
)
from supervision.rules.similarity_errors import shared_slips
from supervision.rules.similarity_normalising import normalised
from supervision.rules.similarity_numbers import shared_numbers
from tests.supervision.test_similarity import prose, run


def slip_text(seed: int, wrong: str) -> str:
    right = "".join(f"施工组织设计{prose(30, seed + i)}" for i in range(5))
    return right + f"施工组织设{wrong}" + prose(30, seed + 90)


def test_an_identical_slip_of_sound_is_found_in_both_texts():
    one, other = slip_text(1, "记"), slip_text(500, "记")

    found = shared_slips(normalised(one), normalised(other))

    assert [(each.written, each.usual, each.usual_count) for each in found] == [("记", "计", 10)]
    assert one[slice(*found[0].a)] == other[slice(*found[0].b)] == "记"


@pytest.mark.parametrize(
    ("one", "other", "standard"),
    [("记", "计", ""), ("记", "际", ""), ("甲", "甲", ""), ("记", "记", "施工组织设记录")],
    ids=["only one writes it", "different slips", "another sound", "the tender document's own"],
)
def test_what_is_no_shared_slip_is_not_told(one, other, standard):
    texts = [normalised(slip_text(1, one)), normalised(slip_text(500, other))]

    assert shared_slips(*texts, [normalised(standard)]) == []


def test_words_written_one_way_or_the_other_are_no_slips():
    one, other = (
        "".join(f"认真完成{x}{prose(9, s + i)}" for i, x in enumerate("的的的的的的地"))
        for s in (1, 99)
    )

    assert shared_slips(normalised(one), normalised(other)) == []


TABLE = "螺栓 1,234.50 螺母 88.125 垫片 3 合计 45678 税 0.13 折 999.9 数 4 价 5,120.00"


def test_an_identical_table_of_numbers_is_found_between_other_words():
    one = "甲方 17 " + TABLE
    other = prose(20, 1) + TABLE.replace("螺栓", "第一").replace("1,234.50", "１２３４.5") + " 18"

    found = shared_numbers(one, other)

    assert found[0].values == ("1234.5", "88.125", "3", "45678", "0.13", "999.9", "4", "5120")
    assert one[slice(*found[0].a)].startswith("1,234.50")
    assert other[slice(*found[0].b)].endswith("5,120.00")


@pytest.mark.parametrize(
    ("table", "standard"),
    [
        (TABLE, TABLE),
        (" ".join(map(str, range(1, 40))), ""),
        (" ".join(map(str, range(1995, 2026))), ""),
        ("1234 2345 3456 4567 5678 6789 7891", ""),
        ("100 200 3000 4 50 6 7 8 9 10", ""),
    ],
    ids=["of the tender document", "counting", "years", "seven numbers", "round numbers"],
)
def test_numbers_that_tell_nothing_are_not_told(table, standard):
    assert shared_numbers("甲 " + table, "乙 " + table, [standard]) == []


def test_three_slips_and_a_table_are_flagged():
    slips = "".join(
        (word + prose(25, seed + 7 * i)) * 4 + wrong + prose(25, seed + i)
        for seed in [0]
        for i, (word, wrong) in enumerate(
            [("质量保证", "质量保正"), ("安全措施", "安全错施"), ("竣工验收", "竣工验手")]
        )
    )
    one, other = slips + prose(500, 900) + TABLE, TABLE + prose(500, 901) + slips

    flags = compare(Document(one), Document(other)).flags

    assert any("错别字" in flag for flag in flags)
    assert any("数字" in flag for flag in flags)


def test_command_answers_by_the_contract(tmp_path):
    shared, tender = prose(200, 1), prose(300, 2)
    a, b, t = (tmp_path / name for name in ("a.txt", "b.txt", "t.txt"))
    a.write_text(tender + prose(100, 3) + shared + "\f甲", encoding="utf-8")
    b.write_text(shared + prose(500, 4) + tender, encoding="utf-8")
    t.write_text(tender, encoding="utf-8")

    result = run(str(a), str(b), "--exclude", str(t))
    answer = json.loads(result.stdout)

    assert result.exit_code == 0
    assert answer["containment"] == pytest.approx(200 / 301)
    assert answer["passages"] == [
        {"a": [400, 600], "b": [0, 200], "text": shared, "pages": {"a": [1, 1], "b": None}}
    ]
    assert answer["left_out"] == [{"name": str(t), "a": [[0, 300]], "b": [[700, 1000]]}]


@pytest.mark.parametrize(
    ("content", "said"),
    [("甲乙".encode("gb18030"), "UTF-8"), (b"\0\1\2", "PDF、DOCX"), (None, "无法读取")],
    ids=["another encoding", "binary", "not there"],
)
def test_command_stops_with_two_and_the_reason_for_an_unreadable_file(tmp_path, content, said):
    path = tmp_path / "a.txt"
    if content is not None:
        path.write_bytes(content)

    result = run(str(path), str(path))

    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert "a.txt" in result.stderr


def test_help_shows_an_example():
    assert "flask supervision similarity bid-a.pdf" in run("--help").stdout
