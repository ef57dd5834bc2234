"""What a bidder does: pack files, seal them, upload in parts, submit, replace, withdraw, release.

The key of a bid is written to the key folder before anything is sent.
"""

import base64
import hashlib
import io
import json
import secrets
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

from client.guarantee import preimage_of
from client.keys import KeyFolder
from client.session import Platform, Refused

PART = 8 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Form:
    """What is read out at the opening; the price in yuan with at most two decimals."""

    price: str
    period_days: int
    quality: str


def submit(
    platform: Platform,
    keys: KeyFolder,
    lot: str,
    form: Form,
    files: Mapping[str, Path],
    *,
    replaces: str | None = None,
) -> dict[str, Any]:
    """Seal and submit a bid; returns the receipt and keeps it in the key folder.

    A guarantee ordered before (client.guarantee) goes into the manifest.
    """
    seal = keys.new_seal()
    with tempfile.TemporaryFile() as plain, tempfile.TemporaryFile() as sealed:
        manifest_sha256 = pack(plain, form, files, guarantee=preimage_of(platform, keys, lot))
        plain.seek(0)
        pyrage.encrypt_io(plain, sealed, [pyrage.x25519.Recipient.from_str(seal)])
        size = sealed.tell()
        sealed.seek(0)
        upload, parts = upload_parts(platform, lot, sealed, size)
    envelope = {
        "name": "bid",
        "seal": seal,
        "bytes": size,
        "parts_sha256": parts,
        "manifest_sha256": manifest_sha256,
    }
    statement = _statement(platform, "bid-submission/v1", lot) | {
        "envelopes": [envelope],
        "escrow_sha256": None,
        "replaces": replaces,
    }
    body = keys.signed(statement) | {"uploads": {"bid": upload}}
    receipt: dict[str, Any] = platform.post(f"/lots/{lot}/bids", body)
    keys.remember(f"receipt-{lot}", {"receipt": receipt, "seals": {"bid": seal}})
    return receipt


def withdraw(platform: Platform, keys: KeyFolder, lot: str) -> dict[str, Any]:
    """Take the standing bid back."""
    receipt = keys.recall(f"receipt-{lot}")["receipt"]["code"]
    statement = _statement(platform, "bid-withdrawal/v1", lot) | {"receipt": receipt}
    answer: dict[str, Any] = platform.post(f"/lots/{lot}/withdrawal", keys.signed(statement))
    return answer


def _statement(platform: Platform, kind: str, lot: str) -> dict[str, Any]:
    """What every statement of a bidder about a lot says; the nonce makes each its own."""
    return {
        "type": kind,
        "tender": lot.rpartition("-")[0],
        "lot": lot,
        "bidder": platform.get("/me")["organisation"]["code"],
        "nonce": secrets.token_hex(16),
    }


def release(platform: Platform, keys: KeyFolder, lot: str) -> dict[str, Any]:
    """Release the key of the standing bid to every opening key of the lot, after checking them.

    Raises ValueError when an opening key's statement differs from the notice.
    """
    kept = keys.recall(f"receipt-{lot}")
    receipt = kept["receipt"]["code"]
    identities = {name: keys.identity_of(seal) for name, seal in kept["seals"].items()}
    recipients = checked_recipients(platform, lot)
    blob = pyrage.encrypt(
        json.dumps(identities).encode(),
        [pyrage.x25519.Recipient.from_str(each) for each in recipients],
    )
    statement = {
        "type": "bid-release/v1",
        "receipt": receipt,
        "release_sha256": hashlib.sha256(blob).hexdigest(),
    }
    body = keys.signed(statement) | {"release": base64.b64encode(blob).decode()}
    answer: dict[str, Any] = platform.post(f"/bids/{receipt}/release", body)
    return answer


def checked_recipients(platform: Platform, lot: str) -> list[str]:
    """The opening keys of a lot, each of whose signed statements agrees with the notice."""
    tender = platform.get(f"/tenders/{lot.rpartition('-')[0]}")
    shown = next(each for each in tender["lots"] if each["lot"] == lot)
    recipients = []
    for key in platform.get(f"/lots/{lot}/opening-keys")["keys"]:
        stated = json.loads(key["statement"])
        wanted = (tender["tender"], lot, shown["window_minutes"], tender["rehearsal"])
        told = (stated["tender"], stated["lot"], stated["window"], stated["rehearsal"])
        if told != wanted or stated["recipient"] != key["recipient"]:
            raise ValueError(f"opening key {key['key']} differs from the notice")
        recipients.append(key["recipient"])
    if not recipients:
        raise ValueError("no witness has an opening key for this lot")
    return recipients


def pack(
    target: BinaryIO,
    form: Form,
    files: Mapping[str, Path],
    *,
    guarantee: dict[str, str] | None = None,
) -> str:
    """Write the manifest and the files as one tar; returns the manifest's SHA-256."""
    manifest = {
        "v": 1,
        "salt": secrets.token_hex(32),
        "form": {"price": form.price, "period_days": form.period_days, "quality": form.quality},
        "files": [
            {"name": name, "bytes": path.stat().st_size, "sha256": _digest(path)}
            for name, path in files.items()
        ],
        "guarantee": guarantee,
    }
    raw = json.dumps(manifest, ensure_ascii=False).encode()
    with tarfile.open(fileobj=target, mode="w:") as archive:
        _add(archive, "manifest.json", io.BytesIO(raw), len(raw))
        for name, path in files.items():
            with path.open("rb") as file:
                _add(archive, name, file, path.stat().st_size)
    return hashlib.sha256(raw).hexdigest()


def upload_parts(
    platform: Platform, lot: str, sealed: BinaryIO, size: int
) -> tuple[str, Sequence[str]]:
    """Send the parts, going on where the platform says; returns (upload code, digests)."""
    upload = str(platform.post(f"/lots/{lot}/uploads", {"size": size})["upload"])
    digests, offset = [], 0
    while part := sealed.read(PART):
        digests.append(hashlib.sha256(part).hexdigest())
        _send(platform, upload, part, offset)
        offset += len(part)
    return upload, digests


def _send(platform: Platform, upload: str, part: bytes, offset: int) -> None:
    """A part that arrived although its answer was lost is not an error."""
    try:
        platform.put_bytes(f"/uploads/{upload}", part, offset=offset)
    except Refused as refused:
        have = platform.get(f"/uploads/{upload}")["have"]
        if refused.code != "upload.wrong_offset" or have != offset + len(part):
            raise


def _add(archive: tarfile.TarFile, name: str, source: BinaryIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size = size
    archive.addfile(member, source)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
