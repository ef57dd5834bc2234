"""The witness program, run by another body on its own machine with its own key folder.

For every lot it makes an opening key, rehearses it, and publishes the private half when the
window has ended by its own clock (rehearsals: its own clock plus the lot's shift). For every draw
it commits to a nonce and reveals it. It keeps the log's newest head and co-signs it; when the next
one does not go on from it, it says so and co-signs nothing any more. All it needs to go on after a
restart is its folder.
"""

import argparse
import base64
import hashlib
import itertools
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import requests

from client.cosigning import cosign_kept
from client.keys import KeyFolder
from client.log import OtherHistory, look_at_log
from client.session import Platform, Refused

POLL_SECONDS = 0.5
LOOKS_AT_LOG_EVERY = 20
# What only says that somebody else was first, or that the moment is over: nothing to be done.
_NO_FAULT = {
    "opening_key.too_early",
    "opening_key.too_late",
    "draw.committed_already",
    "draw.frozen_already",
    "draw.not_revealing",
    "draw.reveal_too_late",
    "draw.wrong_stage",
}


def make_opening_key(platform: Platform, keys: KeyFolder, lot: str) -> str:
    """Make, sign, register and rehearse an opening key; returns its code."""
    tender = platform.get(f"/tenders/{lot.rpartition('-')[0]}")
    shown = next(each for each in tender["lots"] if each["lot"] == lot)
    recipient = keys.new_seal()
    if not keys.has(_terms_of(lot)):  # told otherwise at a second key, the first word holds
        keys.remember(_terms_of(lot), {"rehearsal": tender["rehearsal"]} | _terms(shown))
    statement = {
        "type": "opening-key/v1",
        "tender": tender["tender"],
        "lot": lot,
        "window": shown["window_minutes"],
        "rehearsal": tender["rehearsal"],
        "recipient": recipient,
        "nonce": secrets.token_hex(16),
    }
    made = platform.post(f"/lots/{lot}/opening-keys", keys.signed(statement))
    identity = pyrage.x25519.Identity.from_str(keys.identity_of(recipient))
    answer = pyrage.decrypt(base64.b64decode(made["challenge"]), [identity])
    body = {"answer": base64.b64encode(answer).decode()}
    platform.post(f"/opening-keys/{made['key']}/rehearsal", body)
    return str(made["key"])


def window_ended(platform: Platform, keys: KeyFolder, lot: str) -> bool:
    """Whether the window of a lot has ended by this machine's clock and the lot's own shift.

    A suspension moves the end. What was told when the key was made still holds: a platform that
    calls the lot a rehearsal only now, or names an earlier deadline, a shorter window or an end
    before both are over, is not believed. Source: 实施条例 第21条 (a deadline is only put off).
    """
    asked = datetime.now(UTC)
    tender = platform.get(f"/tenders/{lot.rpartition('-')[0]}")
    shown = next(each for each in tender["lots"] if each["lot"] == lot)
    first = keys.recall(_terms_of(lot)) if keys.has(_terms_of(lot)) else {}
    is_rehearsal = tender["rehearsal"] and first.get("rehearsal", True)
    shift = datetime.fromisoformat(tender["now"]) - asked if is_rehearsal else timedelta(0)
    if shown["state"] == "suspended" or shown["window_ends_at"] is None:
        return False
    least = max(map(_least_end, (shown, first or shown)))
    ends = max(least, datetime.fromisoformat(shown["window_ends_at"]))
    return datetime.now(UTC) + shift >= ends


def _terms(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in ("deadline", "window_minutes")}


def _terms_of(lot: str) -> str:
    """Under which name the folder keeps what was told of a lot when its key was made."""
    return f"lot-{lot}"


def _least_end(terms: dict[str, Any]) -> datetime:
    window = timedelta(minutes=int(terms["window_minutes"]))
    return datetime.fromisoformat(terms["deadline"]) + window


def look_after_lots(platform: Platform, keys: KeyFolder) -> None:
    """One round: a rehearsed key for every announced lot, publication after every window."""
    for lot in platform.get("/opening/lots")["lots"]:
        rehearsed = [key for key in lot["keys"] if key["rehearsed"]]
        if lot["state"] == "announced" and not rehearsed:
            _without_fault(lambda lot=lot: make_opening_key(platform, keys, lot["lot"]))
        waiting = [key for key in rehearsed if not key["published"]]
        if lot["state"] != "announced" and waiting and window_ended(platform, keys, lot["lot"]):
            for key in waiting:
                _without_fault(lambda key=key: _publish(platform, keys, key))


def look_after_draws(platform: Platform, keys: KeyFolder, party: str = "witness") -> None:
    """One round: commit to a nonce in every open draw, reveal it after the freeze."""
    for draw in platform.get("/open-draws")["draws"]:
        mine = next((each for each in draw["parties"] if each["party"] == party), None)
        if mine is None:
            continue
        name = f"nonce-{draw['draw']}-{draw['round']}-{party}"
        if draw["state"] == "committing" and mine["committed"] is None:
            _without_fault(lambda d=draw, n=name: commit_nonce(platform, keys, d["draw"], party, n))
        if draw["state"] == "revealing" and mine["committed"] and not mine["revealed"]:
            _without_fault(
                lambda d=draw, n=name, m=mine: reveal_nonce(platform, keys, d["draw"], party, n, m)
            )


def serve(platform: Platform, keys: KeyFolder) -> None:
    """Look after everything until the program is stopped."""
    keys.enrol(platform)
    for number in itertools.count():
        try:
            if number % LOOKS_AT_LOG_EVERY == 0:
                watch_log(platform, keys)
                cosign_kept(platform, keys)
            look_after_lots(platform, keys)
            look_after_draws(platform, keys)
        except (Refused, requests.RequestException) as fault:
            print(f"witness: {fault}", file=sys.stderr)
        time.sleep(POLL_SECONDS)


def watch_log(platform: Platform, keys: KeyFolder) -> None:
    """Keep the log's newest head. Openings go on where the log lies, but not in silence."""
    try:
        look_at_log(platform, keys)
    except OtherHistory as lie:
        print(f"witness: THE LOG SHOWS ANOTHER HISTORY: {lie}", file=sys.stderr)


def _publish(platform: Platform, keys: KeyFolder, key: dict[str, Any]) -> None:
    """Publish a private half that is in this folder; one made elsewhere is not ours to give."""
    if keys.has_seal(key["recipient"]):
        identity = keys.identity_of(key["recipient"])
        platform.post(f"/opening-keys/{key['key']}/publication", {"identity": identity})


def commit_nonce(platform: Platform, keys: KeyFolder, draw: str, party: str, name: str) -> None:
    """The nonce is kept before its digest is told, so that a restart can still reveal it."""
    nonce = secrets.token_bytes(32)
    keys.remember(name, nonce.hex())
    body = {"party": party, "sha256": hashlib.sha256(nonce).hexdigest()}
    platform.post(f"/draws/{draw}/commitments", body)


def reveal_nonce(
    platform: Platform, keys: KeyFolder, draw: str, party: str, name: str, mine: dict[str, Any]
) -> None:
    """Reveal a nonce of this folder, if it is the one that was committed."""
    nonce = str(keys.recall(name)) if keys.has(name) else ""
    if hashlib.sha256(bytes.fromhex(nonce)).hexdigest() == mine["committed"]:
        platform.post(f"/draws/{draw}/nonces", {"party": party, "nonce": nonce})


def _without_fault(act: Any) -> None:
    try:
        act()
    except Refused as refused:
        if refused.code not in _NO_FAULT:
            raise


def main(arguments: list[str]) -> int:
    """`python -m client.witness --url … --home … --token-file …`: looks after every lot."""
    parser = argparse.ArgumentParser(prog="python -m client.witness", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the platform")
    parser.add_argument("--home", type=Path, default=Path("witness"), help="folder of keys")
    parser.add_argument("--token-file", type=Path, required=True, help="file with an API token")
    given = parser.parse_args(arguments)
    serve(Platform(given.url, given.token_file.read_text().strip()), KeyFolder(given.home))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
