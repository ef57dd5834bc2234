"""`flask evidence …`: take streams out of the log as bundles that anybody can check off-line.

Only who runs the machines can start it, so its audience is the operator; for other audiences
the bundle of a whole tender goes through their disclosure rules (supervision).
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from evidence.actions.bundles import Keys, Wanted, export_bundle, kept_keys
from evidence.rules.bundles import Head, Scope
from kernel.errors import InvalidInput, Refusal
from storage.database import snapshot

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
    write_to(out, lambda db, file: export_bundle(db, wanted, program_keys(), file))


def write_to(out: Path, write: Callable[[Session, BinaryIO], Head]) -> None:
    """Let `write` fill OUT from one snapshot and tell its checkpoint, or stop with the reason."""
    try:
        size = _written(out, write)
    except InvalidInput as problem:
        _stop(str(problem.problems[0]), UNREADABLE)
    except Refusal as problem:
        _stop(str(problem.problems[0]), REFUSED)
    except DBAPIError as fault:
        _stop(f"数据库无法读取或尚未建好（flask prepare）：{fault.orig}", REFUSED)
    except OSError as fault:
        _stop(f"无法写入“{out}”：{fault.strerror}", UNREADABLE)
    click.echo(f"{out}（检查点大小 {size}）", err=True)


def program_keys() -> Keys:
    """The keys of this program's log. Raises NotFound on a machine that has none."""
    settings: Any = current_app.extensions["settings"]
    return kept_keys(settings.keys, settings.log_origin)


def _written(out: Path, write: Callable[[Session, BinaryIO], Head]) -> int:
    """Written beside and moved into place, so that a refusal leaves what was there before."""
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with beside.open("xb") as file, snapshot() as db:
            size = write(db, file).size
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    return size


def _stop(reason: str, code: int) -> NoReturn:
    click.echo(reason, err=True)
    sys.exit(code)
