"""Documents that people sign in turn: drawn, signed in three steps each, sealed, handed back.

The worker draws, prepares, finishes and seals; the person's own request gives the signature.
A person's turn is decided under the paper's lock; nothing half-signed is ever the paper's file.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

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
    """The paper was drawn: people may sign."""
    paper = queries.paper_by_code(db, code)
    if paper.state is PaperState.DRAWING:
        paper.file, paper.state = file, PAPER.after(paper.state, PaperEvent.DRAWN)


def ask_turn(db: Session, who: Viewer, code: str, *, now: datetime) -> Turn:
    """A person wants to sign now; the worker prepares the revision. The caller holds the paper."""
    paper, turn = _mine(db, who, code)
    others = [each.state for each in paper.turns if each is not turn]
    refuse_if(rules.asking_problems(paper.state, turn.state, others))
    if turn.state is TurnState.WAITING:
        key = _document_key(db, who.code)
        turn.state = TURN.after(turn.state, TurnEvent.ASKED)
        turn.key_code, turn.until, turn.finding = key.code, now + rules.TURN_TIME, ""
        schedule(db, PREPARE, subject_of(code), now)
        schedule(db, LAPSE, subject_of(code), turn.until)
    return turn


def take_prepared(db: Session, code: str, prepared: dict[str, str | int]) -> None:
    """The worker prepared the revision of the open turn."""
    turn = queries.open_turn(db, code)
    if turn is not None and turn.state is TurnState.ASKED:
        turn.state = TURN.after(turn.state, TurnEvent.PREPARED)
        turn.prepared = dict(prepared)


def give_up_turn(db: Session, code: str, finding: str) -> None:
    """The open turn could not be prepared: the person is told why and may ask again."""
    turn = queries.open_turn(db, code)
    if turn is not None and turn.state is TurnState.ASKED:
        _lapse(turn, finding)


def lapse_turn(db: Session, code: str, *, now: datetime) -> None:
    """An open turn whose time is over makes room for the next; a given signature does not lapse."""
    turn = queries.open_turn(db, code)
    if turn is not None and turn.until is not None and now >= turn.until:
        _lapse(turn, "签署超时，请重新申请。")


def give_signature(db: Session, who: Viewer, code: str, value: bytes, *, now: datetime) -> Turn:
    """Take a person's signature over the prepared attributes. The caller holds the paper."""
    _, turn = _mine(db, who, code)
    refuse_if(rules.signing_problems(turn.state, turn.until, now))
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
        return
    if paper.is_sealed:
        paper.state = PAPER.after(paper.state, PaperEvent.SIGNED_BY_ALL)
        schedule(db, SEAL, subject_of(code), real_now(db))
    else:
        _complete(db, paper, PaperEvent.COMPLETED)


def take_sealed(db: Session, code: str, file: str) -> None:
    """The worker sealed the paper: it is complete."""
    paper = queries.paper_by_code(db, code)
    if paper.state is PaperState.SEALING:
        paper.file = file
        _complete(db, paper, PaperEvent.SEALED)


def _complete(db: Session, paper: Paper, event: PaperEvent) -> None:
    """Hand the paper back to its owner, by the owner's own clock."""
    paper.state = PAPER.after(paper.state, event)
    paper.completed_at = real_now(db)
    schedule(db, paper.done_kind, paper.owner, legal_now(db, paper.owner))


def _lapse(turn: Turn, finding: str) -> None:
    turn.state = TURN.after(turn.state, TurnEvent.LAPSED)
    turn.prepared = turn.until = None
    turn.finding = finding[:300]


def _mine(db: Session, who: Viewer, code: str) -> tuple[Paper, Turn]:
    turn = queries.turn_of(db, code, who.code)
    return turn.paper, turn


def _document_key(db: Session, person: str) -> SigningKey:
    key = queries.valid_key(db, person, KeyPurpose.DOCUMENT)
    if key is None:
        raise Refusal("key.no_document_key", "请先申请文件签名证书。", "电子签名法 第13条")
    refuse_if(rules.pin_problems(key.wrong_pins))
    return key
