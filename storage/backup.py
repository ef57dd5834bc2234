"""Makes a backup: the database of one moment, the program's keys, and every stored file.

    DIR/recipients              who can open it, a line each; the same for all backups in a folder
    DIR/files/ab/cdef….age      a stored file by the digest of its content; made once, kept
    DIR/20260901T020000Z/       one backup: database.age, folders.tar.age, and, last, manifest.json

The database is copied first: whatever a row speaks of was stored before it, and nothing stored is
ever removed, so the files that are found afterwards are all that the copy needs.
"""

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy.orm import Session

from storage.database import Database
from storage.disk import flush
from storage.dumps import dump
from storage.sealed import BackupRefused, Plain, seal
from storage.vault import Vault, path_of

FORMAT = "zhaobiao-backup/v1"
MANIFEST = "manifest.json"
RECIPIENTS = "recipients"
DATABASE, FOLDERS = "database.age", "folders.tar.age"
Head = Mapping[str, Any]


@dataclass(frozen=True)
class Installed:
    """What there is to back up. `folders`: name in the backup → folder; `scratch`: for copies."""

    database: Database
    vault: Vault
    folders: Mapping[str, Path]
    scratch: Path


@dataclass(frozen=True)
class Made:
    """A backup that was made: its folder, its manifest's SHA-256, files in all and new ones."""

    folder: Path
    manifest_sha256: str
    files: int
    new_files: int


def back_up(
    installed: Installed,
    out: Path,
    recipients: Sequence[str],
    *,
    now: datetime,
    head_of: Callable[[Session], Head | None],
) -> Made:
    """Add a backup to this folder. `head_of` tells the log's head, as the copy has it.

    Raises BackupRefused; of a refused one nothing is left but stored files, which the next needs.
    """
    keep_recipients(out, recipients)
    folder = out / f"{now:%Y%m%dT%H%M%SZ}"
    if folder.exists():
        raise BackupRefused("backup.twice", "这一秒已经有一份备份，请再试一次。")
    try:
        return _made(installed, folder, recipients, now, head_of)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def keep_recipients(out: Path, recipients: Sequence[str]) -> None:
    """Hold on to whom the files here are encrypted for: each of them opens all or nothing."""
    place, text = out / RECIPIENTS, "".join(f"{each}\n" for each in recipients)
    if place.exists():
        if place.read_text("utf-8") != text:
            raise BackupRefused(
                "backup.other_recipients",
                "这个文件夹里的备份是加密给其他收件人的，请换一个空文件夹。",
            )
        return
    if out.exists() and any(out.iterdir()):
        raise BackupRefused(
            "backup.not_ours", "“%(out)s”不是备份文件夹，也不是空的。", out=str(out)
        )
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    place.write_text(text, "utf-8")


def _made(
    installed: Installed,
    folder: Path,
    recipients: Sequence[str],
    now: datetime,
    head_of: Callable[[Session], Head | None],
) -> Made:
    with dump(installed.database, installed.scratch, head_of) as (copy, head):
        parts = {DATABASE: seal(copy, folder / DATABASE, recipients)}
    parts[FOLDERS] = _seal_folders(installed, folder / FOLDERS, recipients)
    files = list(installed.vault.digests())
    new = [each for each in files if _keep_file(installed.vault, each, folder.parent, recipients)]
    described = _described(installed.database, parts, files, head, now)
    return Made(folder, _written(folder / MANIFEST, described), len(files), len(new))


def place_of(out: Path, digest: str) -> Path:
    """Where a stored file lies in a folder of backups."""
    return out / "files" / f"{path_of(digest)}.age"


def _keep_file(vault: Vault, digest: str, out: Path, recipients: Sequence[str]) -> bool:
    """Whether the file was new here. One that is not what its name says is not taken."""
    place = place_of(out, digest)
    if place.exists():
        return False
    with vault.open(digest) as file:
        plain = seal(file, place, recipients)
    if plain.sha256 != digest:
        place.unlink()
        raise BackupRefused(
            "backup.damaged_file", "存储的文件 %(digest)s 与其摘要不符。", digest=digest
        )
    return True


def _seal_folders(installed: Installed, place: Path, recipients: Sequence[str]) -> Plain:
    with tempfile.TemporaryFile(dir=installed.scratch) as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, folder in sorted(installed.folders.items()):
                if folder.is_dir():
                    archive.add(folder, name)
        packed.seek(0)
        return seal(cast("Any", packed), place, recipients)


def _described(
    database: Database,
    parts: Mapping[str, Plain],
    files: Sequence[str],
    head: Head | None,
    now: datetime,
) -> dict[str, object]:
    return {
        "format": FORMAT,
        "made_at": now.isoformat(timespec="seconds"),
        "engine": database.url.get_backend_name(),
        "head": head,
        "parts": {name: asdict(plain) for name, plain in parts.items()},
        "files": files,
    }


def _written(place: Path, described: Mapping[str, object]) -> str:
    """Written beside and moved into place: a backup with a manifest is whole. Its SHA-256."""
    content = json.dumps(described, ensure_ascii=False, indent=1).encode()
    beside = place.with_name(f".{place.name}")
    with beside.open("wb") as file:
        file.write(content)
        flush(file)
    beside.replace(place)
    return hashlib.sha256(content).hexdigest()
