"""The draw of experts, step by step: commitments, freeze, nonces, seed, calls.

Every step is decided under the lot's lock. Facts carry digests and codes; the frozen list itself
stays in the row, for those who may replay the draw.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from evaluation import queries
from evaluation.models.draw import Call, Draw, DrawNonce
from evaluation.models.pool import Expert
from evaluation.rules import draw as rules
from evaluation.rules.draw import Party
from evaluation.rules.recusal import Ground, Parties, recusal_grounds
from evaluation.rules.supplement import vacant_seats
from evaluation.states import DRAW, CallState, DrawEvent, DrawState
from evidence.actions.streams import advance, record
from evidence.rules.sealing import nonce_commitment
from identity import queries as identity
from identity.actions.letters import write_letter
from identity.queries.standing import Restricted
from identity.rules.permissions import Viewer
from identity.states import RestrictionKind
from kernel import codes
from kernel.errors import InvalidInput, NotAllowed, Refusal, refuse_if
from kernel.text import clean_line
from outbox.actions.messages import publish
from outbox.rules.letters import LetterKind
from storage.base import real_now
from storage.due import cancel, schedule
from trading import queries as trading
from trading.actions.closing import ACTOR
from trading.actions.letters import write_about
from trading.actions.tendering import lot_run_by, refuse_other_agency
from trading.models.opening import OpeningKey
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience
from trading.rules.suspension import moved
from trading.states import DRAWING_STATES

SETTLE = "draw.settle"


def open_draw(db: Session, who: Viewer, lot_code: str, *, now: datetime) -> Draw:
    """The agency opens the draw once the bidders are public, so that conflicts can be seen."""
    lot = lot_run_by(db, who, lot_code)
    refuse_other_agency(who, lot.tender)
    refuse_closed(lot)
    if queries.draw_of_lot(db, lot.id) is not None:
        raise Refusal("draw.known", "该标段已有专家抽取。", "招标投标法实施条例 第46条")
    method = queries.method_of(lot)
    draw = Draw(code=codes.new_code("DR"), lot=lot, state=DrawState.COMMITTING, opened_at=now)
    db.add(draw)
    record_step(db, draw, "draw.opened", who.code, {"seats": len(method.seats)}, now)
    return draw


def commit_nonce(
    db: Session, who: Viewer, code: str, *, party: Party, commitment: bytes, now: datetime
) -> DrawNonce:
    """A party records SHA-256 of its nonce; before the freeze, once a round."""
    draw = _draw_for(db, who, code, party)
    _refuse_state(draw, DrawState.COMMITTING, "draw.frozen_already", "专家名单已冻结，不能再提交。")
    if any(known.party is party for known in queries.nonces_of(db, draw)):
        raise Refusal("draw.committed_already", "本轮已提交过随机数承诺。", field="commitment")
    nonce = DrawNonce(
        draw_code=draw.code,
        round=draw.round,
        party=party,
        person=who.code,
        commitment=commitment,
        committed_at=now,
    )
    db.add(nonce)
    data = {"party": party.value, "round": draw.round, "commitment": commitment.hex()}
    record_step(db, draw, "draw.nonce_committed", who.code, data, now)
    return nonce


def freeze_draw(db: Session, who: Viewer, code: str, *, now: datetime) -> Draw:
    """The agency freezes the list of those who may be drawn; from now on nonces are revealed."""
    draw = queries.draw_run_by(db, who, code)
    refuse_other_agency(who, draw.lot.tender)
    refuse_closed(draw.lot)
    nonces = queries.nonces_of(db, draw)
    if draw.state is DrawState.COMMITTING:
        refuse_if(rules.freeze_problems([nonce.party for nonce in nonces]))
    calls = queries.calls_of(db, draw.code)
    seats = vacant_seats_of(draw, calls)
    candidates, excluded = _sorted_out(db, draw.lot, {call.expert_code for call in calls})
    refuse_if(rules.seat_problems(candidates, list(seats.values())))
    text = rules.freeze_text(
        draw=draw.code,
        lot=draw.lot.code,
        number=draw.round,
        seats=seats,
        candidates=candidates,
        excluded=excluded,
    )
    data = {
        "round": draw.round,
        "sha256": hashlib.sha256(text).hexdigest(),
        "candidates": len(candidates),
        "excluded": len(excluded),
    }
    advance_draw(db, draw, DrawEvent.FROZEN, who.code, data, now)
    draw.frozen, draw.reveal_until = text.decode(), now + rules.REVEAL_TIME
    schedule(db, SETTLE, f"lot:{draw.lot.code}", draw.reveal_until)
    return draw


def reveal_nonce(
    db: Session, who: Viewer, code: str, *, party: Party, nonce: bytes, now: datetime
) -> Draw:
    """A party reveals its nonce in time; with the last one the draw is made."""
    draw = _draw_for(db, who, code, party)
    _refuse_state(draw, DrawState.REVEALING, "draw.not_revealing", "现在不是公开随机数的阶段。")
    if draw.reveal_until is None or now >= draw.reveal_until:
        raise Refusal("draw.reveal_too_late", "公开随机数的时间已过。", field="nonce")
    known = next((n for n in queries.nonces_of(db, draw) if n.party is party), None)
    if known is None:
        raise Refusal("draw.not_committed", "本轮没有提交过随机数承诺。", field="nonce")
    if not secrets.compare_digest(nonce_commitment(nonce), known.commitment):
        raise InvalidInput("draw.wrong_nonce", "随机数与承诺不符。", field="nonce")
    if known.nonce is None:
        known.nonce, known.revealed_at = nonce, now
        data = {"party": party.value, "round": draw.round, "nonce": nonce.hex()}
        record_step(db, draw, "draw.nonce_revealed", who.code, data, now)
    if settle_draw(db, draw, now=now):
        cancel(db, SETTLE, f"lot:{draw.lot.code}")
    return draw


def settle_draw(db: Session, draw: Draw, *, now: datetime) -> bool:
    """Draw when all have revealed or the time is over; return whether something was decided.

    Who did not reveal is named. The first time the round is repeated with fresh commitments; later
    it goes on with what was revealed if one revealer is neither procuring entity nor agency, else
    it waits for the regulator.
    """
    if draw.state is not DrawState.REVEALING or draw.frozen is None or draw.reveal_until is None:
        return False
    nonces = queries.nonces_of(db, draw)
    revealed = {n.party: n.nonce for n in nonces if n.nonce is not None}
    missing = [n.party.value for n in nonces if n.nonce is None]
    if missing and now < draw.reveal_until:
        return False
    if missing and rules.is_repeated(draw.round, queries.last_drawn_round(db, draw.code)):
        _repeat(db, draw, ACTOR, {"missing": missing, "round": draw.round}, now)
    elif not rules.is_opposed(revealed):
        data = {"missing": missing, "round": draw.round}
        advance_draw(db, draw, DrawEvent.STALLED, ACTOR, data, now)
        write_about(db, draw.lot, LetterKind.DRAW_WAITS, now=now, draw=draw.code)
    else:
        _draw_experts(db, draw, draw.frozen, revealed, missing, now)
    return True


def move_draw(db: Session, lot: Lot, stopped_at: datetime, resumed_at: datetime) -> None:
    """After a suspension: who has still to reveal or to answer has as much time as before."""
    draw = queries.draw_of_lot(db, lot.id)
    if draw is not None:
        draw.reveal_until = moved(draw.reveal_until, stopped_at, resumed_at)
        for call in queries.calls_of(db, draw.code):
            call.answer_until = moved(call.answer_until, stopped_at, resumed_at)


def repeat_draw(db: Session, who: Viewer, code: str, *, ground: str, now: datetime) -> Draw:
    """The regulator lets a draw that waits be repeated with fresh commitments."""
    draw = queries.draw_by_code(db, code)
    refuse_closed(draw.lot)
    _refuse_state(draw, DrawState.WAITING, "draw.not_waiting", "该抽取没有等待监管部门处理。")
    data = {"ground": clean_line(ground, field="ground"), "round": draw.round}
    _repeat(db, draw, who.code, data, now)
    return draw


def _draw_experts(
    db: Session,
    draw: Draw,
    frozen: str,
    revealed: Mapping[Party, bytes],
    missing: Sequence[str],
    now: datetime,
) -> None:
    digest = hashlib.sha256(frozen.encode()).digest()
    seed, drawn = rules.replay(frozen, list(revealed.values()))
    data = {
        "round": draw.round,
        "freeze_sha256": digest.hex(),
        "nonces": sorted(nonce.hex() for nonce in revealed.values()),
        "missing": missing,
        "seed": seed.hex(),
        "experts": list(drawn.values()),
    }
    advance_draw(db, draw, DrawEvent.SEEDED, ACTOR, data, now)
    draw.seed = seed
    for seat, expert in drawn.items():
        call_expert(db, draw, seat, expert, now)


def vacant_seats_of(draw: Draw, calls: Sequence[Call]) -> dict[int, rules.Seat]:
    """The seats that are still to be drawn for, by their number; in the first round all."""
    seats = queries.method_of(draw.lot).seats
    return {seat: seats[seat] for seat in vacant_seats(len(seats), answers_in(calls))}


def answers_in(calls: Sequence[Call]) -> list[tuple[int, CallState]]:
    """Of every call the seat and what became of it, as the rules of vacant seats ask."""
    return [(call.seat, call.state) for call in calls]


def _sorted_out(
    db: Session, lot: Lot, called: Collection[str]
) -> tuple[list[rules.Candidate], dict[str, list[str]]]:
    """Who may be drawn for this lot, and who may not with the grounds."""
    parties = Parties(
        bidders=frozenset(bid.bidder.credit_code for bid in trading.standing_bids(db, lot.id)),
        agency=lot.tender.agency.credit_code,
        procuring_entity=lot.tender.procuring_entity.credit_code,
    )
    candidates, excluded = [], {}
    restricted = identity.restricted_now(db, RestrictionKind.EVALUATION, real_now(db))
    for expert in queries.active_experts(db):
        if grounds := _grounds(expert, parties, restricted, called):
            excluded[expert.code] = grounds
        else:
            specialities = frozenset(expert.specialities)
            candidates.append(rules.Candidate(expert.code, expert.city, specialities))
    return candidates, excluded


def _grounds(
    expert: Expert, parties: Parties, restricted: Restricted, called: Collection[str]
) -> list[str]:
    account = expert.person.organisation
    employers = {
        expert.employer: expert.employer_name,
        account.credit_code: account.name,
    }
    grounds = recusal_grounds(employers.keys(), expert.interests, parties)
    if any(restricted.holds(code, name) for code, name in employers.items()):
        grounds.append(Ground.EMPLOYER_RESTRICTED)
    if expert.code in called:
        grounds.append(Ground.CALLED_BEFORE)
    return [ground.value for ground in grounds]


def parties_of(db: Session, who: Viewer, draw: Draw) -> list[Party]:
    """The parties for which this person may bring a nonce to a draw."""
    return parties_in(db, who, [draw])[draw.code]


def parties_in(db: Session, who: Viewer, draws: Sequence[Draw]) -> dict[str, list[Party]]:
    """The same for several draws by their codes; their witnesses are read together."""
    parts = trading.parts_of(db, keys=[draw.lot_id for draw in draws])
    lineups = {draw.code: _lineup(draw, parts[draw.lot_id].keys) for draw in draws}
    return {
        code: [party for party in Party if not rules.party_problems(who, party, lineup)]
        for code, lineup in lineups.items()
    }


def _lineup(draw: Draw, keys: Sequence[OpeningKey]) -> rules.Lineup:
    tender = draw.lot.tender
    return rules.Lineup(
        witnesses=frozenset(key.witness for key in keys),
        procuring_entity=tender.procuring_entity.credit_code,
        agency=tender.agency.credit_code,
    )


def _draw_for(db: Session, who: Viewer, code: str, party: Party) -> Draw:
    draw = queries.draw_by_code(db, code)
    lineup = _lineup(draw, trading.opening_keys(db, draw.lot_id))
    refuse_if(rules.party_problems(who, party, lineup), NotAllowed)
    refuse_closed(draw.lot)
    return draw


def call_expert(db: Session, draw: Draw, seat: int, expert: str, now: datetime) -> None:
    """Call a drawn expert for a seat, and write to them."""
    db.add(
        Call(
            draw_code=draw.code,
            expert_code=expert,
            seat=seat,
            round=draw.round,
            state=CallState.CALLED,
            called_at=now,
            answer_until=now + rules.ANSWER_TIME,
        )
    )
    # Which tender it is for is not said: the page tells it to whom it may be told.
    named = {"draw": draw.code, "rehearsal": draw.lot.tender.is_rehearsal}
    to, subject = [queries.expert_by_code(db, expert).person.code], f"draw:{draw.code}"
    write_letter(db, LetterKind.EXPERT_CALLED, subject, to=to, now=now, data=named)


def _repeat(db: Session, draw: Draw, actor: str, data: Mapping[str, object], now: datetime) -> None:
    advance_draw(db, draw, DrawEvent.REPEATED, actor, data, now)
    begin_round(draw)


def begin_round(draw: Draw) -> None:
    """Another round begins: commitments come again, and a list is frozen again."""
    draw.round, draw.frozen, draw.reveal_until, draw.seed = draw.round + 1, None, None, None


def refuse_closed(lot: Lot) -> None:
    """Experts are drawn and answer only between opening and evaluation."""
    if lot.state not in DRAWING_STATES:
        raise Refusal(
            "draw.wrong_stage",
            "专家抽取只能在开标之后、评标之前进行。",
            "招标投标法实施条例 第46条",
        )


def _refuse_state(draw: Draw, wanted: DrawState, code: str, message: str) -> None:
    if draw.state is not wanted:
        raise Refusal(code, message, "招标投标法实施条例 第46条")


def advance_draw(
    db: Session,
    draw: Draw,
    event: DrawEvent,
    actor: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    """Move the draw, record it and tell of it."""
    name = f"draw:{draw.code}"
    advance(db, draw, DRAW, event, stream=name, actor=actor, subject=name, data=data, now=now)
    tell(db, draw, f"draw.{event.value}", now)


def record_step(
    db: Session, draw: Draw, kind: str, actor: str, data: Mapping[str, object], now: datetime
) -> None:
    """Record one step in the stream of the draw and tell of it."""
    name = f"draw:{draw.code}"
    stated = {"lot": draw.lot.code, **data}
    record(db, stream=name, kind=kind, actor=actor, subject=name, data=stated, now=now)
    tell(db, draw, kind, now)


def tell(db: Session, draw: Draw, kind: str, now: datetime) -> None:
    """Tell the party and regulators that the draw moved; never who is called."""
    news = {"lot": draw.lot.code, "draw": draw.code, "state": draw.state.value}
    audiences = (Audience.PARTY.value, Audience.REGULATOR.value)
    publish(db, f"lot:{draw.lot.code}", kind, dict.fromkeys(audiences, news), now)
