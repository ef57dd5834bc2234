"""Empties a demo installation: database, files, keys of the demo. Never one with a real tender."""

import shutil

import sqlalchemy as sa
from sqlalchemy.orm import Session

from demo.people import demo_code
from identity.models.organisations import Organisation
from kernel.errors import Refusal
from storage.database import Database, snapshot
from storage.migrations import drop_everything
from trading.models.tendering import Tender
from webapp.settings import Settings


def empty(database: Database, settings: Settings) -> None:
    """Drop every table and what was kept beside. Raises Refusal where that may not be."""
    refuse_if_real()
    drop_everything(database)
    # A new log under an old key would contradict the old one: the log's keys go with it.
    for folder in (settings.files, settings.keys, settings.var / "demo"):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(settings.witness, ignore_errors=True)


def refuse_if_real() -> None:
    """Raise Refusal unless this is a demo installation with nothing but rehearsals on it."""
    with snapshot() as db:
        if not _has_tables(db):
            return
        real = db.scalar(sa.select(Tender.code).where(Tender.is_rehearsal.is_(False)).limit(1))
    if real is not None:
        raise Refusal(
            "demo.real_tender", "存在非演练项目 %(tender)s，这里不是演示环境。", tender=real
        )
    refuse_if_no_demo()


def refuse_if_no_demo() -> None:
    """Raise Refusal where people are registered and the demo's centre is not: everybody knows
    the password of its accounts, and one of them runs the centre.
    """
    with snapshot() as db:
        if not _has_tables(db):
            return
        centre = sa.select(Organisation.id).where(Organisation.credit_code == demo_code(1))
        is_demo = db.scalar(centre) is not None
        anybody = db.scalar(sa.select(Organisation.id).limit(1)) is not None
    if anybody and not is_demo:
        raise Refusal("demo.not_a_demo", "没有演示账户，这里不是演示环境。")


def _has_tables(db: Session) -> bool:
    return sa.inspect(db.connection()).has_table(Tender.__tablename__)
