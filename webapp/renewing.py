"""`flask renew`: another key in place of one of the program's own, for those that can be replaced.

Which can and which cannot, and why: docs/operations.md, Keys.
"""

import click
from flask import current_app
from flask.cli import with_appcontext

from identity.actions.second_factor import cipher, lock_anew
from storage import keys
from storage.database import transaction
from webapp.settings import Settings

_SECOND_FACTOR = "second-factor"


@click.command()
@click.argument("name", type=click.Choice(["session", _SECOND_FACTOR]))
@with_appcontext
def renew(name: str) -> None:
    """Replace a key while web processes are stopped; copy it to every web machine afterwards.

    With another session key all browsers sign in again. What the old second-factor key locked is
    locked by the new one, all or nothing; cut off, it is gone on with by doing it again.

    Example: flask renew second-factor
    """
    settings: Settings = current_app.extensions["settings"]
    keys.replace_secret(settings.keys, name)
    if name == _SECOND_FACTOR:
        with transaction() as (db, _):
            count = lock_anew(db, cipher(keys.kept_ring(settings.keys, name)))
        click.echo(f"locked anew: {count}")
    keys.forget_old(settings.keys, name)
