"""`flask upgrade` and `flask found`: a site for real tenders, without the demo's accounts.

`flask prepare` and `flask serve` are for trials: they add accounts whose password everybody knows.
"""

from datetime import UTC, datetime

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from evidence.actions.authority import open_authority
from identity.actions import accounts
from identity.models.organisations import Organisation
from identity.states import OrganisationKind, Role
from kernel.codes import credit_code
from kernel.errors import Refusal
from storage.database import current_database, transaction
from storage.migrations import upgrade
from webapp.settings import Settings, prepare_keys
from webapp.telling import telling

_BY = "installation"


@click.command("upgrade")
@with_appcontext
def upgrade_site() -> None:
    """Make keys and authority where they are missing and bring the database up to date.

    Adds nobody. Before the first start, and after each change of version. Example: flask upgrade.
    """
    settings: Settings = current_app.extensions["settings"]
    prepare_keys(settings)
    open_authority(settings.authority, datetime.now(UTC))
    upgrade(current_database())


@click.command("found")
@click.option("--code", required=True, help="Unified social credit code of the trading centre.")
@click.option("--name", required=True, help="Its name.")
@click.option("--username", required=True, help="How its first operator signs in.")
@click.option("--person", required=True, help="The operator's own name.")
@click.password_option(help="Asked for when it is not given.")
@with_appcontext
@telling
def found(code: str, name: str, username: str, person: str, password: str) -> None:
    """Register the trading centre and its first operator, who registers everybody else.

    Refused where there is any organisation. Example: flask found --code … --name … …
    """
    password_hash = accounts.hash_password(password)
    with transaction(lock=[f"organisation:{credit_code(code)}"]) as (db, now):
        if db.scalar(sa.select(Organisation.id).limit(1)) is not None:
            raise Refusal("site.begun", "已有单位登记，请由交易中心的管理员在网页上登记。")
        centre = accounts.register_organisation(
            db,
            credit_code=code,
            name=name,
            kinds=[OrganisationKind.TRADING_CENTRE],
            actor=_BY,
            now=now,
        )
        accounts.register_person(
            db,
            username=username,
            name=person,
            organisation=centre,
            roles=[Role.OPERATOR],
            password_hash=password_hash,
            actor=_BY,
            now=now,
            is_administrator=True,
        )
