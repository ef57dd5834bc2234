"""`flask renew`: another key in place of one of the program's own, for those that can be replaced.

Which can and which cannot, and what is to be stopped meanwhile: docs/operations.md, Keys.
"""

from collections.abc import Callable, Mapping

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import current_app
from flask.cli import with_appcontext

from evidence.actions import succession
from evidence.actions.tree import append_pending
from evidence.rules.succession import KeyOf
from identity.actions.second_factor import cipher, lock_anew
from kernel.errors import NotFound
from storage import keys
from storage.database import transaction
from webapp.settings import Settings
from webapp.telling import telling


@click.command()
@click.argument("name", type=click.Choice(["session", "second-factor", "receipt", "log"]))
@with_appcontext
@telling
def renew(name: str) -> None:
    """Replace a key while the processes that hold it are stopped; copy it to them afterwards.

    session: all browsers sign in again. second-factor: secrets are locked anew. receipt, log: both
    keys sign that one follows the other, and the log says so. Cut off, do it again.

    Example: flask renew second-factor
    """
    settings: Settings = current_app.extensions["settings"]
    try:
        keys.replace_secret(settings.keys, _file_of(name))
    except FileNotFoundError as missing:
        raise NotFound(
            "keys.not_here", "这台机器上没有这把密钥，请在保存它的机器上更换。"
        ) from missing
    if name in _FOLLOW_UPS:
        _FOLLOW_UPS[name](settings)
    keys.forget_old(settings.keys, _file_of(name))


def _file_of(name: str) -> str:
    return "checkpoint" if name == KeyOf.LOG else name


def _lock_anew(settings: Settings) -> None:
    with transaction() as (db, _):
        count = lock_anew(db, cipher(keys.kept_ring(settings.keys, "second-factor")))
    click.echo(f"locked anew: {count}")


def _follow_receipts(settings: Settings) -> None:
    _succeed(settings, KeyOf.RECEIPT)


def _follow_log(settings: Settings) -> None:
    """The next head is signed at once, so that nobody meets one of the old key only."""
    new = _succeed(settings, KeyOf.LOG)
    with transaction() as (db, _):
        append_pending(db, settings.log_origin, new)


def _succeed(settings: Settings, what: KeyOf) -> Ed25519PrivateKey:
    ring = keys.kept_ring(settings.keys, _file_of(what))
    new, old = map(Ed25519PrivateKey.from_private_bytes, ring)
    with transaction(lock=[succession.SUBJECT]) as (db, _):
        succession.succeed(db, what, settings.log_origin, old, new)
    click.echo(f"{what.value}: {new.public_key().public_bytes_raw().hex()}")
    return new


_FOLLOW_UPS: Mapping[str, Callable[[Settings], None]] = {
    "second-factor": _lock_anew,
    "receipt": _follow_receipts,
    "log": _follow_log,
}
