"""Files stored by their SHA-256: written streaming, never overwritten, never named by a user.

A file that no row speaks of (its transaction failed) is harmless and can be swept later.
"""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from kernel.errors import InvalidInput
from storage.database import full
from storage.disk import flush, flush_folder

_CHUNK = 1 << 18
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DIGEST = re.compile(r"[0-9a-f]{64}")


Chunk = bytes | memoryview


class Readable(Protocol):
    """What a vault takes bytes from."""

    def read(self, size: int, /) -> Chunk:
        """At most so many bytes; none at the end. They hold until the next read."""


class Vault:
    """A folder of files by digest, two levels deep. On S3: storage/vault_s3.py."""

    def __init__(self, folder: Path) -> None:
        """Makes nothing until the first file comes."""
        self._folder = folder

    def put(self, source: Readable, *, limit: int) -> tuple[str, int]:
        """Store what can be read; return (digest in hex, bytes). Above `limit`: InvalidInput.

        Raises Busy when there is no room left; nothing is kept then.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = self._folder / f".{os.getpid()}.{secrets.token_hex(8)}"
        digest, size = hashlib.sha256(), 0
        try:
            with beside.open("xb") as file:
                while chunk := source.read(min(_CHUNK, limit - size + 1)):
                    size += len(chunk)
                    if size > limit:
                        raise _too_large(limit)
                    digest.update(chunk)
                    file.write(chunk)
                flush(file)
            self._keep(beside, digest.hexdigest())
        except OSError as fault:
            if fault.errno in _NO_ROOM:
                raise full() from fault
            raise
        finally:
            beside.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def open(self, digest: str) -> BinaryIO:
        """The file with this digest; it can be sought. Raises FileNotFoundError."""
        return self._path(digest).open("rb")

    def read(self, digest: str) -> bytes:
        """All of a small file."""
        with self.open(digest) as file:
            return file.read()

    def chunks(self, digests: list[str]) -> Iterator[bytes]:
        """The bytes of several files after one another, piece by piece."""
        for digest in digests:
            with self.open(digest) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk

    def digests(self) -> Iterator[str]:
        """Every digest that is kept, in order."""
        for place in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            yield place.parent.name + place.name

    def _keep(self, beside: Path, digest: str) -> None:
        place = self._path(digest)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            beside.replace(place)
        # A receipt must not outlive its file: the name reaches the disk as the bytes did.
        for folder in (place.parent, self._folder):
            flush_folder(folder)

    def _path(self, digest: str) -> Path:
        return self._folder / path_of(digest)


def path_of(digest: str) -> str:
    """Where a file lies in its folder or bucket. Raises ValueError for what is no digest."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError("not a digest")
    return f"{digest[:2]}/{digest[2:]}"


def _too_large(limit: int) -> InvalidInput:
    return InvalidInput("file.too_large", "文件超过 %(limit)s 字节。", field="body", limit=limit)
