"""The worker's steps of every paper: prepare, finish, seal, let lapse; and of a revoked key, whose
certificate goes on the list. Drawing a paper is its owner's.

Whatever fails is tried again by the sweep; only a certificate that is not valid gives the turn up.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography import x509
from sqlalchemy.orm import Session

from evidence.actions import signing
from evidence.actions.papers import draw_stamp
from evidence.actions.workshop import Workshop
from evidence.rules.signing import PreparedSignature
from identity import queries
from identity.actions import credentials, papers
from identity.models.papers import Paper, Turn
from identity.states import PaperState
from kernel.errors import NotAllowed
from kernel.periods import SHANGHAI
from storage.base import real_now
from storage.database import snapshot
from storage.duties import Duty

Row = dict[str, str | int]


def _prepared(code: str, workshop: Workshop) -> tuple[int, Row | str] | None:
    """For whose turn (its place), and the prepared revision as a row or why there can be none."""
    with snapshot() as db:
        turn, now = queries.next_turn(db, code), real_now(db)
        if turn is None or turn.paper.file is None:
            return None
        key = queries.key_by_code(db, turn.key_code or "")
    assert key is not None and key.certificate is not None  # noqa: S101, PT018 (a document key)
    try:
        prepared = signing.prepare(
            workshop.vault.read(turn.paper.file),
            turn.field,
            x509.load_pem_x509_certificate(key.certificate.encode()),
            workshop.authority,
            workshop.timestamper,
            context=workshop.authority.validation_context(now),
            stamp=draw_stamp(_stamp(turn, key.code, now), font_folder=workshop.font_folder),
        )
    except NotAllowed as refusal:
        return turn.place, str(refusal.problems[0])
    workshop.keep(prepared.revision)
    return turn.place, prepared.to_row()


def _take_prepared(db: Session, code: str, now: datetime, result: Any) -> None:
    if result is None:
        return
    place, made = result
    if isinstance(made, str):
        papers.give_up_turn(db, code, place, made)
    else:
        papers.take_prepared(db, code, place, made, now=now)


def _finished(code: str, workshop: Workshop) -> str | None:
    """The file with the open signature put in and time-stamped."""
    with snapshot() as db:
        turn = queries.open_turn(db, code)
    if turn is None or turn.prepared is None or turn.value is None:
        return None
    revision = workshop.vault.read(str(turn.prepared["revision_sha256"]))
    prepared = PreparedSignature.from_row(turn.prepared, revision)
    return workshop.keep(
        signing.finish(prepared, turn.value, workshop.authority, workshop.timestamper)
    )


def _take_finished(db: Session, code: str, _now: datetime, file: Any) -> None:
    if file is not None:
        papers.take_finished(db, code, file)


def _sealed(code: str, workshop: Workshop) -> str | None:
    """The file under the platform's seal, closed by a document time-stamp."""
    with snapshot() as db:
        paper, now = queries.paper_by_code(db, code), real_now(db)
    if paper.state is not PaperState.SEALING or paper.file is None:
        return None
    sealed = signing.seal(
        workshop.vault.read(paper.file),
        workshop.authority,
        workshop.timestamper,
        context=workshop.authority.validation_context(now),
        stamp=draw_stamp(_seal_stamp(paper, now), font_folder=workshop.font_folder, red=True),
    )
    return workshop.keep(sealed)


def _take_sealed(db: Session, code: str, _now: datetime, file: Any) -> None:
    if file is not None:
        papers.take_sealed(db, code, file)


def _lapse(db: Session, code: str, now: datetime, _: Any) -> None:
    papers.lapse_turn(db, code, now=now)


def _listed(person: str, workshop: Workshop) -> None:
    """The certificates of a person's revoked keys are on the revocation list; twice is once."""
    with snapshot() as db:
        keys = queries.keys_of(db, person)
    for key in keys:
        if key.certificate is not None and key.revoked_at is not None:
            certificate = x509.load_pem_x509_certificate(key.certificate.encode())
            workshop.authority.revoke(certificate, now=key.revoked_at)


def _nothing_more(_db: Session, _code: str, _now: datetime, _result: Any) -> None:
    """All was done outside the database."""


def _stamp(turn: Turn, key: str, now: datetime) -> list[str]:
    return [turn.person.name, _moment(now), f"密钥 {key}"]


def _seal_stamp(paper: Paper, now: datetime) -> list[str]:
    return ["昭标平台电子印章", _moment(now), f"文件 {paper.code}"]


def _moment(now: datetime) -> str:
    return now.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


DUTIES: Mapping[str, Duty] = {
    papers.PREPARE: Duty(_take_prepared, _prepared),
    papers.FINISH: Duty(_take_finished, _finished),
    papers.SEAL: Duty(_take_sealed, _sealed),
    papers.LAPSE: Duty(_lapse),
    credentials.REVOKE: Duty(_nothing_more, _listed),
}
