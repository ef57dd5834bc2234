"""A stream's file: canonical facts, numbered without a gap, chained, each in the tree.

A withheld fact shows its leaf only: it keeps its number and its link in the chain.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verifier import merkle
from verifier.canonical import fields_of, instant, octets, read_canonical
from verifier.findings import Broken, Findings

_OPEN = {"fact": str, "salt": str, "commitment": str, "index": int, "proof": list}
_WITHHELD = {"withheld": bool, "commitment": str, "index": int, "proof": list}
_FACT: dict[str, type | tuple[type, ...]] = {
    "v": int,
    "stream": str,
    "seq": int,
    "at": str,
    "recorded_at": str,
    "kind": str,
    "actor": str,
    "subject": str,
    "data": dict,
    "prev": (str, type(None)),
}
_SALT_BYTES = 32


@dataclass(frozen=True)
class Fact:
    """What a disclosed line says."""

    stream: str
    seq: int
    at: datetime
    kind: str
    actor: str
    subject: str
    data: dict[str, Any]
    prev: str | None


@dataclass(frozen=True)
class Leaf:
    """One line: its leaf in the tree, and the fact unless that is withheld."""

    commitment: bytes
    index: int
    fact: Fact | None


@dataclass
class Tree:
    """The head that all proofs lead to, and which leaf was seen at which index."""

    size: int
    root: bytes
    seen: dict[int, bytes] = field(default_factory=dict)
    indices: dict[bytes, int] = field(default_factory=dict)

    def problem_with(self, leaf: bytes, index: int, proof: list[bytes]) -> Broken | None:
        """Why this leaf does not stand at this index; otherwise it is noted as seen there."""
        if not merkle.is_included(leaf, index, self.size, proof, self.root):
            return Broken("tree.not_included", "包含证明不通向检查点的根")
        if self.seen.setdefault(index, leaf) != leaf:
            return Broken("tree.two_at_one_index", "两条存证占同一位置")
        if self.indices.setdefault(leaf, index) != index:
            return Broken("tree.one_at_two_indices", "同一存证出现在两个位置")
        return None


def check_stream(
    findings: Findings, tree: Tree, *, name: str, file: str, content: bytes
) -> list[Leaf]:
    """The stream's lines in order, with every fault noted; a line that cannot be read is left."""
    if not content.endswith(b"\n"):
        findings.bad("stream.cut_short", file, "最后一行不完整")
        return []
    leaves: list[Leaf] = []
    for number, line in enumerate(content[:-1].split(b"\n"), 1):
        where = f"{file}:{number}"
        try:
            leaf = read_leaf(line, tree, findings, where)
        except Broken as fault:
            findings.bad(fault.code, where, fault.text)
            continue
        _check_chain(findings, name, number, leaves[-1] if leaves else None, leaf, where)
        leaves.append(leaf)
    return leaves


def read_leaf(line: bytes, tree: Tree, findings: Findings, where: str) -> Leaf:
    """One line of a stream or one key's enrolment. Raises Broken if it cannot be read."""
    value = read_canonical(line)
    if isinstance(value, dict) and "withheld" in value:
        fields = fields_of(value, dict(_WITHHELD))
        if fields["withheld"] is not True:
            raise Broken("json.fields", "withheld 只能是 true")
        findings.leave("未向此范围公开的存证：只核对了承诺值与位置")
        findings.checked["withheld_facts"] += 1
        fact, leaf = None, octets(fields["commitment"], merkle.HASH_BYTES)
    else:
        fields = fields_of(value, dict(_OPEN))
        fact, leaf = _opened(fields, findings, where)
    proof = [octets(value, merkle.HASH_BYTES) for value in fields["proof"]]
    problem = tree.problem_with(leaf, fields["index"], proof)
    if problem:
        findings.bad(problem.code, where, problem.text)
    else:
        findings.checked["inclusion_proofs"] += 1
    return Leaf(leaf, fields["index"], fact)


def read_fact(text: str) -> Fact:
    """The fact in its canonical text. Raises Broken."""
    fields = fields_of(read_canonical(text.encode()), _FACT)
    if fields["v"] != 1:
        raise Broken("fact.version", f"不认识的存证版本 {fields['v']}")
    if fields["prev"] is not None:
        octets(fields["prev"], merkle.HASH_BYTES)
    instant(fields["recorded_at"])
    return Fact(
        stream=fields["stream"],
        seq=fields["seq"],
        at=instant(fields["at"]),
        kind=fields["kind"],
        actor=fields["actor"],
        subject=fields["subject"],
        data=fields["data"],
        prev=fields["prev"],
    )


def _opened(fields: dict[str, Any], findings: Findings, where: str) -> tuple[Fact, bytes]:
    fact = read_fact(fields["fact"])
    stated = octets(fields["commitment"], merkle.HASH_BYTES)
    computed = merkle.commitment(octets(fields["salt"], _SALT_BYTES), fields["fact"].encode())
    if computed != stated:
        findings.bad("fact.commitment", where, "存证与盐算出的承诺值与所载不符")
    else:
        findings.checked["facts"] += 1
    return fact, computed


def _check_chain(
    findings: Findings, name: str, number: int, before: Leaf | None, leaf: Leaf, where: str
) -> None:
    fact = leaf.fact
    if fact is None:
        return
    if fact.stream != name:
        findings.bad("chain.other_stream", where, f"该存证属于另一存证流“{fact.stream}”")
    if fact.seq != number:
        findings.bad("chain.number", where, f"序号应为 {number}，实为 {fact.seq}")
    expected = before.commitment.hex() if before else None
    if fact.prev != expected:
        findings.bad("chain.previous", where, "prev 不是前一条存证的承诺值")
    if before and before.fact and fact.at < before.fact.at:
        findings.bad("chain.time", where, "时刻早于前一条存证")
