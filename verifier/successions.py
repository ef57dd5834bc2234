"""Keys of the platform that followed others: each statement is signed by both keys.

Trust in one of the two is trust in the other, so that from any key of a line all of it is known.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from verifier import signatures
from verifier.canonical import canonical, fields_of, instant, octets
from verifier.findings import Broken, Findings, Unreadable
from verifier.signatures import LOG, NoteKey

_DOMAIN = b"zhaobiao-key-succession/v1\n"
_TYPE = "key-succession/v1"
_KINDS = ("log", "receipt")
_LONGEST = 1_000
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "statement": dict,
    "old_signature": str,
    "new_signature": str,
}
_STATED: dict[str, type | tuple[type, ...]] = dict.fromkeys(
    ("type", "what", "origin", "old", "new", "at"), str
)


@dataclass(frozen=True)
class Succession:
    """`new` follows `old`; `what` they sign: the log, or receipts."""

    what: str
    origin: str
    old: bytes
    new: bytes


def told(text: str) -> list[Any]:
    """The statements in what `/api/v1/log` answered, or in a list of them. Raises Unreadable."""
    try:
        value = json.loads(text)
        rows = value["successions"] if isinstance(value, dict) else value
        if isinstance(rows, list):
            return rows
    except (ValueError, KeyError, RecursionError) as fault:
        raise Unreadable(f"无法读取密钥更换记录：{fault!r}") from fault
    raise Unreadable("密钥更换记录应为数组")


def check_successions(findings: Findings, rows: Sequence[Any], where: str) -> list[Succession]:
    """Those of which both signatures hold, or cannot be looked at; faults are noted."""
    if len(rows) > _LONGEST:
        raise Broken("succession.fields", "密钥更换记录过多")
    found = []
    for number, row in enumerate(rows, 1):
        each, answer = _read(row)
        findings.judge(
            answer,
            "key_successions",
            code="succession.signature",
            where=f"{where}#{number}",
            text="密钥更换记录没有新旧两把密钥的有效签名",
        )
        found += [each] if answer is not False else []
    return found


def line_of(
    key: bytes, successions: Iterable[Succession], what: str, origin: str | None
) -> set[bytes]:
    """This key and all that are joined to it, before and after; `origin` None: of any log."""
    joined = {key}
    links = [s for s in successions if s.what == what and origin in (None, s.origin)]
    while more := {
        other
        for each in links
        for one, other in ((each.old, each.new), (each.new, each.old))
        if one in joined and other not in joined
    }:
        joined |= more
    return joined


def log_keys(key: NoteKey, successions: Iterable[Succession]) -> tuple[NoteKey, ...]:
    """The same for a key of the log; itself first."""
    joined = line_of(key.public, successions, "log", key.name) - {key.public}
    return (key, *(NoteKey(key.name, LOG, public) for public in sorted(joined)))


def _read(row: Any) -> tuple[Succession, bool | None]:
    """The statement and whether both keys signed it; None without the library. Raises Broken."""
    fields = fields_of(row, _FIELDS)
    stated = fields_of(fields["statement"], _STATED)
    if stated["type"] != _TYPE or stated["what"] not in _KINDS:
        raise Broken("succession.fields", "不是密钥更换记录")
    instant(stated["at"])
    each = Succession(
        stated["what"], stated["origin"], octets(stated["old"], 32), octets(stated["new"], 32)
    )
    signed = _DOMAIN + canonical(stated)
    answers = [
        signatures.is_ed25519(each.old, octets(fields["old_signature"], 64), signed),
        signatures.is_ed25519(each.new, octets(fields["new_signature"], 64), signed),
    ]
    return each, None if None in answers else all(answers)
