"""`flask trading …`: what is public of a tender as open data."""

import json
import sys
from typing import NoReturn

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError

from kernel.errors import Refusal
from storage.database import snapshot
from trading import queries
from trading.rules.ocds import release_package

REFUSED = 1

commands = AppGroup("trading", help="Tenders: open data.")


@commands.command("ocds")
@click.argument("tender", metavar="TENDER")
def ocds(tender: str) -> None:
    """Print the OCDS 1.1 release package of TENDER as JSON.

    It holds what the public may know now: no bids before the opening. Exit 0, or 1 when there is
    no such published tender.

    Example: flask trading ocds TD0000000000
    """
    try:
        with snapshot() as db:
            public = queries.open_data(db, tender)
    except Refusal as problem:
        _stop(str(problem.problems[0]))
    except DBAPIError as fault:
        _stop(f"数据库无法读取或尚未建好（flask prepare）：{fault.orig}")
    package = release_package(public, current_app.extensions["publisher"])
    click.echo(json.dumps(package, ensure_ascii=False, indent=1))


def _stop(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    sys.exit(REFUSED)
