"""A bidder's receipt: is it the platform's, and did the platform keep what it signed?

A receipt convicts the platform if its fact is not in the tree although the lot has ended, or if
no later fact of its stream replaces or withdraws it and it is not under the close root.
"""

import base64
import binascii
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verifier import merkle, signatures
from verifier.bids import BID_STREAM, SUBMITTED, SealedSets, leaves_out
from verifier.canonical import octets
from verifier.findings import Broken, Findings, Unreadable
from verifier.streams import Fact, Leaf, read_fact

_DOMAIN = b"zhaobiao-receipt/v1\n"
_LARGEST = 4 << 20
_CONVICTS = "此回执证明平台失信："


@dataclass(frozen=True)
class Receipt:
    """What a receipt says; `key` is the one that it names itself."""

    code: str
    fact: Fact
    leaf: bytes
    signature: bytes
    key: bytes
    proof: dict[str, Any] | None


def read_receipt(path: Path) -> Receipt:
    """The receipt in this file. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(_LARGEST).decode())
        fact = read_fact(value["fact"])
        leaf = merkle.commitment(octets(value["salt"], 32), value["fact"].encode())
        if value["type"] != "receipt/v1" or octets(value["commitment"], 32) != leaf:
            raise Broken("receipt.commitment", "承诺值与存证不符")
        if fact.data.get("receipt", value["code"]) != value["code"]:
            raise Broken("receipt.code", "回执编号与存证所载不符")
        signature = base64.b64decode(value["signature"], validate=True)
        key = base64.b64decode(value["key"], validate=True)
        has_proof = "checkpoint" in value
        return Receipt(str(value["code"]), fact, leaf, signature, key, value if has_proof else None)
    except Broken as fault:
        raise Unreadable(f"{path}：{fault.text}") from fault
    except (OSError, ValueError, KeyError, TypeError, RecursionError, binascii.Error) as fault:
        raise Unreadable(f"{path}：不是回执（{fault}）") from fault


def check_receipt(
    findings: Findings,
    receipt: Receipt,
    keys: Collection[bytes],
    streams: Mapping[str, Sequence[Leaf]],
    sets: SealedSets,
    log_keys: Sequence[signatures.NoteKey],
) -> None:
    """Check the platform's signature, then what became of the fact. `keys`: the platform's."""
    where = f"receipt {receipt.code}"
    if not keys:
        findings.leave(f"{where}：回执密钥取自回执本身，请另行核对")
    elif receipt.key not in keys:
        findings.bad("receipt.other_key", where, "回执不是用本平台的回执密钥签署的")
        return
    answer = signatures.is_ed25519(receipt.key, receipt.signature, _DOMAIN + receipt.leaf)
    problem = {"code": "receipt.signature", "where": where, "text": "回执上的平台签名无效"}
    findings.judge(answer, "receipt_signatures", **problem)
    if answer is False:
        return
    _check_own_proof(findings, receipt, log_keys, where)
    if streams:
        _check_kept(findings, receipt, streams, sets, where)
    else:
        findings.leave(f"{where}：没有证据包，未核对存证是否在日志中")


def _check_own_proof(
    findings: Findings, receipt: Receipt, log_keys: Sequence[signatures.NoteKey], where: str
) -> None:
    """The proof that a completed receipt carries, under its own checkpoint."""
    proof = receipt.proof
    if proof is None:
        return
    if not log_keys:
        findings.leave(f"{where}：没有日志密钥，未核对回执自带的包含证明")
        return
    try:
        head = signatures.read_checkpoint(str(proof["checkpoint"]).encode())
        path = [octets(value, merkle.HASH_BYTES) for value in proof["proof"]]
        index = proof["index"]
        fits = type(index) is int and proof["size"] == head.size
        fits = fits and merkle.is_included(receipt.leaf, index, head.size, path, head.root)
    except (Broken, KeyError, TypeError):
        fits = False
    answer = signatures.is_signed_by_any(head, log_keys) if fits else False
    problem = {"code": "receipt.proof", "where": where, "text": "回执自带的包含证明或检查点不成立"}
    findings.judge(answer, "receipt_proofs", **problem)


def _check_kept(
    findings: Findings,
    receipt: Receipt,
    streams: Mapping[str, Sequence[Leaf]],
    sets: SealedSets,
    where: str,
) -> None:
    fact, match = receipt.fact, BID_STREAM.fullmatch(receipt.fact.stream)
    leaves = streams.get(fact.stream, ())
    lot = sets.lots.get(match[1]) if match else None
    if fact.seq <= len(leaves):
        if leaves[fact.seq - 1].commitment != receipt.leaf:
            text = f"{_CONVICTS}日志中这一序号是另一条存证"
            findings.bad("receipt.convicts", where, text)
            return
        findings.checked["receipts_in_the_tree"] += 1
        _check_sealed(findings, receipt, sets, where)
    elif lot and lot.ended and lot.code in sets.whole:
        findings.bad("receipt.convicts", where, f"{_CONVICTS}标段已结束，存证不在日志中")
    else:
        findings.leave(f"{where}：证据包不含其存证流，或标段尚未截止，未核对是否在日志中")


def _check_sealed(findings: Findings, receipt: Receipt, sets: SealedSets, where: str) -> None:
    match = BID_STREAM.fullmatch(receipt.fact.stream)
    play = sets.standing.get(receipt.fact.stream)
    if match is None or play is None or receipt.fact.kind != SUBMITTED:
        return
    if receipt.leaf in play.lifted:
        findings.checked["receipts_replaced_or_withdrawn"] += 1
    elif play.is_known and play.leaf != receipt.leaf:
        findings.bad("receipt.convicts", where, f"{_CONVICTS}投标未被替换或撤回，却不再有效")
    elif match[1] in sets.confirmed:
        findings.checked["receipts_under_the_close_root"] += 1
    elif leaves_out(sets, match[1], receipt.leaf):
        text = f"{_CONVICTS}投标未被替换或撤回，却不在截标的根之下"
        findings.bad("receipt.convicts", where, text)
    else:
        findings.leave(f"{where}：未重算截标的根，未核对投标是否在密封集合内")
