"""The table of prices as it comes in, and the command that screens it."""

import io
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import InvalidInput
from supervision.actions.screens import grouped_bids
from supervision.rules.screens import Screens, screens_of
from tests.supervision.test_screens import HEADER, PRICES, run, tenders_of


def test_scattered_rows_of_one_tender_are_grouped_in_order_of_first_appearance():
    table = HEADER + "B,x,1\nA,x,10\nB,y,2\nA,y,30\nC,x,5\n"

    found = tenders_of(table)

    assert [(each.bids.tender, each.screens.n) for each in found] == [("B", 2), ("A", 2), ("C", 1)]
    assert found[1].bids.bidders == ("x", "y")
    assert found[1].screens == screens_of([10, 30])


def test_columns_may_stand_in_any_order_beside_others_and_after_a_byte_order_mark():
    table = "price,note,bidder,tender\n1.50,a,x,T\n\n+2e0,b,y,T\n"

    found = tenders_of(b"\xef\xbb\xbf" + table.replace("\n", "\r\n").encode())

    assert found[0].screens == screens_of([1.5, 2])


BAD = {
    "missing column": ("tender,bidder\nT,x\n", 1),
    "column twice": ("tender,bidder,price,price\nT,x,1,1\n", 1),
    "empty file": ("", 1),
    "not a number": (HEADER + "T,x,1\nT,y,abc\n", 3),
    "thousands": (HEADER + 'T,x,"1,000"\n', 2),
    "negative": (HEADER + "T,x,-1\n", 2),
    "nan": (HEADER + "T,x,1\n\nT,y,NaN\n", 4),
    "infinity": (HEADER + "T,x,Infinity\n", 2),
    "too large": (HEADER + "T,x,1e400\n", 2),
    "too small": (HEADER + "T,x,1e-400\n", 2),
    "underscore": (HEADER + "T,x,1_0\n", 2),
    "full-width digit": (HEADER + "T,x,１\n", 2),
    "empty price": (HEADER + "T,x,\n", 2),
    "empty bidder": (HEADER + "T, ,1\n", 2),
    "short row": (HEADER + "T,x\n", 2),
    "bidder twice": (HEADER + "T,x,1\nU,x,1\nT,x,2\nU,x,4\n", 4),
    "long field": (HEADER + "T" * 1001 + ",x,1\n", 2),
    "open quotation mark": (HEADER + 'T,"x,1\n', 2),
    "open quotation mark in the header": ('"tender,bidder,price\n', 1),
    "huge line": (HEADER + "T,x," + " " * 1_000_001, 2),
}


@pytest.mark.parametrize(("table", "line"), BAD.values(), ids=BAD.keys())
def test_a_bad_table_is_refused_with_its_line(table, line):
    with pytest.raises(InvalidInput) as refused:
        tenders_of(table)

    assert refused.value.code == "screens.bad_table"
    assert refused.value.problems[0].field == f"line {line}"


def test_another_encoding_is_refused_with_its_line():
    with pytest.raises(InvalidInput) as refused:
        tenders_of(HEADER.encode() + "T,x,1\nT,甲,2\n".encode("gb18030"))

    assert refused.value.problems[0].field == "line 3"


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text("ABCD", min_size=1, max_size=3), PRICES, max_size=6), st.randoms())
def test_grouping_loses_and_invents_no_bid(tenders, chance):
    rows = [f"{t},b{i},{p}\n" for t, prices in tenders.items() for i, p in enumerate(prices)]
    chance.shuffle(rows)

    found = list(grouped_bids(io.BytesIO((HEADER + "".join(rows)).encode())))

    assert {each.tender: sorted(map(int, each.prices)) for each in found} == {
        tender: sorted(prices) for tender, prices in tenders.items()
    }
    assert len(found) == len(tenders)


def test_command_prints_one_json_line_per_tender():
    table = HEADER + "T1,甲,100\nT2,甲,7\nT1,乙,103\n"

    result = run("-", text=table)

    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {"tender": "T1", **screens_of([100, 103]).as_json()},
        {"tender": "T2", **Screens(1).as_json()},
    ]


def test_command_explains_compares_and_looks_into_subgroups(tmp_path):
    table = tmp_path / "bids.csv"
    table.write_text(HEADER + "T,甲,100\nT,乙,101\nT,丙,102\nT,丁,103\n")

    result = run(str(table), "--explain", "--subgroups", "--reference", str(table))
    line = json.loads(result.stdout)

    assert [each["size"] for each in line["subgroups"]] == [3, 4]
    assert line["reference"]["group"] == str(table)
    assert line["reference"]["cv"] == {"n": 1, "percentile": None, "note": "too few"}
    assert line["reading"]["regular_step"] == "1"
    assert line["reading"]["flags"][0]["screen"] == "cv"
    assert line["reading"]["flags"][0]["clears"]["bidder"] in "甲丁"


def test_command_leaves_out_a_change_that_does_not_exist():
    rows = "".join(f"T,b{i},{100 + i / 1000}\n" for i in range(5000))

    line = json.loads(run("-", "--explain", text=HEADER + rows).stdout)

    assert line["reading"]["flags"][0]["clears"] is None


@pytest.mark.parametrize("table", [HEADER + "T,x,-1\n", ""])
def test_command_stops_with_two_and_prints_no_figure_for_a_bad_table(table):
    result = run("-", text=table)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "行" in result.stderr


def test_command_names_a_file_that_is_not_there(tmp_path):
    result = run(str(tmp_path / "none.csv"))

    assert result.exit_code == 2
    assert "none.csv" in result.stderr


def test_help_shows_an_example():
    assert "flask supervision screens bids.csv" in run("--help").stdout


@pytest.mark.slow
def test_a_million_scattered_bids_pass_in_bounded_memory(tmp_path):
    table = tmp_path / "million.csv"
    chance = random.Random(1)
    rows = [f"T{i // 5},b{i % 5},{chance.randint(1, 10**7)}\n" for i in range(1_000_000)]
    chance.shuffle(rows)
    table.write_text(HEADER + "".join(rows))
    program = (
        "import re,sys;from supervision.actions.screens import screened_tenders;"
        "n=sum(t.screens.n for t in screened_tenders(open(sys.argv[1],'rb')));"
        "print(n,int(re.search(r'VmHWM:\\s+(\\d+)',open('/proc/self/status').read())[1])//1024)"
    )

    root = Path(__file__).parents[2]
    out = subprocess.run(
        [sys.executable, "-c", program, str(table)], cwd=root, capture_output=True, check=True
    )
    counted, megabytes = map(int, out.stdout.split())

    assert counted == 1_000_000
    assert megabytes < 200
