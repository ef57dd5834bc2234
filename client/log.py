"""What a witness keeps of the log: the newest head that it saw; the next has to go on from it.

The log's key is kept when it is first seen; another takes its place only by a statement that both
signed, and the earlier ones are kept for the head that they signed. A head that is no continuation
never replaces the kept one: it is put beside it, and said again at every look, also after a
restart. Both files are what `verifier/verify.py --head` takes. Source: RFC 9162 2.1.4.2; C2SP
tlog-checkpoint, signed-note.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.keys import KeyFolder
from client.notes import LOG, key_id, read_key
from client.session import Platform, Refused
from client.successions import following

KEY, KEPT, OTHER = "log.key", "log-head.note", "log-other-head.note"
EARLIER = "log-earlier.keys"
"""The keys that the kept one followed, a line each."""
_ROOT_BYTES, _MOST_DIGITS = 32, 16


class OtherHistory(Exception):
    """The log does not go on from what it showed before."""


@dataclass(frozen=True)
class Head:
    """A head of the log that its key signed."""

    origin: str
    size: int
    root: bytes


def look_at_log(platform: Platform, keys: KeyFolder) -> None:
    """Keep the newest head. Raises OtherHistory for one that does not go on, now or ever before."""
    note = _newest(platform, keys)
    if note is not None:
        try:
            _refuse_other_history(platform, keys, note)
        except OtherHistory:
            if keys.kept(OTHER) is None:
                keys.keep(OTHER, note)
            raise
        keys.keep(KEPT, note)
    if keys.kept(OTHER) is not None:
        raise OtherHistory(f"two histories: see {KEPT} and {OTHER} in {keys.folder}")


def read_head(note: str, *keys: str) -> Head:
    """The head in a note that one of these keys signed. Raises ValueError."""
    text, mark, lines = note.partition("\n\n")
    origin, size, root = text.split("\n")
    if not mark or not any(_is_of_log(key, origin, text + "\n", lines) for key in keys):
        raise ValueError("not signed by the key of the log")
    head = Head(origin, int(size), base64.b64decode(root, validate=True))
    written = f"{head.size}\n{base64.b64encode(head.root).decode()}"
    if written != f"{size}\n{root}" or len(size) > _MOST_DIGITS or len(head.root) != _ROOT_BYTES:
        raise ValueError("not a size or not a root")
    return head


def is_continuation(old: Head, new: Head, proof: Sequence[bytes]) -> bool:
    """Whether the old head's tree is the beginning of the new one's."""
    if not 0 < old.size <= new.size:
        return False
    if old.size == new.size:
        return not proof and old.root == new.root
    path = [old.root, *proof] if old.size & (old.size - 1) == 0 else list(proof)
    place, last = old.size - 1, new.size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        return False
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = _node(sibling, first), _node(sibling, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = _node(second, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old.root and second == new.root


def _newest(platform: Platform, keys: KeyFolder) -> str | None:
    """What the platform shows as its newest head; None as long as there never was one."""
    told = platform.get("/log")
    if told["size"] == 0:
        if keys.kept(KEPT) is not None:
            raise OtherHistory("the log is empty, and was not before")
        return None
    if keys.kept(KEY) is None:
        keys.keep(KEY, str(told["key"]))
    _follow(keys, told.get("successions", []))
    return platform.get_bytes(f"/log/checkpoints/{told['size']}").decode()


def _follow(keys: KeyFolder, told: Sequence[Any]) -> None:
    """Take over the keys that follow the kept one; the earlier ones are kept before it goes."""
    for key in following(str(keys.kept(KEY)), told):
        keys.keep(EARLIER, f"{keys.kept(EARLIER) or ''}{keys.kept(KEY)}\n")
        keys.keep(KEY, key)


def _refuse_other_history(platform: Platform, keys: KeyFolder, note: str) -> None:
    key, kept = str(keys.kept(KEY)), keys.kept(KEPT)
    try:
        new = read_head(note, key)
    except (ValueError, binascii.Error) as fault:
        raise OtherHistory(f"the newest head is none of this log: {fault}") from fault
    if kept is None:
        return
    old = read_head(kept, key, *(keys.kept(EARLIER) or "").split())
    if new.size < old.size:
        raise OtherHistory(f"the log went back from {old.size} to {new.size} facts")
    if not is_continuation(old, new, _proof(platform, old, new)):
        raise OtherHistory(f"the head of {new.size} facts does not go on from that of {old.size}")


def _proof(platform: Platform, old: Head, new: Head) -> list[bytes]:
    if old.size == new.size:
        return []
    try:
        told = platform.get("/log/consistency", old=old.size, new=new.size)
        return [bytes.fromhex(value) for value in told["proof"]]
    except Refused as refused:
        if refused.code != "evidence.no_such_checkpoint":
            raise
        raise OtherHistory(f"the head of {old.size} facts is not known any more") from refused
    except (KeyError, ValueError, TypeError) as fault:
        raise OtherHistory(f"no proof from {old.size} to {new.size} facts") from fault


def _is_of_log(key: str, origin: str, text: str, lines: str) -> bool:
    """Whether this verifier key is of the log of this name and signed the text."""
    name, typed = read_key(key)
    if origin != name or typed[:1] != LOG:
        return False
    known = key_id(name, typed)
    return any(_is_signed(line, name, known, typed[1:], text) for line in lines.split("\n"))


def _is_signed(line: str, name: str, known: bytes, public: bytes, text: str) -> bool:
    parts = line.split(" ")
    if len(parts) != 3 or parts[:2] != ["—", name]:
        return False
    try:
        raw = base64.b64decode(parts[2], validate=True)
        Ed25519PublicKey.from_public_bytes(public).verify(raw[4:], text.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return raw[:4] == known


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
