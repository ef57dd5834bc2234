"""JSON endpoints of the pool and the draw; those of the meeting stand in meeting_api.py."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from evaluation import queries
from evaluation.actions import calls, pool, supplement
from evaluation.actions import draw as drawing
from evaluation.forms import (
    CallRefusalBody,
    DrawSeatPath,
    ExpertBody,
    GroundBody,
    NonceBody,
    NonceCommitmentBody,
    RoundQuery,
)
from evaluation.models.draw import Call, Draw, DrawNonce
from evaluation.models.pool import Expert
from evaluation.rules.draw import PERMISSIONS, Party
from identity.forms import CodePath
from identity.guard import check, requires, viewer
from identity.states import Permission
from storage.database import snapshot, transaction

api = APIBlueprint("evaluation_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="draw")])


@api.post("/experts")
@requires(Permission.MANAGE_ORGANISATIONS)
def register_expert(body: ExpertBody) -> Any:
    """Take a person into the pool."""
    with transaction(lock=[f"person:{body.person}"]) as (db, now):
        expert = pool.register_expert(db, viewer(), body.person, body.entry(), now=now)
        return {"expert": expert.code, "state": expert.state.value}, 201


@api.get("/experts")
@requires(Permission.MANAGE_ORGANISATIONS)
def show_experts() -> Any:
    """The pool."""
    with snapshot() as db:
        return {"experts": [_expert_json(expert) for expert in queries.experts(db)]}


@api.post("/experts/<code>/suspension")
@requires(Permission.MANAGE_ORGANISATIONS)
def suspend_expert(path: CodePath, body: GroundBody) -> Any:
    """Keep an expert out of future draws."""
    with transaction(lock=person_of_expert(path.code)) as (db, now):
        expert = pool.suspend_expert(db, viewer(), path.code, ground=body.ground, now=now)
        return {"expert": expert.code, "state": expert.state.value}


@api.post("/experts/<code>/reinstatement")
@requires(Permission.MANAGE_ORGANISATIONS)
def reinstate_expert(path: CodePath, body: GroundBody) -> Any:
    """Let an expert be drawn again."""
    with transaction(lock=person_of_expert(path.code)) as (db, now):
        expert = pool.reinstate_expert(db, viewer(), path.code, ground=body.ground, now=now)
        return {"expert": expert.code, "state": expert.state.value}


@api.post("/lots/<code>/draw")
@requires(Permission.RUN_TENDER)
def open_draw(path: CodePath) -> Any:
    """Open the draw of experts for a lot."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        return _draw_json(drawing.open_draw(db, viewer(), path.code, now=now)), 201


@api.post("/draws/<code>/commitments")
@requires(Permission.SEE_ACCOUNT)
def commit_nonce(path: CodePath, body: NonceCommitmentBody) -> Any:
    """Record SHA-256 of my party's nonce; each party needs its own permission."""
    check(viewer(), PERMISSIONS[body.party])
    with transaction(lock=_lot_of(path.code)) as (db, now):
        commitment = bytes.fromhex(body.sha256)
        drawing.commit_nonce(
            db, viewer(), path.code, party=body.party, commitment=commitment, now=now
        )
    return {"draw": path.code, "party": body.party.value}, 201


@api.post("/draws/<code>/freeze")
@requires(Permission.RUN_TENDER)
def freeze_draw(path: CodePath) -> Any:
    """Freeze the list of those who may be drawn."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        return _draw_json(drawing.freeze_draw(db, viewer(), path.code, now=now))


@api.post("/draws/<code>/nonces")
@requires(Permission.SEE_ACCOUNT)
def reveal_nonce(path: CodePath, body: NonceBody) -> Any:
    """Reveal my party's nonce; with the last one the draw is made."""
    check(viewer(), PERMISSIONS[body.party])
    with transaction(lock=_lot_of(path.code)) as (db, now):
        nonce = bytes.fromhex(body.nonce)
        draw = drawing.reveal_nonce(db, viewer(), path.code, party=body.party, nonce=nonce, now=now)
        return _draw_json(draw)


@api.post("/draws/<code>/repetition")
@requires(Permission.SUPERVISE)
def repeat_draw(path: CodePath, body: GroundBody) -> Any:
    """Let a draw that waits be repeated."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        draw = drawing.repeat_draw(db, viewer(), path.code, ground=body.ground, now=now)
        return _draw_json(draw)


@api.post("/draws/<code>/supplement")
@requires(Permission.RUN_TENDER)
def supplement_draw(path: CodePath) -> Any:
    """As agency, have the vacant seats drawn for again: commitments and a list come anew."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        return _draw_json(supplement.supplement_draw(db, viewer(), path.code, now=now))


@api.get("/open-draws")
@requires(Permission.SEE_ACCOUNT)
def open_draws() -> Any:
    """Draws that wait for commitments or nonces, with the parties that I stand for."""
    with snapshot() as db:
        found = queries.open_draws(db)
        mine, nonces = drawing.parties_in(db, viewer(), found), queries.nonces_in(db, found)
        return {
            "draws": [
                _draw_json(draw)
                | {
                    "lot": draw.lot.code,
                    "parties": [_party_json(p, nonces.get((draw.code, p))) for p in parties],
                }
                for draw in found
                if (parties := mine[draw.code])
            ]
        }


@api.get("/draws/<code>")
@requires(Permission.RUN_TENDER)
def show_draw(path: CodePath) -> Any:
    """How far the draw is, for agency and procuring entity; names of experts are not shown.

    `vacant` are the seats, from 0, to which nobody comes and nobody is called.
    """
    with snapshot() as db:
        draw = queries.draw_run_by(db, viewer(), path.code)
        called = queries.calls_of(db, draw.code)
        shown = [_seat_json(call) for call in called]
        committed = [nonce.party.value for nonce in queries.nonces_of(db, draw)]
        vacant = list(drawing.vacant_seats_of(draw, called))
        return _draw_json(draw) | {"committed": committed, "calls": shown, "vacant": vacant}


@api.get("/draws/<code>/replay")
@requires(Permission.SUPERVISE)
def show_replay(path: CodePath, query: RoundQuery) -> Any:
    """Everything that makes the draw again: frozen list, commitments, nonces, seed, calls.

    Of the present round, however far it is, or of an earlier one in which experts were drawn.
    """
    with snapshot() as db:
        draw = queries.draw_by_code(db, path.code)
        called = [_call_json(call) for call in queries.calls_of(db, draw.code)]
        if query.round in (None, draw.round):
            nonces = queries.nonces_of(db, draw)
            return _draw_json(draw) | _replay_json(draw.frozen, nonces, draw.seed, called)
        made = queries.drawn_round(db, draw, query.round)
        stated = {"draw": draw.code, "round": made.number}
        return stated | _replay_json(made.frozen, made.nonces, made.seed, called)


@api.get("/calls")
@requires(Permission.SCORE)
def my_calls() -> Any:
    """Calls to me; the project is not named."""
    with snapshot() as db:
        return {"calls": [_call_json(call) for call in queries.calls_to(db, viewer().code)]}


@api.post("/draws/<code>/acceptance")
@requires(Permission.SCORE)
def accept_call(path: CodePath) -> Any:
    """Come to the evaluation that I was drawn for."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        return _call_json(calls.accept_call(db, viewer(), path.code, now=now))


@api.post("/draws/<code>/refusal")
@requires(Permission.SCORE)
def refuse_call(path: CodePath, body: CallRefusalBody) -> Any:
    """Do not come; the next expert is called."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        return _call_json(calls.refuse_call(db, viewer(), path.code, reason=body.reason, now=now))


@api.post("/draws/<code>/seats/<seat>/successor")
@requires(Permission.RUN_TENDER)
def pass_over_call(path: DrawSeatPath) -> Any:
    """As agency, pass over who has not answered in time; the next expert is called."""
    with transaction(lock=_lot_of(path.code)) as (db, now):
        return _seat_json(calls.pass_over_call(db, viewer(), path.code, seat=path.seat, now=now))


def person_of_expert(expert: str) -> list[str]:
    """The subject to lock, read unlocked; the action reads again."""
    with snapshot() as db:
        return [f"person:{queries.expert_by_code(db, expert).person.code}"]


def _lot_of(draw: str) -> list[str]:
    with snapshot() as db:
        return [f"lot:{queries.draw_by_code(db, draw).lot.code}"]


def _expert_json(expert: Expert) -> dict[str, Any]:
    return {
        "expert": expert.code,
        "name": expert.name,
        "state": expert.state.value,
        "employer": {"code": expert.employer, "name": expert.employer_name},
        "city": expert.city,
        "specialities": expert.specialities,
        "interests": expert.interests,
    }


def _draw_json(draw: Draw) -> dict[str, Any]:
    frozen = hashlib.sha256(draw.frozen.encode()).hexdigest() if draw.frozen else None
    return {
        "draw": draw.code,
        "state": draw.state.value,
        "round": draw.round,
        "freeze_sha256": frozen,
        "reveal_until": draw.reveal_until.isoformat() if draw.reveal_until else None,
    }


def _replay_json(
    frozen: str | None,
    nonces: Sequence[DrawNonce],
    seed: bytes | None,
    calls: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    brought = [
        {
            "party": nonce.party.value,
            "commitment": nonce.commitment.hex(),
            "nonce": nonce.nonce.hex() if nonce.nonce else None,
        }
        for nonce in nonces
    ]
    made = seed.hex() if seed else None
    return {"frozen": frozen, "nonces": brought, "seed": made, "calls": calls}


def _party_json(party: Party, nonce: DrawNonce | None) -> dict[str, Any]:
    return {
        "party": party.value,
        "committed": nonce.commitment.hex() if nonce else None,
        "revealed": nonce is not None and nonce.nonce is not None,
    }


def _call_json(call: Call) -> dict[str, Any]:
    named = {"draw": call.draw_code, "round": call.round, "expert": call.expert_code}
    return _seat_json(call) | named


def _seat_json(call: Call) -> dict[str, Any]:
    """A call by its seat alone: who is called is not for those who run the tender."""
    return {
        "seat": call.seat,
        "state": call.state.value,
        "answer_until": call.answer_until.isoformat() if call.answer_until else None,
    }
