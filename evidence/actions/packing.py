"""Writes an evidence bundle as a ZIP whose bytes follow from its members alone.

Members stand uncompressed, in the order given, with one date (docs/bundle.md). Stored files go
through in pieces and must still have the digest that the bundle states of them.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from evidence.rules.bundles import Content, Stored
from kernel.errors import Refusal

_DATE = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


def write_archive(out: BinaryIO, members: Mapping[str, Content]) -> None:
    """Write the members in this order. Raises Refusal when a stored file has other bytes."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            with archive.open(entry, "w") as member:
                for chunk in _chunks(name, content):
                    member.write(chunk)


def _chunks(name: str, content: Content) -> Iterator[bytes]:
    if not isinstance(content, Stored):
        yield content
        return
    seen = hashlib.sha256()
    with content.reader() as file:
        while chunk := file.read(_CHUNK):
            seen.update(chunk)
            yield chunk
    if seen.hexdigest() != content.sha256:
        raise Refusal(
            "bundle.damaged_file", "存储的文件“%(name)s”已损坏，不能放入证据包。", name=name
        )
