"""Statements that people signed with keys which they enrolled in the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier import signatures
from verifier.canonical import read_canonical
from verifier.findings import Broken, Findings
from verifier.streams import Fact


@dataclass(frozen=True)
class EnrolledKey:
    """A statement key as its enrolment has it: public half (SPKI) and owner."""

    spki: bytes
    owner: str


@dataclass(frozen=True)
class Kind:
    """One kind of statement: the code of its faults, its name, what is counted, its key's field."""

    code: str
    name: str
    counted: str
    key: str = "key"


def read_statement(fact: Fact, kind: Kind, names: Sequence[str] = ()) -> dict[str, Any]:
    """The signed statement of a fact that also has these texts. Raises Broken."""
    for name in (*names, "statement", "signature", kind.key):
        if not isinstance(fact.data.get(name), str):
            raise Broken(f"{kind.code}.fields", f"缺少 {name}")
    try:
        bytes.fromhex(fact.data["signature"])
    except ValueError as fault:
        raise Broken(f"{kind.code}.fields", "签名不是十六进制") from fault
    value = read_canonical(fact.data["statement"].encode())
    if not isinstance(value, dict):
        raise Broken(f"{kind.code}.fields", "声明不是对象")
    return value


def check_signature(
    findings: Findings, keys: Mapping[str, EnrolledKey], fact: Fact, kind: Kind, where: str
) -> None:
    """Judge the signature of a statement that was read: by a key that its signer enrolled."""
    key = keys.get(fact.data[kind.key])
    if key is None or key.owner != fact.actor:
        text = f"{kind.name}的密钥没有登记存证，或属于他人"
        findings.bad(f"{kind.code}.key", where, text)
        return
    answer = signatures.is_p256(
        key.spki, bytes.fromhex(fact.data["signature"]), fact.data["statement"].encode()
    )
    findings.judge(
        answer,
        kind.counted,
        code=f"{kind.code}.signature",
        where=where,
        text=f"{kind.name}的签名不是该密钥所签",
    )
