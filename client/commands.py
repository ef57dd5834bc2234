"""What each sub-command of `python -m client` does: from given words to one JSON value.

Everything is done by the modules beside this one; here are only the words of the command line.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Any

from client import bidder, expert, guarantee, issuer, papers, witness
from client.bidder import Form
from client.keys import KeyFolder
from client.session import Platform


class Unusable(Exception):
    """What was given cannot be read or does not fit what is in the key folder."""


@dataclass(frozen=True)
class Account:
    """One person at one platform, with the folder of their keys."""

    platform: Platform
    keys: KeyFolder


Command = Callable[[Account, argparse.Namespace], Any]


def secret(variable: str, question: str) -> str:
    """A secret from the environment or, without an echo, from the terminal."""
    return os.environ.get(variable) or getpass(f"{question}: ")


def fetch_token(account: Account, given: argparse.Namespace) -> Any:
    """Keep a token in a file that only its owner reads, for programs that run on."""
    descriptor = os.open(given.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(account.platform.token)
    return {"token_file": str(given.out)}


def enrol(account: Account, _given: argparse.Namespace) -> Any:
    """Tell the platform the public half of my signing key."""
    account.keys.enrol(account.platform)
    return {"enrolled": account.platform.get("/me")["code"]}


def undertake(account: Account, given: argparse.Namespace) -> Any:
    """Show what my roles ask me to undertake and, with --agree, sign it."""
    asked = account.platform.get("/undertakings")["undertakings"]
    for each in asked:
        print("\n".join([each["title"], *each["clauses"]]), file=sys.stderr)
    if given.agree and asked:
        account.keys.enrol(account.platform)
        for each in asked:
            account.platform.post("/undertakings", account.keys.signed(each["statement"]))
    roles = [each["statement"]["role"] for each in asked]
    return {"undertaken" if given.agree else "asked": roles}


def order_guarantee(account: Account, given: argparse.Namespace) -> Any:
    """Order a guarantee; its salt stays in the key folder."""
    order = guarantee.order(account.platform, account.keys, given.lot, given.issuer)
    return {"order": order, "lot": given.lot}


def submit(account: Account, given: argparse.Namespace) -> Any:
    """Seal and submit a bid; prints the receipt."""
    return _submit(account, given)


def replace(account: Account, given: argparse.Namespace) -> Any:
    """Replace the bid that stands."""
    return _submit(account, given, replaces=_receipt_of(account, given.lot))


def withdraw(account: Account, given: argparse.Namespace) -> Any:
    """Take the bid back before the deadline."""
    _receipt_of(account, given.lot)
    return bidder.withdraw(account.platform, account.keys, given.lot)


def release(account: Account, given: argparse.Namespace) -> Any:
    """Release the key of the bid after the deadline."""
    _receipt_of(account, given.lot)
    return bidder.release(account.platform, account.keys, given.lot)


def receipt(account: Account, given: argparse.Namespace) -> Any:
    """Fetch the receipt, with its proof once there is one."""
    return account.platform.get(f"/receipts/{_receipt_of(account, given.lot)}")


def show_orders(account: Account, _given: argparse.Namespace) -> Any:
    """Show the orders to my institution."""
    return {"orders": issuer.orders(account.platform)}


def issue(account: Account, given: argparse.Namespace) -> Any:
    """Approve an order and sign its letter by PIN."""
    known = [each["order"] for each in issuer.orders(account.platform)]
    if given.order not in known:
        raise Unusable(f"no order {given.order} to this institution")
    pin = secret("ZHAOBIAO_PIN", "PIN")
    papers.make_key(account.platform, pin)
    return issuer.issue(account.platform, given.order, pin)


def refuse(account: Account, given: argparse.Namespace) -> Any:
    """Refuse an order, with a reason for the bidder."""
    issuer.refuse(account.platform, given.order, given.reason)
    return {"order": given.order, "state": "refused"}


def show_calls(account: Account, _given: argparse.Namespace) -> Any:
    """Show the calls to me; the project is not named."""
    return account.platform.get("/calls")


def accept(account: Account, given: argparse.Namespace) -> Any:
    """Accept a call."""
    if not expert.answer_calls(account.platform, draw=given.draw):
        raise Unusable(f"no call to draw {given.draw}")
    return {"draw": given.draw, "state": "accepted"}


def commit(account: Account, given: argparse.Namespace) -> Any:
    """Sign the discipline and that I have no conflict."""
    expert.sign_commitment(account.platform, account.keys, given.meeting)
    return {"meeting": given.meeting, "signed": True}


def vote(account: Account, given: argparse.Namespace) -> Any:
    """Vote for the chair."""
    expert.vote(account.platform, given.meeting, given.choice)
    return {"meeting": given.meeting, "choice": given.choice}


def score(account: Account, given: argparse.Namespace) -> Any:
    """Commit a score sheet, or a changed one with its reason."""
    sheet = _json_of(given.sheet)
    return expert.commit_sheet(
        account.platform, account.keys, given.meeting, sheet, reason=given.reason
    )


def sign(account: Account, given: argparse.Namespace) -> Any:
    """Sign a paper by PIN."""
    pin = secret("ZHAOBIAO_PIN", "PIN")
    papers.make_key(account.platform, pin)
    return papers.sign(account.platform, given.paper, pin)


def commit_nonce(account: Account, given: argparse.Namespace) -> Any:
    """Make a number, keep it here and record its digest."""
    name, mine = _nonce_of(account, given)
    if mine["committed"]:  # a second number would be kept over the first, which then was lost
        raise Unusable("this party has committed to a number already")
    witness.commit_nonce(account.platform, account.keys, given.draw, given.party, name)
    return {"draw": given.draw, "party": given.party, "committed": True}


def reveal_nonce(account: Account, given: argparse.Namespace) -> Any:
    """Reveal the number of this round."""
    name, mine = _nonce_of(account, given)
    if not account.keys.has(name):
        raise Unusable(f"{account.keys.folder} does not hold the number of this round")
    if not mine["revealed"]:
        witness.reveal_nonce(account.platform, account.keys, given.draw, given.party, name, mine)
    return {"draw": given.draw, "party": given.party, "revealed": True}


def _submit(account: Account, given: argparse.Namespace, **more: Any) -> Any:
    files = {path.name: path for path in given.files}
    if len(files) != len(given.files):
        raise Unusable("two files have the same name")
    missing = [str(path) for path in given.files if not path.is_file()]
    if missing:
        raise Unusable(f"no such file: {', '.join(missing)}")
    form = Form(given.price, given.period_days, given.quality)
    return bidder.submit(account.platform, account.keys, given.lot, form, files, **more)


def _receipt_of(account: Account, lot: str) -> str:
    """The receipt of the last submission from this folder. Raises Unusable without one."""
    if not account.keys.has(f"receipt-{lot}"):
        raise Unusable(f"{account.keys.folder} holds no receipt for lot {lot}")
    return str(account.keys.recall(f"receipt-{lot}")["receipt"]["code"])


def _nonce_of(account: Account, given: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Under which name the number of this round is kept, and what the platform knows of it."""
    for draw in account.platform.get("/open-draws")["draws"]:
        if draw["draw"] == given.draw:
            for mine in draw["parties"]:
                if mine["party"] == given.party:
                    return f"nonce-{given.draw}-{draw['round']}-{given.party}", mine
    raise Unusable(f"no open draw {given.draw} in which this account stands for {given.party}")


def _json_of(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise Unusable(f"{path} is not JSON") from fault
