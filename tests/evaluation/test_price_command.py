"""The command: exact keys, decimal strings, exit codes, and a message with the place."""

import json
from pathlib import Path

import jsonschema
import pytest

from evaluation.rules import (
    price_bids,
    price_evaluated,
    price_expressions,
    price_formulas,
    price_rule,
)
from tests.evaluation.price_factory import MEAN, make_bids, make_rule
from webapp.factory import create_app

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "price-rules" / "examples").glob("*.json"))
SCHEMA = json.loads((DOCS / "price-rule.schema.json").read_text("utf-8"))
EXPECTED = {
    "construction-composite": ("1070.0000", ["55.80", "56.73", "57.67", "59.07", "57.20", None]),
    "construction-lowest-evaluated": ("1010", [None] * 4),
    "construction-trimmed-mean": ("1013.1", ["58.37", "59.36", "59.32", "56.36", "51.42"]),
    "govproc-lowest-price": ("480000", [None] * 4),
    "govproc-lowest-ratio": ("950000", ["95.00", "100.00", "95.96"]),
    "low-price-triggers": ("44", ["13.20", "13.75", "14.67", "30.00"]),
    "secret-reference-lines": ("990", ["38.00", "31.34", "38.27", None, "24.00"]),
    "step-bands": ("970.00", ["30", "26", "30", "24", "10"]),
    "steps-by-amount": ("812000", ["30.0", "30.0", "26.0", "0.0"]),
    "whole-percents": ("100.70", ["39.00", "37.00", "35.50", "36.00", "32.50", "10.00"]),
    "works-bonus-and-quality": ("480", ["40.32", "40.00"]),
}
RANKING = {
    "construction-lowest-evaluated": ["B1", "D2", "A3"],
    "govproc-lowest-price": ["D1", "B2", "C2", "A4"],
    "govproc-lowest-ratio": ["A1", "C2", "B3"],
    "works-bonus-and-quality": ["乙1", "甲2"],
}


def run(document, *arguments):
    text = document if isinstance(document, str | bytes) else json.dumps(document)
    runner = create_app().test_cli_runner()
    return runner.invoke(args=["evaluation", "price-score", *(arguments or ("-",))], input=text)


def answer_of(document, *arguments):
    result = run(document, *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_example_gives_the_documented_result(path):
    answer = answer_of("", str(path))

    benchmark, scores = EXPECTED[path.stem]
    assert answer["benchmark"] == benchmark
    assert [row["score"] for row in answer["rows"]] == scores
    ranking = [row["bidder"] + row["rank"] for row in answer.get("ranking", [])]
    assert ranking == RANKING.get(path.stem, [])


def test_every_documented_example_exists():
    assert {path.stem for path in EXAMPLES} == set(EXPECTED)


def test_the_answer_has_exactly_the_promised_keys():
    answer = answer_of({"rule": make_rule(), "bids": make_bids("1000000", "950000")})

    assert list(answer) == ["benchmark", "rows", "trace"]
    assert answer["rows"][0] == {
        "bidder": "A",
        "evaluated_price": "1000000",
        "deviation": "5.2632",
        "score": "95.00",
        "valid": True,
        "why": "",
    }
    assert answer["trace"][0] == {
        "step": "benchmark",
        "bidder": "",
        "zh": "最低价＝950000",
        "en": "lowest price = 950000",
        "keys": "950000",
        "value": "950000",
        "places": None,
        "mode": "",
    }


def numbers_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for one in value for number in numbers_in(one)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_no_answer_holds_a_json_number(path):
    assert numbers_in(answer_of("", str(path))) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        (b"\xff\xfe{}", "JSON"),
        ("[" * 100_000, "嵌套过深"),
        ('{"rule": 1, "rule": 2}', "'rule' stands twice"),
        ('{"rule": NaN, "bids": []}', "NaN"),
        ("1" * 5000, "JSON"),
        ("[]", "rule：应为对象"),
        ({"rule": make_rule()}, "bids：缺少这个字段"),
        ({"rule": make_rule(), "bids": [], "x": 1}, "x：没有这个字段"),
        ({"rule": make_rule(), "bids": []}, "bids：应有 1 至 10000 项"),
        ({"rule": make_rule(), "bids": make_bids("1e400")}, "bids[0].price"),
        ({"rule": make_rule(), "bids": make_bids(980.5)}, "bids[0].price"),
        ({"rule": make_rule({"kind": "mode"}), "bids": make_bids("1")}, "rule.benchmark.kind"),
        ({"rule": make_rule(), "bids": [{"bidder": 5, "price": "1"}]}, "bids[0].bidder"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_wrong_input_ends_with_2_and_its_place_on_stderr(document, message):
    result = run(document)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_ends_with_2():
    assert run("", "/nowhere/rule.json").exit_code == 2


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (make_rule({"kind": "second_lowest"}), "有效报价不足"),
        (make_rule(MEAN, regime="GOVPROC"), "第55条"),
        (make_rule({"kind": "reference"}, reference="secret"), "尚未抽取或公布"),
    ],
    ids=["too few prices", "forbidden by the regime", "not opened"],
)
def test_a_refusal_ends_with_1_and_its_reason_on_stderr(rule, message):
    result = run({"rule": rule, "bids": make_bids("100")})

    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr


def test_too_large_a_file_is_not_read():
    result = run(b" " * (32 * 1024 * 1024 + 1))

    assert result.exit_code == 2
    assert "文件过大" in result.stderr


def test_help_shows_an_example():
    result = run("", "--help")

    assert result.exit_code == 0
    assert "Example: flask evaluation price-score" in result.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_every_example_fits_the_schema(path):
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(path.read_text("utf-8")))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_the_same_keys_as_the_reader():
    parts = SCHEMA["$defs"]
    rule = parts["rule"]["properties"]

    assert set(rule) == {*price_rule._REQUIRED, *price_rule._OPTIONAL}
    assert set(rule["rounding"]["properties"]) == set(price_rule.ROUNDED_STEPS)
    assert set(parts["bid"]["properties"]) == {"bidder", "price", *price_bids._OPTIONAL}
    kinds = {
        kind: set(keys["properties"]) - {"kind", "rounding"}
        for keys in parts["expression"]["oneOf"]
        for kind in keys["properties"]["kind"]["enum"]
    }
    assert kinds == {
        kind: {*required, *optional}
        for kind, (required, optional) in price_expressions._KEYS.items()
    }
    assert {keys["properties"]["kind"]["const"] for keys in parts["score"]["oneOf"]} == set(
        price_formulas._KEYS
    )
    assert set(rule["evaluated_price"]["properties"]) == {"deviations", "items", "discounts"}
    assert price_evaluated.LARGEST_DISCOUNT == 90


@pytest.mark.parametrize(
    "document",
    [
        {"rule": make_rule(typo=1), "bids": make_bids("1")},
        {"rule": make_rule({"kind": "median"}), "bids": make_bids("1")},
        {"rule": make_rule(), "bids": make_bids("1e400")},
        {"rule": make_rule(), "bids": []},
    ],
    ids=["unknown key", "unknown benchmark", "no decimal", "no bids"],
)
def test_the_schema_refuses_what_the_reader_refuses(document):
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)
