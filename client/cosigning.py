"""A witness's line under the log's newest head: it goes on from all that this witness saw before.

The key stays in the witness's folder. A head is kept there before it is co-signed, so that after a
crash no line stands under a head that is not known here. Source: C2SP tlog-cosignature and
tlog-witness.
"""

import base64
import struct
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.keys import KeyFolder
from client.log import KEPT, OTHER
from client.notes import COSIGNATURE, key_id, verifier_key
from client.session import Platform, Refused

KEY = "cosign.key"


def enrol_cosigner(platform: Platform, keys: KeyFolder) -> str:
    """Make a key at first use and tell the platform its public half; returns the verifier key."""
    key = verifier_key(_name(platform, keys), _typed(keys))
    platform.post("/log/cosigners", {"key": key})
    return key


def cosign_kept(platform: Platform, keys: KeyFolder) -> int | None:
    """Co-sign the newest head that was kept, once; its size, or None if there was nothing to do.

    A folder that knows of two histories co-signs nothing any more.
    """
    note = keys.kept(KEPT)
    if note is None or keys.kept(OTHER) is not None:
        return None
    text = note.partition("\n\n")[0] + "\n"
    size = int(text.split("\n")[1])
    if keys.has("cosigned") and keys.recall("cosigned") == size:
        return None
    try:
        _give(platform, keys, text, size)
    except Refused as refused:
        if refused.code != "cosigner.none":
            raise
        enrol_cosigner(platform, keys)
        _give(platform, keys, text, size)
    keys.remember("cosigned", size)
    return size


def _give(platform: Platform, keys: KeyFolder, text: str, size: int) -> None:
    line = _line(keys, _name(platform, keys), text, int(time.time()))
    platform.post("/log/cosignatures", {"size": size, "line": line})


def _line(keys: KeyFolder, name: str, text: str, seconds: int) -> str:
    signed = _signing_key(keys).sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    raw = key_id(name, _typed(keys)) + struct.pack(">Q", seconds) + signed
    return f"— {name} {base64.b64encode(raw).decode()}\n"


def _name(platform: Platform, keys: KeyFolder) -> str:
    """Under which name this folder co-signs: that of its organisation, kept from the first time."""
    if not keys.has("cosigner"):
        organisation = str(platform.get("/me")["organisation"]["code"])
        keys.remember("cosigner", f"witness/{organisation.lower()}")
    return str(keys.recall("cosigner"))


def _signing_key(keys: KeyFolder) -> Ed25519PrivateKey:
    if keys.kept(KEY) is None:
        keys.keep(KEY, Ed25519PrivateKey.generate().private_bytes_raw().hex())
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(str(keys.kept(KEY))))


def _typed(keys: KeyFolder) -> bytes:
    return COSIGNATURE + _signing_key(keys).public_key().public_bytes_raw()
