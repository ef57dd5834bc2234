"""`python -m client`: what bidders, issuers, experts and parties of a draw do from their machine.

One JSON value on stdout, messages on stderr. Exit 0: done, 1: refused or not possible, 2: usage
or unreadable input. The password comes from ZHAOBIAO_PASSWORD or is asked for, a PIN from
ZHAOBIAO_PIN; keys stay in the folder of --home.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

from client import commands
from client.commands import Account, Command, Unusable
from client.keys import KeyFolder
from client.session import Platform, Refused

_EXAMPLE = """example:
  python -m client bidder submit --url http://127.0.0.1:8000 --username bidder1 --home keys \\
    TD0123456789-01 --price 9800000.00 --period-days 180 --quality 合格 bid.pdf
"""
Words = Mapping[str, Any]
_LOT: tuple[str, Words] = ("lot", {"help": "code of the lot"})
_ORDER: tuple[str, Words] = ("order", {"help": "code of the order"})
_MEETING: tuple[str, Words] = ("meeting", {"help": "code of the meeting"})
_DRAW: tuple[str, Words] = ("draw", {"help": "code of the draw"})
_REASON: tuple[str, Words] = ("--reason", {"required": True, "help": "the bidder sees it"})
_ISSUER: tuple[str, Words] = ("--issuer", {"required": True, "help": "credit code of the issuer"})
_CHOICE: tuple[str, Words] = ("--choice", {"required": True, "help": "code of an expert"})
_SHEET: tuple[str, Words] = ("sheet", {"type": Path, "help": "JSON file with checks and marks"})
_CHANGE: tuple[str, Words] = ("--reason", {"default": "", "help": "why the sheet is changed"})
_OUT: tuple[str, Words] = ("--out", {"type": Path, "required": True, "help": "file for it"})
_PAPER: tuple[str, Words] = ("paper", {"help": "code of the paper"})
_PARTIES = ("witness", "procuring_entity", "host")
_PARTY: tuple[str, Words] = ("--party", {"required": True, "choices": _PARTIES})
_AGREE: tuple[str, Words] = ("--agree", {"action": "store_true", "help": "sign what is shown"})
_BID: tuple[tuple[str, Words], ...] = (
    _LOT,
    ("files", {"nargs": "+", "type": Path, "help": "files of the bid"}),
    ("--price", {"required": True, "help": "in yuan, at most two decimals"}),
    ("--period-days", {"required": True, "type": int, "help": "days of the contract"}),
    ("--quality", {"required": True, "help": "quality that is promised"}),
)

# Whose sub-commands there are: name, what is done, with which words besides the common ones.
ROLES: Mapping[str, Sequence[tuple[str, Command, Sequence[tuple[str, Words]]]]] = {
    "bidder": (
        ("enrol", commands.enrol, ()),
        ("guarantee", commands.order_guarantee, (_LOT, _ISSUER)),
        ("submit", commands.submit, _BID),
        ("replace", commands.replace, _BID),
        ("withdraw", commands.withdraw, (_LOT,)),
        ("release", commands.release, (_LOT,)),
        ("receipt", commands.receipt, (_LOT,)),
    ),
    "issuer": (
        ("orders", commands.show_orders, ()),
        ("issue", commands.issue, (_ORDER,)),
        ("refuse", commands.refuse, (_ORDER, _REASON)),
    ),
    "expert": (
        ("enrol", commands.enrol, ()),
        ("calls", commands.show_calls, ()),
        ("accept", commands.accept, (_DRAW,)),
        ("commit", commands.commit, (_MEETING,)),
        ("vote", commands.vote, (_MEETING, _CHOICE)),
        ("score", commands.score, (_MEETING, _SHEET, _CHANGE)),
        ("sign", commands.sign, (_PAPER,)),
    ),
    "draw": (
        ("commit", commands.commit_nonce, (_DRAW, _PARTY)),
        ("reveal", commands.reveal_nonce, (_DRAW, _PARTY)),
    ),
}


def main(arguments: Sequence[str]) -> int:
    """Run one sub-command; returns the exit code."""
    given = _parser().parse_args(arguments)
    try:
        answer = given.command(_account(given), given)
    except (Unusable, OSError) as fault:
        # requests counts its faults among OSError: the platform is out of reach, nothing unreadable
        _say(fault)
        return 1 if isinstance(fault, requests.RequestException) else 2
    except (Refused, ValueError, RuntimeError, TimeoutError) as fault:
        _say(fault)
        return 1
    print(json.dumps(answer, ensure_ascii=False))
    return 0


def _account(given: argparse.Namespace) -> Account:
    platform = Platform(given.url)
    if given.token_file:
        platform = Platform(given.url, given.token_file.read_text().strip())
    else:
        password = commands.secret("ZHAOBIAO_PASSWORD", f"password of {given.username}")
        platform.sign_in(given.username, password, given.code)
    return Account(platform, KeyFolder(given.home))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m client",
        description=__doc__,
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    roles = parser.add_subparsers(metavar="role", required=True)
    _leaf(roles, "token", commands.fetch_token, (_OUT,), "python -m client token")
    _leaf(roles, "undertake", commands.undertake, (_AGREE,), "python -m client undertake")
    for role, rows in ROLES.items():
        actions = roles.add_parser(role, help=f"what a {role} does").add_subparsers(
            metavar="action", required=True
        )
        for name, command, words in rows:
            _leaf(actions, name, command, words, f"python -m client {role} {name}")
    return parser


def _leaf(
    actions: Any, name: str, command: Command, words: Sequence[tuple[str, Words]], call: str
) -> None:
    """Add a sub-command with what all of them need: where, who, and which keys."""
    leaf = actions.add_parser(
        name,
        help=command.__doc__,
        description=command.__doc__,
        epilog=f"example:\n  {_example(call, words)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    leaf.add_argument("--url", required=True, help="address of the platform")
    who = leaf.add_mutually_exclusive_group(required=True)
    who.add_argument("--username", help="sign in with this name and a password")
    who.add_argument("--token-file", type=Path, help="file with an API token")
    leaf.add_argument("--code", default="", help="code of the second factor, if there is one")
    leaf.add_argument("--home", type=Path, default=Path("keys"), help="folder of keys")
    for word, options in words:
        leaf.add_argument(word, **options)
    leaf.set_defaults(command=command)


def _example(call: str, words: Sequence[tuple[str, Words]]) -> str:
    """A whole call, with capitals and dots for what differs each time."""
    needed = [f"{word} …" for word, options in words if options.get("required")]
    places = [word.upper() for word, _ in words if not word.startswith("-")]
    common = ["--url http://127.0.0.1:8000", "--username NAME", "--home keys"]
    return " ".join([call, *common, *places, *needed])


def _say(fault: BaseException) -> None:
    print(f"client: {fault}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
