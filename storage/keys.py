"""Secrets that the program makes for itself once and keeps in files that only it may read."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from storage.disk import flush, flush_folder

_BYTES = 32


def kept_secret(folder: Path, name: str) -> bytes:
    """The 32 bytes kept under this name; made at the first call, whoever comes first."""
    path = folder / f"{name}.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_once(path, secrets.token_bytes(_BYTES))
    return path.read_bytes()


def signing_key(folder: Path, name: str) -> Ed25519PrivateKey:
    """The Ed25519 key kept under this name."""
    return Ed25519PrivateKey.from_private_bytes(kept_secret(folder, name))


def existing_key(folder: Path, name: str) -> Ed25519PrivateKey:
    """The Ed25519 key kept under this name; never makes one. Raises FileNotFoundError."""
    return Ed25519PrivateKey.from_private_bytes((folder / f"{name}.key").read_bytes())


def kept_ring(folder: Path, name: str) -> tuple[bytes, ...]:
    """The secret kept under this name, and behind it the one that it is just replacing."""
    current, old = kept_secret(folder, name), _old(folder, name)
    return (current, old.read_bytes()) if old.exists() else (current,)


def replace_secret(folder: Path, name: str) -> None:
    """Put a new secret in place of the one kept; that stays beside it until `forget_old`.

    Once on the disk when this returns. Doing it again before `forget_old` changes nothing, so
    that a replacement that was cut off is gone on with. Raises FileNotFoundError where none is
    kept: there is nothing that the new one could follow.
    """
    current = (folder / f"{name}.key").read_bytes()
    _write_once(_old(folder, name), current)
    if _old(folder, name).read_bytes() == current:
        path = folder / f"{name}.key"
        _beside(path, secrets.token_bytes(_BYTES)).replace(path)
    public = folder / f"{name}.pub"
    if public.exists():
        _beside(public, public_half(folder, name)).replace(public)
    flush_folder(folder)


def forget_old(folder: Path, name: str) -> None:
    """The replaced secret is needed no more."""
    _old(folder, name).unlink(missing_ok=True)


def _old(folder: Path, name: str) -> Path:
    return folder / f"{name}.old.key"


def public_half(folder: Path, name: str) -> bytes:
    """The public half (32 bytes) of the key kept under this name; never makes a key.

    Where the key itself is not kept, what `keep_public_half` put beside it elsewhere is read.
    Raises FileNotFoundError where neither is.
    """
    if (folder / f"{name}.key").exists():
        return existing_key(folder, name).public_key().public_bytes_raw()
    return (folder / f"{name}.pub").read_bytes()


def keep_public_half(folder: Path, name: str) -> None:
    """Put the public half beside its key, for machines that must not have the key."""
    path = folder / f"{name}.pub"
    if not path.exists():
        _write_once(path, public_half(folder, name))


def _write_once(path: Path, value: bytes) -> None:
    """Written beside and linked into place, so that nobody ever reads half a key."""
    beside = _beside(path, value)
    try:
        os.link(beside, path)
    except FileExistsError:  # another process was first: its key counts
        return
    finally:
        beside.unlink()


def _beside(path: Path, value: bytes) -> Path:
    """A file in the same folder that holds this, on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(value)
        flush(file)
    return beside
