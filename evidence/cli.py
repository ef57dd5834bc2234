"""`flask evidence …`: take streams out of the log as bundles that anybody can check off-line.

Only who runs the machines can start it, so its audience is the operator; for other audiences
the bundle of a whole tender goes through their disclosure rules (supervision).
"""

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from evidence.actions.bundles import Keys, Wanted, export_bundle
from evidence.rules.bundles import Scope
from evidence.rules.checkpoints import verifier_key
from kernel.errors import InvalidInput, NotFound, Refusal
from storage.database import snapshot
from storage.keys import signing_key

REFUSED = 1
UNREADABLE = 2

commands = AppGroup("evidence", help="The public log: export streams as checkable bundles.")


@commands.command("export")
@click.argument("stream", metavar="STREAM")
@click.option(
    "--out", required=True, metavar="ZIP", type=click.Path(dir_okay=False, path_type=Path)
)
@click.option(
    "--withhold", multiple=True, metavar="KIND", help="Give only the commitment of these."
)
@click.option(
    "--since", multiple=True, metavar="SIZE", type=int, help="Prove this older checkpoint."
)
def export(stream: str, out: Path, withhold: tuple[str, ...], since: tuple[int, ...]) -> None:
    """Write the facts of STREAM with their proofs under the newest checkpoint into ZIP.

    Facts that are still held back or not yet in the tree are not in it. The file is checked with
    `python3 verifier/verify.py ZIP`; the format is described in docs/bundle.md. Exit 0, or 1 when
    there is nothing to export, 2 when ZIP cannot be written.

    Example: flask evidence export lot:TD0000000000-01 --out lot.zip --withhold lot.registered
    """
    wanted = Wanted(
        Scope("stream", stream, "operator"),
        [stream],
        lambda fact: fact.kind not in withhold,
        since=since,
    )
    try:
        size = _write(out, wanted)
    except InvalidInput as problem:
        _stop(str(problem.problems[0]), UNREADABLE)
    except Refusal as problem:
        _stop(str(problem.problems[0]), REFUSED)
    except DBAPIError as fault:
        _stop(f"数据库无法读取或尚未建好（flask prepare）：{fault.orig}", REFUSED)
    except OSError as fault:
        _stop(f"无法写入“{out}”：{fault.strerror}", UNREADABLE)
    click.echo(f"{out}（检查点大小 {size}）", err=True)


def _write(out: Path, wanted: Wanted) -> int:
    """Written beside and moved into place, so that a refusal leaves what was there before."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with beside.open("xb") as file, snapshot() as db:
            size = export_bundle(db, wanted, _keys(), file).size
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return size


def _keys() -> Keys:
    settings: Any = current_app.extensions["settings"]
    if not all((settings.keys / f"{name}.key").exists() for name in ("checkpoint", "receipt")):
        raise NotFound(
            "evidence.no_keys", "这台机器上没有日志与回执的密钥，请先运行 flask prepare。"
        )
    log = signing_key(settings.keys, "checkpoint").public_key().public_bytes_raw()
    receipt = signing_key(settings.keys, "receipt")
    return Keys(verifier_key(settings.log_origin, log), receipt)


def _stop(reason: str, code: int) -> NoReturn:
    click.echo(reason, err=True)
    sys.exit(code)
