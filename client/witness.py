"""The witness program, run by another body on its own machine with its own key folder.

It makes an opening key for each lot it is told of, rehearses it, and publishes the private half
when the window has ended by its own clock (rehearsals: its own clock plus the lot's shift).
"""

import argparse
import base64
import secrets
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage

from client.keys import KeyFolder
from client.session import Platform, Refused

POLL_SECONDS = 0.5


def make_opening_key(platform: Platform, keys: KeyFolder, lot: str) -> str:
    """Make, sign, register and rehearse an opening key; returns its code."""
    tender = platform.get(f"/tenders/{lot.rpartition('-')[0]}")
    shown = next(each for each in tender["lots"] if each["lot"] == lot)
    recipient = keys.new_seal()
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
    keys.remember(f"opening-{lot}", {"key": made["key"], "recipient": recipient})
    identity = pyrage.x25519.Identity.from_str(keys.identity_of(recipient))
    answer = pyrage.decrypt(base64.b64decode(made["challenge"]), [identity])
    body = {"answer": base64.b64encode(answer).decode()}
    platform.post(f"/opening-keys/{made['key']}/rehearsal", body)
    return str(made["key"])


def window_ended(platform: Platform, lot: str) -> bool:
    """Whether the window of a lot has ended by this machine's clock and the lot's own shift."""
    asked = datetime.now(UTC)
    tender = platform.get(f"/tenders/{lot.rpartition('-')[0]}")
    shown = next(each for each in tender["lots"] if each["lot"] == lot)
    shift = datetime.fromisoformat(tender["now"]) - asked if tender["rehearsal"] else timedelta(0)
    ends = datetime.fromisoformat(shown["deadline"]) + timedelta(minutes=shown["window_minutes"])
    return datetime.now(UTC) + shift >= ends


def publish(platform: Platform, keys: KeyFolder, lot: str) -> None:
    """Publish the private half of this witness's opening key."""
    kept = keys.recall(f"opening-{lot}")
    identity = keys.identity_of(kept["recipient"])
    platform.post(f"/opening-keys/{kept['key']}/publication", {"identity": identity})


def attend(platform: Platform, keys: KeyFolder, lot: str) -> None:
    """Wait for the end of the window, then publish; goes on after any restart."""
    while not window_ended(platform, lot):
        time.sleep(POLL_SECONDS)
    while True:
        try:
            publish(platform, keys, lot)
        except Refused as refused:
            if refused.code != "opening_key.too_early":
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


def main(arguments: list[str]) -> int:
    """`python -m client.witness --url … --home … --token-file … LOT`."""
    parser = argparse.ArgumentParser(prog="python -m client.witness", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the platform")
    parser.add_argument("--home", type=Path, default=Path("witness"), help="folder of keys")
    parser.add_argument("--token-file", type=Path, required=True, help="file with an API token")
    parser.add_argument("lot", help="code of the lot, e.g. TD7K3Q9FABC0-01")
    given = parser.parse_args(arguments)
    platform = Platform(given.url, given.token_file.read_text().strip())
    keys = KeyFolder(given.home)
    if not (given.home / f"opening-{given.lot}.json").exists():
        keys.enrol(platform)
        print(make_opening_key(platform, keys, given.lot), file=sys.stderr)
    attend(platform, keys, given.lot)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
