"""Signing papers by PIN: ask for the turn, sign what the worker prepared, until all have signed."""

from collections.abc import Sequence
from typing import Any

from client.journey.cast import PIN
from demo.play import Play
from demo.stage import Stage
from evidence.rules import signing
from evidence.rules.signing import PreparedSignature
from identity import queries
from identity.actions import credentials, papers
from identity.states import KeyPurpose, PaperState, TurnState
from storage.base import real_now
from storage.database import snapshot


def make_document_key(stage: Stage, username: str) -> None:
    """Have a document key with certificate behind the city's PIN, unless there is one."""
    who = stage.who(username)
    with snapshot() as db:
        known, now = queries.valid_key(db, who.code, KeyPurpose.DOCUMENT), real_now(db)
    if known is None:
        made = credentials.make_document_key(who, PIN, stage.workshop.authority, now)
        lock = [f"person:{who.code}"]
        stage.act(credentials.enrol_document_key, username, made, lock=lock)


def sign_in_turn(play: Play, paper: str, people: Sequence[str]) -> bool:
    """One step for each of these people who has not signed; whether all of them had before."""
    with snapshot() as db:
        found = queries.paper_by_code(db, paper)
        is_drawn = found.state is not PaperState.DRAWING
        states = {turn.person.username: turn.state for turn in found.turns}
    if is_drawn:
        for username in people:
            _step(play.stage, paper, username, states[username])
    return all(states[username] is TurnState.DONE for username in people)


def _step(stage: Stage, paper: str, username: str, state: TurnState) -> None:
    lock = [papers.subject_of(paper)]
    if state is TurnState.WAITING:
        make_document_key(stage, username)
        stage.act(papers.ask_turn, username, paper, lock=lock)
    elif state is TurnState.PREPARED:
        value = _signature(stage, paper, username)
        stage.act(papers.give_signature, username, paper, value, lock=lock)


def _signature(stage: Stage, paper: str, username: str) -> bytes:
    """The value over the prepared attributes; the try at the PIN is counted before it is made."""
    who = stage.who(username)

    def count(db: Any, _now: Any) -> tuple[str, dict[str, Any], str]:
        turn = queries.turn_of(db, paper, who.code)
        code = turn.key_code or ""
        return code, dict(turn.prepared or {}), credentials.count_attempt(db, code)

    lock = [f"person:{who.code}"]
    code, row, locked = stage.do(lock, count)
    key = signing.unlock(locked.encode(), PIN)
    revision = stage.workshop.vault.read(str(row["revision_sha256"]))
    value = signing.sign_attributes(key, PreparedSignature.from_row(row, revision).attributes)
    stage.do(lock, lambda db, _now: credentials.forget_attempts(db, code))
    return value
