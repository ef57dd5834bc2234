"""A receipt is accepted, or it convicts the platform, or it convicts nobody."""

import base64
import json

import pytest

from tests.factories import bundles as made
from verifier import merkle

pytestmark = pytest.mark.attack("log")


def receipt_file(tmp_path, receipt):
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(receipt), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("replaced", "receipts_replaced_or_withdrawn"),
        ("withdrawn", "receipts_replaced_or_withdrawn"),
        ("standing", "receipts_under_the_close_root"),
    ],
)
def test_a_receipt_that_was_kept_is_accepted(honest, run, tmp_path, name, counted):
    path = receipt_file(tmp_path, honest.played.receipts[name])

    code, result, _ = run(honest.content, "--receipt", path)

    assert code == 0
    assert result["checked"][counted] == 1


def test_a_receipt_whose_fact_is_missing_convicts_the_platform(honest, run, tmp_path):
    facts = made.facts_in(honest.members)
    receipt = honest.played.receipts["bidder3"]
    del facts[json.loads(receipt["fact"])["stream"]]
    leaves = [honest.played.receipts[name] for name in ("standing", "bidder4")]
    root = merkle.close_root([bytes.fromhex(leaf["commitment"]) for leaf in leaves])
    facts[f"lot:{honest.played.lot}"][-1]["data"] |= {"count": 2, "root": root.hex()}
    members = made.relogged(honest.members, facts)

    assert run(made.packed(members))[0] == 0
    code, result, _ = run(made.packed(members), "--receipt", receipt_file(tmp_path, receipt))

    assert code == 1
    assert [problem["code"] for problem in result["problems"]] == ["receipt.convicts"]


def test_a_receipt_that_is_not_under_the_root_convicts_the_platform(honest, run, tmp_path):
    facts = made.facts_in(honest.members)
    leaves = [honest.played.receipts[name] for name in ("standing", "bidder4")]
    root = merkle.close_root([bytes.fromhex(leaf["commitment"]) for leaf in leaves])
    facts[f"lot:{honest.played.lot}"][-1]["data"] |= {"count": 2, "root": root.hex()}
    members = made.relogged(honest.members, facts)
    path = receipt_file(tmp_path, honest.played.receipts["bidder3"])

    code, result, _ = run(made.packed(members), "--receipt", path)

    assert code == 1
    assert {problem["code"] for problem in result["problems"]} == {
        "close.root",
        "receipt.convicts",
    }


def test_a_receipt_whose_place_was_given_to_another_fact_convicts(honest, run, tmp_path):
    facts = made.facts_in(honest.members)
    facts[honest.bid_stream][0]["actor"] = "somebody else"
    members = made.relogged(honest.members, facts)
    path = receipt_file(tmp_path, honest.played.receipts["replaced"])

    code, result, _ = run(made.packed(members), "--receipt", path)

    assert code == 1
    assert "receipt.convicts" in {problem["code"] for problem in result["problems"]}


def test_a_receipt_that_somebody_else_signed_convicts_nobody(honest, run, tmp_path):
    receipt = honest.played.receipts["standing"]
    forged = receipt | {"signature": base64.b64encode(bytes(64)).decode()}

    code, result, _ = run(honest.content, "--receipt", receipt_file(tmp_path, forged))

    assert code == 1
    assert [problem["code"] for problem in result["problems"]] == ["receipt.signature"]
