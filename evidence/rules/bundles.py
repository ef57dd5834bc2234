"""What stands in an evidence bundle, byte by byte (docs/bundle.md); who may have it is not asked.

Everything is canonical JSON and stored uncompressed with one date, so that a bundle's bytes
follow from its content. The platform signs the list of members with its receipt key: whoever
leaves out the end of a stream needs that key, and a platform that does it has signed it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence.rules.streams import canonical
from kernel.errors import InvalidInput

FORMAT = "zhaobiao-bundle/v1"
AUDIENCES = ("public", "party", "regulator", "operator")
_DOMAIN = b"zhaobiao-bundle/v1\n"
_ATTACHED = re.compile(r"archives\.json|trust\.pem|files/[A-Za-z0-9][A-Za-z0-9._-]{0,119}")


@dataclass(frozen=True)
class Stored:
    """A member that is never held in memory: its SHA-256 is known, `reader` gives its bytes."""

    sha256: str
    reader: Callable[[], BinaryIO]


Content = bytes | Stored


@dataclass(frozen=True)
class Leaf:
    """A fact with its place; without `body` and `salt` it is withheld and only its leaf shows."""

    commitment: bytes
    index: int
    proof: tuple[bytes, ...]
    body: str | None = None
    salt: bytes | None = None


@dataclass(frozen=True)
class StreamPart:
    """A stream from its first fact on. `whole`: all streams below its name are here too."""

    name: str
    leaves: tuple[Leaf, ...]
    whole: bool


@dataclass(frozen=True)
class Scope:
    """What a bundle is about: kind `stream` or `tender`, its name or code, and for whom."""

    kind: str
    subject: str
    audience: str


@dataclass(frozen=True)
class Head:
    """The checkpoint (a signed note) that everything in the bundle stands under."""

    origin: str
    size: int
    note: str


def leaf_object(leaf: Leaf) -> dict[str, Any]:
    """One line of a stream's file."""
    place = {
        "commitment": leaf.commitment.hex(),
        "index": leaf.index,
        "proof": [value.hex() for value in leaf.proof],
    }
    if leaf.body is None or leaf.salt is None:
        return {"withheld": True, **place}
    return {"fact": leaf.body, "salt": leaf.salt.hex(), **place}


def stream_file(leaves: Iterable[Leaf]) -> bytes:
    """A stream's file: one canonical line a fact, in the order of their numbers."""
    return b"".join(canonical(leaf_object(leaf)) + b"\n" for leaf in leaves)


def members_of(
    scope: Scope,
    head: Head,
    streams: Sequence[StreamPart],
    *,
    others: Mapping[str, Content],
    key: Ed25519PrivateKey,
) -> dict[str, Content]:
    """All members in the order of the archive; `others` are those beside the streams."""
    files: dict[str, Content] = {"checkpoint": head.note.encode()}
    listed = []
    for number, stream in enumerate(streams, 1):
        name = f"streams/{number:03d}.jsonl"
        files[name] = stream_file(stream.leaves)
        listed.append(
            {
                "name": stream.name,
                "file": name,
                "facts": len(stream.leaves),
                "whole": stream.whole,
            }
        )
    files |= others
    described = {
        "format": FORMAT,
        "scope": scope.kind,
        "subject": scope.subject,
        "audience": scope.audience,
        "origin": head.origin,
        "tree_size": head.size,
        "streams": listed,
        "files": {name: digest_of(content) for name, content in files.items()},
    }
    return {"bundle.json": signed_manifest(described, key), **files}


def digest_of(content: Content) -> str:
    """SHA-256 of a member in hex."""
    return content.sha256 if isinstance(content, Stored) else hashlib.sha256(content).hexdigest()


def signed_manifest(described: Mapping[str, Any], key: Ed25519PrivateKey) -> bytes:
    """`bundle.json`: the description with the platform's signature over its canonical form."""
    signature = key.sign(_DOMAIN + canonical(described))
    return canonical({**described, "signature": signature.hex()})


def refuse_unknown_attachments(names: Iterable[str]) -> None:
    """Raise InvalidInput unless every name is one that docs/bundle.md knows."""
    for name in names:
        if not _ATTACHED.fullmatch(name):
            raise InvalidInput(
                "bundle.member_name", "证据包中不能有名为“%(name)s”的文件。", name=name[:120]
            )
