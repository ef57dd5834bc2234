"""Files of a backup: encrypted by age to several people, whole or not there, by a stream.

What is encrypted can be opened by each of the recipients alone, and by nobody else; the machine
that makes backups holds no key that opens them.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyrage

from kernel.errors import Refusal
from storage.disk import flush

LEAST_RECIPIENTS = 2
_NO_KEY = "No matching keys"
Identities = Sequence[pyrage.x25519.Identity]


class BackupRefused(Refusal):
    """A backup was not made or not restored; what was there before is as it was."""


@dataclass(frozen=True)
class Plain:
    """What a sealed file holds: SHA-256 in hex and length of its content."""

    sha256: str
    bytes: int


def recipients_of(texts: Sequence[str]) -> list[str]:
    """The recipients, sorted, each once. Raises BackupRefused for fewer than two."""
    try:
        known = {str(pyrage.x25519.Recipient.from_str(text.strip())) for text in texts}
    except pyrage.RecipientError as fault:
        raise BackupRefused(
            "backup.no_recipient", "“--to”须为 age 公钥（age1…）：%(why)s。", why=str(fault)
        ) from fault
    if len(known) < LEAST_RECIPIENTS:
        # One key in one pair of hands: lost, the backup is lost; kept, it is one person's.
        raise BackupRefused("backup.one_recipient", "备份至少要加密给两个不同的收件人。")
    return sorted(known)


def identities_in(text: str) -> Identities:
    """The secret keys in a key file of age. Raises BackupRefused if there is none."""
    lines = [line.strip() for line in text.splitlines()]
    try:
        found = [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        ]
    except pyrage.IdentityError as fault:
        raise BackupRefused("backup.no_identity", "密钥文件不是 age 密钥文件。") from fault
    if not found:
        raise BackupRefused("backup.no_identity", "密钥文件里没有密钥。")
    return found


def seal(source: BinaryIO, place: Path, recipients: Sequence[str]) -> Plain:
    """Encrypt what can be read into a new file at this place."""
    keys = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{secrets.token_hex(8)}")
    counted = _Counted(source)
    try:
        with beside.open("xb") as file:
            pyrage.encrypt_io(counted, file, keys)
            flush(file)
        beside.replace(place)
    except pyrage.EncryptError as fault:
        raise BackupRefused(
            "backup.unreadable", "备份时无法读取内容：%(why)s。", why=str(fault)
        ) from fault
    finally:
        beside.unlink(missing_ok=True)
    return counted.plain()


def unseal(place: Path, target: BinaryIO, identities: Identities) -> Plain:
    """Decrypt a file into the target. Raises BackupRefused for a wrong key or altered bytes."""
    counted = _Counted(target)
    try:
        with place.open("rb") as file:
            pyrage.decrypt_io(file, counted, identities)
    except FileNotFoundError as fault:
        raise BackupRefused("backup.missing", "备份缺少“%(name)s”。", name=place.name) from fault
    except pyrage.DecryptError as fault:
        if _NO_KEY in str(fault):
            raise BackupRefused("backup.wrong_identity", "这把密钥打不开这份备份。") from fault
        raise altered(place.name) from fault
    except OSError as fault:
        if fault.errno is not None:  # the disk's own fault; age's faults have no number
            raise
        raise altered(place.name) from fault
    return counted.plain()


def altered(name: str) -> BackupRefused:
    """What is said of a file that is not what was backed up."""
    return BackupRefused("backup.altered", "备份中的“%(name)s”被改动过或已损坏。", name=name)


class _Counted:
    """A file that digests and counts what passes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self._size = file, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        return self._note(self._file.read(size))

    def write(self, chunk: bytes) -> int:
        return self._file.write(self._note(bytes(chunk)))

    def flush(self) -> None:
        self._file.flush()

    def plain(self) -> Plain:
        return Plain(self._digest.hexdigest(), self._size)

    def _note(self, chunk: bytes) -> bytes:
        self._digest.update(chunk)
        self._size += len(chunk)
        return chunk
