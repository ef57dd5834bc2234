"""Documents that people sign in turn: drawn, signed in three steps each, sealed, handed back.

The worker draws, prepares, finishes and seals; the person's own request gives the signature.
A person's turn is decided under the paper's lock; nothing half-signed is ever the paper's file.
"""

import base64
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.rules.verifiers import is_signature
from identity import queries
from identity.models.credentials import SigningKey
from identity.models.papers import Paper, Turn
from identity.rules import papers as rules
from identity.rules.permissions import Viewer
from identity.states import PAPER, TURN, KeyPurpose, PaperEvent, PaperState, TurnEvent, TurnState
from kernel import codes
from kernel.errors import Refusal, refuse_if
from storage.base import real_now
from storage.due import schedule
from storage.subjects import legal_now

PREPARE, FINISH, SEAL, LAPSE = "paper.prepare", "paper.finish", "paper.seal", "paper.lapse"


def begin_paper(
    db: Session,
    *,
    kind: str,
    owner: str,
    done_kind: str,
    signers: Sequence[tuple[str, str]],
    is_sealed: bool,
) -> Paper:
    """A new paper to be drawn by the worker as `<kind>.draw`; `signers`: (field, person code).

    `done_kind` falls due for `owner` once the paper is complete.
    """
    now = real_now(db)
    paper = Paper(
        code=codes.new_code("PA"),
        kind=kind,
        owner=owner,
        done_kind=done_kind,
        is_sealed=is_sealed,
        state=PaperState.DRAWING,
        made_at=now,
        turns=[
            Turn(
                place=place,
                field=field,
                person=queries.person_with_code(db, person),
                state=TurnState.WAITING,
            )
            for place, (field, person) in enumerate(signers)
        ],
    )
    db.add(paper)
    schedule(db, f"{kind}.draw", subject_of(paper.code), now)
    return paper


def subject_of(paper: str) -> str:
    """What is locked for a paper."""
    return f"paper:{paper}"


def take_drawn(db: Session, code: str, file: str) -> None:
    """The paper was drawn: people may sign; one that nobody is to sign goes to the seal."""
    paper = queries.paper_by_code(db, code)
    if paper.state is not PaperState.DRAWING:
        return
    paper.file, paper.state = file, PAPER.after(paper.state, PaperEvent.DRAWN)
    if not paper.turns:
        _signed_by_all(db, paper)


def ask_turn(db: Session, who: Viewer, code: str, *, now: datetime) -> Turn:
    """A person wants to sign now and queues; the worker prepares for one after the other.

    The caller holds the paper. Asking twice is asking once.
    """
    turn = queries.turn_of(db, code, who.code)
    refuse_if(rules.asking_problems(turn.paper.state, turn.state))
    if turn.state is TurnState.WAITING:
        turn.key_code = _document_key(db, who.code).code
        turn.state = TURN.after(turn.state, TurnEvent.ASKED)
        turn.asked_at, turn.finding = now, ""
        schedule(db, PREPARE, subject_of(code), now)
    return turn


def take_prepared(
    db: Session, code: str, place: int, prepared: dict[str, str | int], *, now: datetime
) -> None:
    """The worker prepared the revision for this turn: it is open until it lapses."""
    turn = db.get_one(Turn, (code, place))
    if turn.state is TurnState.ASKED and queries.open_turn(db, code) is None:
        turn.state = TURN.after(turn.state, TurnEvent.PREPARED)
        turn.prepared, turn.until = dict(prepared), now + rules.TURN_TIME
        schedule(db, LAPSE, subject_of(code), turn.until)


def give_up_turn(db: Session, code: str, place: int, finding: str) -> None:
    """A turn could not be prepared: the person is told why and may ask again."""
    turn = db.get_one(Turn, (code, place))
    if turn.state is TurnState.ASKED:
        _lapse(db, turn, finding)


def lapse_turn(db: Session, code: str, *, now: datetime) -> None:
    """An open turn whose time is over makes room for the next; a given signature does not lapse."""
    turn = queries.open_turn(db, code)
    if turn is not None and turn.until is not None and now >= turn.until:
        _lapse(db, turn, "签署超时，请重新申请。")


def give_signature(db: Session, who: Viewer, code: str, value: bytes, *, now: datetime) -> Turn:
    """Take a person's signature over the prepared attributes. The caller holds the paper."""
    turn = queries.turn_of(db, code, who.code)
    refuse_if(rules.signing_problems(turn.state, turn.until, now))
    _refuse_other_version(db, turn, value)
    turn.state = TURN.after(turn.state, TurnEvent.SIGNED)
    turn.value, turn.signed_at, turn.until = value, now, None
    schedule(db, FINISH, subject_of(code), now)
    return turn


def take_finished(db: Session, code: str, file: str) -> None:
    """The worker put the signature into the file; the last one completes or seals the paper."""
    turn = queries.open_turn(db, code)
    if turn is None or turn.state is not TurnState.SIGNED:
        return
    paper = turn.paper
    turn.state = TURN.after(turn.state, TurnEvent.FINISHED)
    turn.prepared = turn.value = None
    paper.file = file
    if any(each.state is not TurnState.DONE for each in paper.turns):
        _call_next(db, paper)
    else:
        _signed_by_all(db, paper)


def take_sealed(db: Session, code: str, file: str) -> None:
    """The worker sealed the paper: it is complete."""
    paper = queries.paper_by_code(db, code)
    if paper.state is PaperState.SEALING:
        paper.file = file
        _complete(db, paper, PaperEvent.SEALED)


def _signed_by_all(db: Session, paper: Paper) -> None:
    if paper.is_sealed:
        paper.state = PAPER.after(paper.state, PaperEvent.SIGNED_BY_ALL)
        schedule(db, SEAL, subject_of(paper.code), real_now(db))
    else:
        _complete(db, paper, PaperEvent.COMPLETED)


def _complete(db: Session, paper: Paper, event: PaperEvent) -> None:
    """Hand the paper back to its owner, by the owner's own clock."""
    paper.state = PAPER.after(paper.state, event)
    paper.completed_at = real_now(db)
    schedule(db, paper.done_kind, paper.owner, legal_now(db, paper.owner))


def _lapse(db: Session, turn: Turn, finding: str) -> None:
    turn.state = TURN.after(turn.state, TurnEvent.LAPSED)
    turn.prepared = turn.until = turn.asked_at = None
    turn.finding = finding[:300]
    _call_next(db, turn.paper)


def _call_next(db: Session, paper: Paper) -> None:
    """Let the worker prepare for whoever asked first of those who wait."""
    if any(each.state is TurnState.ASKED for each in paper.turns):
        schedule(db, PREPARE, subject_of(paper.code), real_now(db))


def _refuse_other_version(db: Session, turn: Turn, value: bytes) -> None:
    """The value must be over the attributes that are open now, not over ones that lapsed."""
    key = db.get_one(SigningKey, turn.key_code)
    attributes = base64.b64decode((turn.prepared or {})["attributes"])
    if not is_signature(key.algorithm, key.public_key, value, attributes):
        raise Refusal(
            "signing.wrong_signature",
            "签名值与证书或文件不符，未写入文件。请重新签名。",
            "电子签名法 第13条",
        )


def _document_key(db: Session, person: str) -> SigningKey:
    key = queries.valid_key(db, person, KeyPurpose.DOCUMENT)
    if key is None:
        raise Refusal("key.no_document_key", "请先申请文件签名证书。", "电子签名法 第13条")
    refuse_if(rules.pin_problems(key.wrong_pins))
    return key
