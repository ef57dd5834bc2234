"""Opening sealed envelopes: decrypt, check every digest, read the manifest, keep the files.

Heavy work, run by the worker between two doors and never inside a transaction. A failure of any
check is a finding about this bid and never a repair; the others go on.
Source: 电子招标投标办法 第30条、第31条; security.md A.1 (8).
"""

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

import pyrage

from evidence.rules.sealing import HEADER_BYTES, header_problems
from kernel.errors import InvalidInput
from kernel.text import shown
from storage.vault import Vault
from trading.rules.bidding import Envelope
from trading.rules.opening import (
    FINDING_LIMIT,
    MANIFEST_LIMIT,
    Manifest,
    Outcome,
    SealedBid,
    Unsealed,
    read_manifest,
)

MANIFEST = "manifest.json"
_FILE_LIMIT = 2 << 30
_CHUNK = 1 << 20
# What tarfile raises at headers that lie; never OSError, for a full disk is no fault of a bidder.
_BROKEN_TAR = (tarfile.TarError, ValueError, LookupError, ArithmeticError, RecursionError)


def released_identities(blob: bytes, opening_identities: Sequence[str]) -> dict[str, str]:
    """Envelope name → age identity, as the bidder released them. Raises InvalidInput."""
    keys = [pyrage.x25519.Identity.from_str(text) for text in opening_identities]
    try:
        value = json.loads(pyrage.decrypt(blob, keys))
    except (pyrage.DecryptError, ValueError, RecursionError) as fault:
        raise InvalidInput("release.unreadable", "释放的密钥无法解读。", field="release") from fault
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise InvalidInput("release.unreadable", "释放的密钥无法解读。", field="release")
    return {str(name): text for name, text in value.items()}


def fits(identities: Mapping[str, str], envelopes: Sequence[Envelope]) -> bool:
    """Whether there is exactly the identity of every envelope's seal."""
    if set(identities) != {envelope.name for envelope in envelopes}:
        return False
    return all(_seal_of(identities[envelope.name]) == envelope.seal for envelope in envelopes)


def unseal(bid: SealedBid, opening_identities: Sequence[str], vault: Vault) -> Unsealed:
    """Open one bid. Never raises for what a bidder did: that is an outcome."""
    if bid.release is None:
        return Unsealed(bid.receipt, Outcome.NOT_RELEASED, "解密时间内没有释放密钥")
    try:
        identities = released_identities(bid.release, opening_identities)
    except InvalidInput as fault:
        return Unsealed(bid.receipt, Outcome.WRONG_RELEASE, str(fault.problems[0]))
    if not fits(identities, bid.envelopes):
        return Unsealed(bid.receipt, Outcome.WRONG_RELEASE, "释放的密钥与封签不符")
    try:
        return _open_envelopes(bid, identities, vault)
    except InvalidInput as fault:
        found = shown(str(fault.problems[0]), FINDING_LIMIT)
        return Unsealed(bid.receipt, Outcome.UNREADABLE, found)


def _open_envelopes(bid: SealedBid, identities: Mapping[str, str], vault: Vault) -> Unsealed:
    """The first envelope carries the form; every file of every envelope is kept."""
    manifests, kept = [], {}
    for envelope in bid.envelopes:
        with tempfile.TemporaryFile() as plain:
            _decrypt(envelope, bid.parts[envelope.name], identities[envelope.name], vault, plain)
            manifest, files = _unpack(envelope, plain, vault)
        manifests.append(manifest)
        kept.update({f"{envelope.name}/{name}": place for name, place in files.items()})
    return Unsealed(bid.receipt, Outcome.OPENED, "", manifests[0], kept)


def _decrypt(
    envelope: Envelope, parts: Sequence[str], identity: str, vault: Vault, plain: BinaryIO
) -> None:
    with tempfile.TemporaryFile() as sealed:
        for stated, digest in zip(envelope.parts_sha256, parts, strict=True):
            _copy_checked(vault, digest, stated, sealed)
        sealed.seek(0)
        if header_problems(sealed.read(HEADER_BYTES)):
            raise _unreadable("不是一个收件人的 age 文件")
        sealed.seek(0)
        target = _Target(plain)
        try:
            pyrage.decrypt_io(sealed, target, [pyrage.x25519.Identity.from_str(identity)])
        except (pyrage.DecryptError, OSError) as fault:
            if target.fault is not None:  # a full disk is no fault of a bidder
                raise target.fault from fault
            raise _unreadable("密文未通过完整性检验") from fault
    plain.seek(0)


class _Target:
    """Where the plain text goes; a broken text and a broken disk are both told as OSError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.fault: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._file.write(content)
        except OSError as fault:
            self.fault = fault
            raise

    def flush(self) -> None:
        self._file.flush()


def _copy_checked(vault: Vault, digest: str, stated: str, target: BinaryIO) -> None:
    seen = hashlib.sha256()
    for chunk in vault.chunks([digest]):
        seen.update(chunk)
        target.write(chunk)
    if seen.hexdigest() != stated:
        raise _unreadable("存储的密文与声明的摘要不符")


def _unpack(
    envelope: Envelope, plain: BinaryIO, vault: Vault
) -> tuple[Manifest, dict[str, tuple[int, str]]]:
    try:
        with tarfile.open(fileobj=plain, mode="r:") as archive:
            members = _members(archive)
            raw = next(members, (None, b""))
            if raw[0] != MANIFEST or not isinstance(raw[1], bytes):
                raise _unreadable("第一个文件应为 manifest.json")
            if hashlib.sha256(raw[1]).hexdigest() != envelope.manifest_sha256:
                raise _unreadable("清单与声明的摘要不符")
            manifest = read_manifest(raw[1])
            return manifest, _keep_files(manifest, members, vault)
    except _BROKEN_TAR as fault:
        raise _unreadable("内容不是可读的打包文件") from fault


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, "bytes | BinaryIO"]]:
    for number, member in enumerate(archive):
        if not member.isreg() or member.issparse() or member.size > _FILE_LIMIT:
            raise _unreadable(f"“{member.name[:80]}”不是普通文件")
        source = archive.extractfile(member)
        assert source is not None  # noqa: S101 (regular files have contents)
        if number == 0:
            yield member.name, source.read(MANIFEST_LIMIT + 1)
        else:
            yield member.name, source  # type: ignore[misc]


def _keep_files(
    manifest: Manifest, members: Iterator[tuple[str, "bytes | BinaryIO"]], vault: Vault
) -> dict[str, tuple[int, str]]:
    kept = {}
    for name, source in members:
        if name not in manifest.files or name in kept:
            raise _unreadable(f"清单中没有“{name[:80]}”")
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        digest, size = vault.put(stream, limit=_FILE_LIMIT)
        if (size, digest) != manifest.files[name]:
            raise _unreadable(f"“{name[:80]}”与清单不符")
        kept[name] = (size, digest)
    if set(kept) != set(manifest.files):
        raise _unreadable("缺少清单所列的文件")
    return kept


def _seal_of(identity: str) -> str:
    try:
        return str(pyrage.x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError:
        return ""


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput("bid.unreadable", "%(why)s。", "电子招标投标办法 第31条", why=why)
