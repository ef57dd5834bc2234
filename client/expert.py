"""What an expert does: answer a call, sign the commitment, vote, score, sign the report."""

import hashlib
import secrets
from typing import Any

from client.canonical import canonical
from client.keys import KeyFolder
from client.session import Platform


def answer_calls(platform: Platform, *, draw: str) -> bool:
    """Accept a call to this draw; whether there was one."""
    called = [each for each in platform.get("/calls")["calls"] if each["draw"] == draw]
    for call in called:
        if call["state"] == "called":
            platform.post(f"/draws/{draw}/acceptance", {})
    return bool(called)


def sign_commitment(platform: Platform, keys: KeyFolder, meeting: str) -> None:
    """Sign the discipline and that there is no conflict."""
    shown = platform.get(f"/meetings/{meeting}")
    statement = {
        "type": "expert-commitment/v1",
        "meeting": meeting,
        "lot": shown["lot"],
        "expert": shown["me"],
        "no_conflict": True,
    }
    platform.post(f"/meetings/{meeting}/commitment", keys.signed(statement))


def vote(platform: Platform, meeting: str, choice: str) -> None:
    """Vote for the chair."""
    platform.post(f"/meetings/{meeting}/chair-vote", {"choice": choice})


def commit_sheet(
    platform: Platform, keys: KeyFolder, meeting: str, sheet: dict[str, Any], *, reason: str = ""
) -> dict[str, Any]:
    """Commit a sheet, or a changed one with its reason; the salt stays in the key folder."""
    shown = platform.get(f"/meetings/{meeting}")
    version, salt = shown["sheet"]["version"] + 1, secrets.token_bytes(32)
    statement = {
        "type": "score-sheet/v1",
        "meeting": meeting,
        "expert": shown["me"],
        "version": version,
        "sheet_sha256": hashlib.sha256(salt + canonical(sheet)).hexdigest(),
    }
    keys.remember(f"sheet-{meeting}-{version}", {"salt": salt.hex(), "sheet": sheet})
    body = keys.signed(statement) | {"sheet": sheet, "salt": salt.hex(), "reason": reason}
    answer: dict[str, Any] = platform.post(f"/meetings/{meeting}/sheet", body)
    return answer
