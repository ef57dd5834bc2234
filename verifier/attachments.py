"""What a bundle carries beside the log: archives tied to a fact, files, trusted certificates."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verifier import merkle
from verifier.canonical import fields_of, octets, read_canonical
from verifier.findings import Broken, Findings
from verifier.streams import Leaf

_FILES = "files/"
_MEMBERS = ("checkpoint", "keys.json", "consistency.json", "archives.json", "trust.pem")
_CERTIFICATE = re.compile(
    rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----"
)


def is_known(name: str) -> bool:
    """Whether the format has such a member beside bundle.json and the streams."""
    return name in _MEMBERS or name.startswith(_FILES)


def check(
    findings: Findings,
    members: Mapping[str, bytes],
    streams: Mapping[str, Sequence[Leaf]],
    roots: bytes | None,
) -> list[bytes]:
    """Tie archives to their facts; return the certificates (DER) of the bundle's trust.pem."""
    tied = _check_archives(findings, members, streams)
    _tell_missing(findings, members, streams, tied)
    for name in sorted(name for name in members if name.startswith(_FILES) and name not in tied):
        findings.leave(f"{name}：没有与存证对应")
    certificates = read_certificates(members.get("trust.pem", b""))
    if roots is not None:
        _compare_roots(findings, certificates, read_certificates(roots))
    return certificates


def read_certificates(pem: bytes) -> list[bytes]:
    """The certificates (DER) of a PEM text, in order. Raises Broken."""
    return [
        base64_octets(b"".join(match[1].split()).decode()) for match in _CERTIFICATE.finditer(pem)
    ]


def base64_octets(text: Any) -> bytes:
    """Bytes of a base64 text. Raises Broken."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as fault:
        raise Broken("json.base64", "应为 base64 文字") from fault


def _check_archives(
    findings: Findings, members: Mapping[str, bytes], streams: Mapping[str, Sequence[Leaf]]
) -> set[str]:
    if "archives.json" not in members:
        return set()
    facts = {leaf.commitment: leaf.fact for leaves in streams.values() for leaf in leaves}
    tied = set()
    rows = read_canonical(members["archives.json"])
    for row in rows if isinstance(rows, list) else []:
        fields = fields_of(row, {"file": str, "sha256": str, "commitment": str})
        name, digest = fields["file"], octets(fields["sha256"], 32).hex()
        fact = facts.get(octets(fields["commitment"], merkle.HASH_BYTES))
        if name not in members or hashlib.sha256(members[name]).hexdigest() != digest:
            findings.bad("archive.digest", name, "文件与 archives.json 所载摘要不符")
        elif fact is None:
            findings.leave(f"{name}：其存证未公开，未核对摘要")
        elif digest not in _texts(fact.data):
            findings.bad("archive.not_in_fact", name, "存证中没有该文件的摘要")
        else:
            findings.checked["archives"] += 1
            findings.leave(f"{name}：文件内的签名请用 flask evaluation verify 核验")
            tied.add(name)
    return tied


def _tell_missing(
    findings: Findings,
    members: Mapping[str, bytes],
    streams: Mapping[str, Sequence[Leaf]],
    tied: set[str],
) -> None:
    """Reports that the log names and the bundle does not hold."""
    held = {hashlib.sha256(members[name]).hexdigest() for name in tied}
    for name, leaves in streams.items():
        for fact in (leaf.fact for leaf in leaves if leaf.fact):
            if fact.kind == "report.archived" and fact.data.get("sha256") not in held:
                findings.leave(f"{name}：存证所载的评标报告不在证据包中，只有其摘要")


def _compare_roots(findings: Findings, own: list[bytes], given: list[bytes]) -> None:
    if not given:
        findings.bad("trust.unreadable", "--trust", "给出的文件中没有证书")
    elif not own:
        findings.leave("证据包没有 trust.pem，给出的信任根未用到")
    elif not set(own) <= set(given):
        findings.bad("trust.other_root", "trust.pem", "证据包的信任根不在您给出的之中")
    else:
        findings.checked["trusted_roots"] += len(own)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
