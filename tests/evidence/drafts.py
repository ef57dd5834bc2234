"""The last revision of a signed file taken apart, changed as an attacker likes, and signed anew.

A signer's own program may be hostile: what it writes in the very revision that it signs is covered
by its signature, so only the comparison with the signatures before it can tell.
"""

import asyncio
import dataclasses
import hashlib
import re

from asn1crypto import cms

from evidence.rules.signing import sign_attributes
from tests.evidence.signed_papers import timestamper

_END = b"%%EOF\n"
_OBJECT = re.compile(rb"(\d+) 0 obj\n.*?\nendobj\n", re.DOTALL)
_TRAILER = re.compile(rb"/Info (\d+) 0 R\n/Root (\d+) 0 R\n/Size (\d+)\n(/ID \[.*?\])\n/Prev (\d+)")
_HOLE = re.compile(rb"/Contents (<([0-9a-fA-F]{1000,})>)")
_RANGE = re.compile(rb"/ByteRange \[[\d ]*\] *")


@dataclasses.dataclass
class Draft:
    """A revision before it is written: objects in order, and what the trailer says."""

    prefix: bytes
    texts: dict[int, bytes]
    info: int
    root: int
    size: int
    ids: bytes
    prev: int
    entries: dict[int, tuple[int, int, int]] = dataclasses.field(default_factory=dict)
    between: bytes = b""
    behind: bytes = b""
    more: bytes = b""
    twice: tuple[int, tuple[int, int, int]] | None = None

    def add(self, body: bytes, number: int | None = None) -> int:
        """Put an object in, new or in the place of an old one; its number."""
        if number is None:
            number, self.size = self.size, self.size + 1
        self.texts[number] = b"%d 0 obj\n%b\nendobj\n" % (number, body)
        return number

    def replace(self, number: int, old: bytes, new: bytes) -> None:
        assert old in self.texts[number]
        self.texts[number] = self.texts[number].replace(old, new)

    def number_with(self, text: bytes) -> int:
        return next(number for number, body in self.texts.items() if text in body)


def draft(pdf: bytes) -> Draft:
    """The last revision of the file, taken apart."""
    begin = pdf.rindex(_END, 0, len(pdf) - len(_END)) + len(_END)
    texts = {int(found[1]): found[0] for found in _OBJECT.finditer(pdf, begin)}
    xref = texts.pop(max(texts))
    info, root, size, ids, prev = _TRAILER.search(xref).groups()
    return Draft(pdf[:begin], texts, int(info), int(root), int(size) - 1, ids, int(prev))


def signed(plan: Draft, key=None, change=lambda data: None) -> bytes:
    """The file written and signed again: with the key, or by the time-stamp authority.

    `change(data)` may alter the signed data before the value is made.
    """
    pdf = _written(plan)
    hole = list(_HOLE.finditer(pdf))[-1]
    first, second = hole.span(1)
    span = list(_RANGE.finditer(pdf, len(plan.prefix)))[-1]
    numbers = b"/ByteRange [0 %d %d %d]" % (first, second, len(pdf) - second)
    pdf = pdf[: span.start()] + numbers.ljust(len(span[0])) + pdf[span.end() :]
    digest = hashlib.sha256(pdf[:first] + pdf[second:]).digest()
    value = _value(bytes.fromhex(hole[2].decode()), digest, key, change)
    return pdf[: first + 1] + value.hex().encode().ljust(len(hole[2]), b"0") + pdf[second - 1 :]


def _value(old: bytes, digest: bytes, key, change) -> bytes:
    if key is None:
        return asyncio.run(timestamper().async_timestamp(digest, "sha256")).dump()
    info = cms.ContentInfo.load(old)
    signer = info["content"]["signer_infos"][0]
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "message_digest":
            attribute["values"] = [digest]
    signer["unsigned_attrs"] = None
    change(info["content"])
    signer["signature"] = sign_attributes(key, signer["signed_attrs"].untag().dump(force=True))
    return info.dump(force=True)


def _written(plan: Draft) -> bytes:
    pdf, entries = plan.prefix, {0: (0, 0, 65535)}
    for number, text in plan.texts.items():
        entries[number] = (1, len(pdf), 0)
        pdf += text + plan.between
    entries |= {plan.size: (1, len(pdf), 0), **plan.entries}
    rows = sorted([*entries.items(), *([plan.twice] if plan.twice else [])])
    table = b"".join(
        bytes([kind]) + place.to_bytes(8, "big") + last.to_bytes(2, "big")
        for _, (kind, place, last) in rows
    )
    index = b" ".join(b"%d 1" % number for number, _ in rows)
    xref = (
        b"%d 0 obj\n<<\n/W [ 1 8 2 ]\n/Type /XRef\n/Info %d 0 R\n/Root %d 0 R\n/Size %d\n%b\n"
        b"/Prev %d\n/Index [ %b ]\n%b/Length %d\n>>\nstream\n%b\nendstream\nendobj\n"
        % (
            *(plan.size, plan.info, plan.root, plan.size + 1, plan.ids),
            *(plan.prev, index, plan.more, len(table), table),
        )
    )
    return pdf + xref + plan.behind + b"\nstartxref\n%d\n%%%%EOF\n" % len(pdf)
