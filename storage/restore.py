"""Restores a backup into an empty place, and gives nothing away that is not what was backed up.

Everything is put together beside the target and moved there when it is whole. The key that opens
the parts shows that they are unaltered, not who made them: whoever can write to the folder could
put another backup there. Against that stand the manifest's digest, which `flask storage backup`
prints for the protocol, and the log's head, which witnesses keep too.
"""

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from storage.backup import DATABASE, FOLDERS, FORMAT, MANIFEST, Head, place_of
from storage.dumps import load, read_from, refuse_filled
from storage.sealed import BackupRefused, Identities, Plain, altered, unseal
from storage.vault import Vault, path_of


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    folder: Path
    sha256: str
    engine: str
    head: Head | None
    parts: Mapping[str, Plain]
    files: Sequence[str]


@dataclass(frozen=True)
class Target:
    """Where to: a folder; for PostgreSQL an empty database; for S3 an empty vault."""

    into: Path
    database_url: str | None = None
    vault: Vault | None = None


def newest(out: Path, made: str | None = None) -> Manifest:
    """The newest whole backup of a folder, or the one made then. Raises BackupRefused."""
    found = sorted(path.parent for path in out.glob(f"{made or '*'}/{MANIFEST}"))
    if not found:
        raise BackupRefused("backup.none", "“%(out)s”中没有完整的备份。", out=str(out))
    return _manifest_of(found[-1])


def restore(
    manifest: Manifest,
    target: Target,
    identities: Identities,
    *,
    head_of: Callable[[Session], Head | None],
) -> None:
    """Restore and compare the log's head. Raises BackupRefused; the target is as it was then.

    Only a database server or bucket that was named may have been filled by then.
    """
    _refuse_filled(manifest, target)
    partial = target.into.with_name(f"{target.into.name}.partial")
    partial.mkdir(parents=True, mode=0o700)
    try:
        _restore_files(manifest, target.vault or Vault(partial / "files"), partial, identities)
        _restore_folders(manifest, partial, identities)
        _restore_database(manifest, target, partial, identities, head_of)
        if target.into.exists():
            target.into.rmdir()
        partial.rename(target.into)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def address(target: Target, folder: Path) -> sa.URL:
    """Where the database of this target is, while it is put together in this folder."""
    return sa.make_url(target.database_url or f"sqlite:///{folder / 'zhaobiao.db'}")


def _manifest_of(folder: Path) -> Manifest:
    content = (folder / MANIFEST).read_bytes()
    try:
        read: dict[str, Any] = json.loads(content)
        if read["format"] != FORMAT:
            raise ValueError(read["format"])
        return Manifest(
            folder,
            hashlib.sha256(content).hexdigest(),
            read["engine"],
            read["head"],
            {name: Plain(**plain) for name, plain in read["parts"].items()},
            [digest for digest in read["files"] if path_of(digest)],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise altered(MANIFEST) from fault


def _refuse_filled(manifest: Manifest, target: Target) -> None:
    url = address(target, target.into)
    if url.get_backend_name() != manifest.engine:
        raise BackupRefused(
            "backup.other_engine",
            "备份来自 %(engine)s，请用 --database 指定同类的空数据库。",
            engine=manifest.engine,
        )
    partial = target.into.with_name(f"{target.into.name}.partial")
    if partial.exists() or (target.into.exists() and any(target.into.iterdir())):
        raise BackupRefused("backup.not_empty", "“%(into)s”不是空的。", into=str(target.into))
    refuse_filled(url)
    if target.vault and next(target.vault.digests(), None):
        raise BackupRefused("backup.vault_not_empty", "目标存储桶不是空的。")


def _restore_files(manifest: Manifest, vault: Vault, scratch: Path, identities: Identities) -> None:
    out = manifest.folder.parent
    for digest in manifest.files:
        with tempfile.TemporaryFile(dir=scratch) as plain:
            known = unseal(place_of(out, digest), _binary(plain), identities)
            if known.sha256 != digest:
                raise altered(digest)
            plain.seek(0)
            vault.put(_binary(plain), limit=known.bytes)


def _restore_folders(manifest: Manifest, partial: Path, identities: Identities) -> None:
    with tempfile.TemporaryFile(dir=partial) as packed:
        _unseal_part(manifest, FOLDERS, _binary(packed), identities)
        packed.seek(0)
        try:
            with tarfile.open(fileobj=packed, mode="r:") as archive:
                archive.extractall(partial, filter="data")
        except tarfile.TarError as fault:
            raise altered(FOLDERS) from fault
    for folder in partial.iterdir():
        if folder.is_dir():
            folder.chmod(0o700)


def _restore_database(
    manifest: Manifest,
    target: Target,
    partial: Path,
    identities: Identities,
    head_of: Callable[[Session], Head | None],
) -> None:
    copy, url = partial / ".database", address(target, partial)
    with copy.open("xb") as file:
        _unseal_part(manifest, DATABASE, file, identities)
    load(copy, url)
    copy.unlink(missing_ok=True)
    if read_from(url, head_of) != manifest.head:
        raise BackupRefused("backup.other_head", "恢复出的日志头与备份清单不一致。")


def _unseal_part(manifest: Manifest, name: str, target: BinaryIO, identities: Identities) -> None:
    if unseal(manifest.folder / name, target, identities) != manifest.parts.get(name):
        raise altered(name)
    target.flush()


def _binary(file: Any) -> BinaryIO:
    return cast("BinaryIO", file)
