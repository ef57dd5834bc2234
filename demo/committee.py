"""The steps of an evaluation, from the draw of the experts to the signed report."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from demo.papers import sign_in_turn
from demo.play import Play
from demo.stage import WITNESS
from evaluation import queries
from evaluation.actions import calls, draw, meeting, ranking, report, scoring
from evaluation.models.draw import Call, Draw
from evaluation.rules import scoring as rules
from evaluation.rules.draw import Party
from evaluation.states import CallState, DrawState, MeetingState, SheetState
from evidence.rules.sealing import nonce_commitment
from evidence.rules.streams import canonical
from storage.database import snapshot
from trading import queries as trading
from trading.actions.rehearsal import move_rehearsal
from trading.states import LotState

_BY_HAND = ("expert", "expert2")
"""Who acts last, so that a lot that stops halfway waits for the accounts that are printed."""


def open_draw(play: Play) -> bool:
    """The agency opens the draw, and the witness commits in the same instant.

    Apart, the witness program might come between, with a nonce that only its folder knows.
    """
    if _draw(play) is None:
        play.later(30)
        _open_with(play, (Party.WITNESS,))
    found = _known_draw(play)
    # Where the witness program looks for what it has to reveal.
    name = f"nonce-{found.code}-{found.round}-{Party.WITNESS.value}"
    play.stage.keys(WITNESS).remember(name, _nonce(play, Party.WITNESS, found.round).hex())
    return True


def commit_nonces(play: Play) -> bool:
    """Procuring entity and host commit too, and the agency freezes the pool."""
    found = _known_draw(play)
    if found.state is DrawState.COMMITTING:
        with snapshot() as db:
            known = {each.party for each in queries.nonces_of(db, _known_draw(play))}
        for party in [each for each in Party if each not in known]:
            _commit(play, found.code, party)
        play.act(draw.freeze_draw, play.plan.agency, found.code)
    return True


def reveal_nonces(play: Play) -> bool:
    """All three reveal; with the last one the experts are drawn."""
    found = _known_draw(play)
    if found.state is DrawState.REVEALING:
        for party in Party:
            nonce = _nonce(play, party, found.round)
            play.act(draw.reveal_nonce, _person(play, party), found.code, party=party, nonce=nonce)
    return True


def stall_draw(play: Play) -> bool:
    """Twice the host commits and stays silent: the draw waits for the regulator."""
    if _draw(play) is None:
        play.later(30)
        _open_with(play, (Party.PROCURING_ENTITY, Party.HOST), freeze=True)
    found = _known_draw(play)
    if found.state is DrawState.REVEALING:
        _reveal_alone(play, found)
        _let_reveal_time_end(play, found)
    return _known_draw(play).state is DrawState.WAITING


def accept_calls(play: Play, *, but: Sequence[str] = ()) -> bool:
    """The called experts accept; the one of the last seat refuses, and a successor is called."""
    if not any(call.state is CallState.REFUSED for call in _calls(play)):
        last = play.stage.expert(_calls(play)[-1].expert_code)
        reason = "抽中当日已有其他评审任务。"
        play.act(calls.refuse_call, last, _known_draw(play).code, reason=reason)
    for call in _calls(play):
        username = play.stage.expert(call.expert_code)
        if call.state is CallState.CALLED and username not in but:
            play.act(calls.accept_call, username, _known_draw(play).code)
    return True


def convene(play: Play) -> bool:
    """The agency convenes the committee."""
    if play.is_in(LotState.CONFIRMED):
        play.later(60)
        play.act(meeting.convene_meeting, play.plan.agency, play.lot)
    return True


def sign_commitments(play: Play, *, least: int | None = None) -> bool:
    """The members sign discipline and absence of conflict; `least` of them, or all."""
    code = _meeting(play)
    with snapshot() as db:
        unsigned = [m.expert_code for m in queries.members_of(db, code) if m.statement is None]
    for expert in _hands_last(play, unsigned, least):
        statement = {
            "type": rules.COMMITMENT_TYPE,
            "meeting": code,
            "lot": play.lot,
            "expert": expert,
            "no_conflict": True,
        }
        username = play.stage.expert(expert)
        play.act(
            meeting.sign_commitment,
            username,
            code,
            rules.parse_commitment(statement),
            signature=play.stage.sign(username, statement),
        )
    return True


def elect_chair(play: Play, *, least: int | None = None) -> bool:
    """The members elect the first of them who plays by himself, so that the play can go on."""
    code = _meeting(play)
    with snapshot() as db:
        found = queries.meeting_by_code(db, code)
        voted = {vote.voter for vote in queries.votes_in(db, found)}
    members = _members(play)
    waiting = [expert for expert in members if expert not in voted]
    chair = _hands_last(play, members, None)[0]
    if found.state is MeetingState.ELECTING:
        for expert in _hands_last(play, waiting, least):
            play.act(meeting.vote_chair, play.stage.expert(expert), code, choice=chair)
    return True


def score(play: Play, *, least: int | None = None) -> bool:
    """The members commit their sheets; `least` of them, or all."""
    code = _meeting(play)
    with snapshot() as db:
        sheets = queries.sheets_of(db, code)
        open_ones = [each.expert_code for each in sheets if each.state is SheetState.DRAFT]
    for expert in _hands_last(play, open_ones, least):
        play.later(4)
        _hand_in(play, expert, 1)
    return True


def reveal_sheets(play: Play) -> bool:
    """The chair shows all sheets to the committee."""
    return _by_chair(play, MeetingState.SCORING, scoring.reveal_sheets)


def change_a_mark(play: Play) -> bool:
    """After the reveal one member corrects a sheet, with a reason."""
    expert = _hands_last(play, _members(play), None)[-1]
    with snapshot() as db:
        last = {v.expert_code: v.version for v in queries.last_versions(db, _meeting(play))}
    if last[expert] == 1:
        _hand_in(play, expert, 2, reason="复核后更正一项评分")
    return True


def lock_sheets(play: Play) -> bool:
    """The chair locks the sheets; the bidders become known."""
    return _by_chair(play, MeetingState.REVEALED, scoring.lock_sheets)


def rank(play: Play) -> bool:
    """The chair has the ranking made."""
    return _by_chair(
        play, MeetingState.LOCKED, ranking.rank_bids, reasoning="各有效投标报价均有竞争性。"
    )


def begin_report(play: Play) -> bool:
    """The chair has the report drawn."""
    return _by_chair(play, MeetingState.RANKED, report.begin_report)


def sign_report(play: Play, *, least: int | None = None) -> bool:
    """The members sign one after the other; `least` of them, or all, and then it is archived."""
    with snapshot() as db:
        lot = trading.lot_by_code(db, play.lot)
        found = queries.report_of_lot(db, lot.id)
        assert found is not None  # noqa: S101 (begun before)
        paper = found.paper_code
    people = [play.stage.expert(expert) for expert in _hands_last(play, _members(play), least)]
    is_signed = sign_in_turn(play, paper, people)
    return is_signed and (least is not None or not play.is_in(LotState.EVALUATING))


def _by_chair(play: Play, state: MeetingState, action: Any, **more: Any) -> bool:
    code = _meeting(play)
    with snapshot() as db:
        found = queries.meeting_by_code(db, code)
    if found.state is state:
        play.later(3)
        play.act(action, play.stage.expert(found.chair or ""), code, **more)
    return True


def _hand_in(play: Play, expert: str, version: int, *, reason: str = "") -> None:
    code, salt = _meeting(play), secrets.token_bytes(rules.SALT_BYTES)
    sheet = _sheet(play, expert, version)
    statement = {
        "type": rules.SHEET_TYPE,
        "meeting": code,
        "expert": expert,
        "version": version,
        "sheet_sha256": hashlib.sha256(salt + canonical(sheet)).hexdigest(),
    }
    username = play.stage.expert(expert)
    play.act(
        scoring.commit_sheet,
        username,
        code,
        rules.parse_sheet_statement(statement),
        sheet=sheet,
        salt=salt,
        signature=play.stage.sign(username, statement),
        reason=reason,
    )


def _sheet(play: Play, expert: str, version: int) -> dict[str, Any]:
    """A full sheet, marks from 60 to 95 per cent; every bid fails where the plan says so."""
    with snapshot() as db:
        bids = queries.blind_codes(db, _meeting(play))
        method = queries.method_of(trading.lot_by_code(db, play.lot))
    seat = _members(play).index(expert)
    rng = play.stage.rng(play.plan.key, "marks", seat, version)
    verdict: dict[str, object] = {"pass": True}
    if play.plan.is_rejected:
        verdict = {"pass": False, "ground": "未对招标文件的实质性要求作出响应。"}
    return {
        "checks": {bid: {item.code: verdict for item in method.checks} for bid in bids},
        "marks": {
            bid: {i.code: f"{i.most * rng.randint(60, 95) / 100:.2f}" for i in method.scored}
            for bid in bids
        },
    }


def _open_with(play: Play, parties: Sequence[Party], *, freeze: bool = False) -> None:
    """Open the draw, have these parties commit, maybe freeze it, all in one transaction."""
    agency = play.stage.who(play.plan.agency)

    def work(db: Any, now: datetime) -> None:
        opened = draw.open_draw(db, agency, play.lot, now=now)
        db.flush()  # the commitments look it up by its code
        _commit_all(play, db, opened, parties, now)
        if freeze:
            draw.freeze_draw(db, agency, opened.code, now=now)

    play.stage.do(play.lock, work)


def _commit_all(play: Play, db: Any, found: Draw, parties: Sequence[Party], now: datetime) -> None:
    for party in parties:
        who = play.stage.who(_person(play, party))
        commitment = nonce_commitment(_nonce(play, party, found.round))
        draw.commit_nonce(db, who, found.code, party=party, commitment=commitment, now=now)


def _commit(play: Play, code: str, party: Party) -> None:
    commitment = nonce_commitment(_nonce(play, party, _known_draw(play).round))
    who = _person(play, party)
    play.act(draw.commit_nonce, who, code, party=party, commitment=commitment)


def _reveal_alone(play: Play, found: Draw) -> None:
    nonce, party = _nonce(play, Party.PROCURING_ENTITY, found.round), Party.PROCURING_ENTITY
    play.act(draw.reveal_nonce, _person(play, party), found.code, party=party, nonce=nonce)


def _let_reveal_time_end(play: Play, found: Draw) -> None:
    """Move the clock to the end of the time and settle; a repeated round begins at once."""
    agency, lock = play.stage.who(play.plan.agency), [f"tender:{play.tender}", *play.lock]

    def work(db: Any, now: datetime) -> None:
        present = queries.draw_by_code(db, found.code)
        if present.reveal_until is None or present.round != found.round:
            return
        tender = trading.tender_by_code(db, play.tender)
        at = move_rehearsal(db, agency, tender, to=max(present.reveal_until, now), now=now)
        draw.settle_draw(db, present, now=at)
        if present.state is DrawState.COMMITTING:
            _commit_all(play, db, present, (Party.PROCURING_ENTITY, Party.HOST), at)
            draw.freeze_draw(db, agency, present.code, now=at)

    play.stage.do(lock, work)


def _nonce(play: Play, party: Party, number: int) -> bytes:
    """This party's nonce of a round, kept before its digest is told."""
    keys, name = play.stage.keys(_person(play, party)), f"nonce-{play.lot}-{number}-{party.value}"
    if not keys.has(name):
        keys.remember(name, secrets.token_bytes(32).hex())
    return bytes.fromhex(keys.recall(name))


def _person(play: Play, party: Party) -> str:
    people = {Party.WITNESS: WITNESS, Party.PROCURING_ENTITY: play.plan.buyer, Party.HOST: "centre"}
    return people[party]


def _draw(play: Play) -> Draw | None:
    with snapshot() as db:
        return queries.draw_of_lot(db, trading.lot_by_code(db, play.lot).id)


def _known_draw(play: Play) -> Draw:
    found = _draw(play)
    assert found is not None  # noqa: S101 (opened before)
    return found


def _calls(play: Play) -> Sequence[Call]:
    code = _known_draw(play).code
    with snapshot() as db:
        return queries.calls_of(db, code)


def _meeting(play: Play) -> str:
    with snapshot() as db:
        found = queries.meeting_of_lot(db, trading.lot_by_code(db, play.lot).id)
        assert found is not None  # noqa: S101 (convened before)
        return found.code


def _members(play: Play) -> list[str]:
    """Codes of the members, in seat order."""
    if not play.members:
        with snapshot() as db:
            found = queries.members_of(db, _meeting(play))
            play.members = [each.expert_code for each in found]
    return list(play.members)


def _hands_last(play: Play, experts: Sequence[str], least: int | None) -> list[str]:
    """Of these the ones who act now, such that `least` of the committee have acted then."""
    ordered = sorted(experts, key=lambda expert: play.stage.expert(expert) in _BY_HAND)
    if least is None:
        return ordered
    already = len(_members(play)) - len(experts)
    return ordered[: max(0, least - already)]
