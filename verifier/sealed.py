"""The set that was fixed at the deadline: its commitments, their count and `close/v1` root.

The list tells nobody's name. Whoever keeps a receipt looks for its commitment in it; whoever has a
bundle compares count and root with the fact of the close.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from verifier import merkle
from verifier.canonical import octets
from verifier.findings import Findings
from verifier.receipts import Receipt
from verifier.streams import Leaf

_CLOSES = ("lot.closed", "lot.failed")


def check_sealed_set(
    findings: Findings,
    value: dict[str, Any],
    receipts: Sequence[Receipt],
    streams: Mapping[str, Sequence[Leaf]],
) -> None:
    """Compute count and root from the list, and look for receipts and for the log's own."""
    lot, listed = value["lot"], [octets(each, 32) for each in value["commitments"]]
    stated = (value["count"], octets(value["root"], 32))
    if listed != sorted(set(listed)):
        findings.bad("sealed_set.order", lot, "承诺值应按次序排列，不重复")
    if stated == (len(listed), merkle.close_root(listed)):
        findings.checked["close_roots"] += 1
    else:
        findings.bad("sealed_set.root", lot, "数量或根不是由所列承诺值算出的")
    for receipt in receipts:
        _check_receipt(findings, lot, set(listed), receipt)
    _check_log(findings, lot, stated, streams)


def _check_receipt(findings: Findings, lot: str, listed: set[bytes], receipt: Receipt) -> None:
    where = f"receipt {receipt.code}"
    if not receipt.fact.stream.startswith(f"lot:{lot}/"):
        findings.bad("receipt.other_lot", where, "回执属于另一个标段")
    elif receipt.leaf in listed:
        findings.checked["receipts_under_the_close_root"] += 1
    else:
        findings.bad("receipt.not_sealed", where, "不在密封集合内：已被替换或撤回，否则平台失信")


def _check_log(
    findings: Findings,
    lot: str,
    stated: tuple[int, bytes],
    streams: Mapping[str, Sequence[Leaf]],
) -> None:
    facts = [leaf.fact for leaf in streams.get(f"lot:{lot}", ()) if leaf.fact]
    closes = [fact for fact in facts if fact.kind in _CLOSES and "root" in fact.data]
    if not closes:
        findings.undecided = True
        findings.leave(f"{lot}：没有含截标的证据包，未与日志核对")
    for fact in closes:
        if (fact.data["count"], fact.data["root"]) == (stated[0], stated[1].hex()):
            findings.checked["closes_in_the_log"] += 1
        else:
            findings.bad("sealed_set.other_close", lot, "数量或根与日志所载的截标不同")
