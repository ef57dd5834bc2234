"""The steps from the registration of a tender to its confirmed opening."""

import json
import secrets
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyrage

from demo import bids, words
from demo.play import Play
from demo.stage import WITNESS
from evaluation.rules.method import check_method
from kernel.errors import NotFound
from kernel.periods import SHANGHAI, is_working_day, legal_date, next_working_day
from storage.base import real_now
from storage.database import snapshot
from trading import queries
from trading.actions import opening, tendering, termination
from trading.rules import opening as opening_rules
from trading.rules.tendering import LotTerms, earliest_deadline
from trading.states import LotState

_METHODS = Path(__file__).parents[1] / "docs" / "methods"
_OPENING_HOUR = time(9, 30)
_WAN_FEN = 1_000_000
_FIRST_BID_HOURS, _BETWEEN_BIDS_HOURS = 60, 9
_LARGE_WAN = 1000


def register(play: Play) -> bool:
    """The agency registers the rehearsal, whose clock begins days ago."""
    plan, clock = play.plan, f"tender:{play.tender}"
    codes = tendering.lot_codes(play.tender, plan.lots)
    with snapshot() as db:
        try:
            queries.tender_by_code(db, play.tender)
        except NotFound:
            start = real_now(db) - timedelta(days=plan.days_ago)
        else:
            return True
    agency = play.stage.who(plan.agency)
    entity = play.stage.who(plan.buyer).organisation
    lock = [f"organisation:{agency.organisation}", clock, *(f"lot:{code}" for code in codes)]

    def work(db: Any, now: datetime) -> None:
        tendering.register_tender(
            db,
            agency,
            code=play.tender,
            regime=plan.regime,
            category=plan.category,
            name=plan.name,
            procuring_entity=entity,
            lots=_drafts(play),
            clock=clock,
            check_method=check_method,
            now=now,
        )

    play.stage.do(lock, work, new_clock=(clock, start))
    return True


def publish(play: Play) -> bool:
    """The agency publishes; the witness has an opening key for the lot at the same instant."""
    if not play.is_in(LotState.REGISTERED):
        return True
    play.later(22 * 60)
    plan, agency = play.plan, play.stage.who(play.plan.agency)
    lots = tendering.lot_codes(play.tender, plan.lots)
    play.stage.enrol(WITNESS)

    def work(db: Any, now: datetime) -> None:
        deadline = _deadline(play, now)
        text = words.notice(plan)
        tendering.publish_tender(db, agency, play.tender, notice=text, deadline=deadline, now=now)
        for lot in lots:
            _make_opening_key(play, db, lot, now)

    play.stage.do([f"tender:{play.tender}", *(f"lot:{lot}" for lot in lots)], work)
    return True


def bid(play: Play) -> bool:
    """Everybody of the plan submits in the last days, one after the other."""
    first = _deadline_of(play) - timedelta(hours=_FIRST_BID_HOURS)
    for place, bidder in enumerate(play.plan.bidders):
        if not play.clock_to(first + timedelta(hours=place * _BETWEEN_BIDS_HOURS)):
            return False
        if not bids.has_bid(play, bidder):
            bids.submit(play, bidder)
    return True


def replace_and_withdraw(play: Play) -> bool:
    """The first bidder replaces its bid once, the last withdraws."""
    first, last = play.plan.bidders[0], play.plan.bidders[-1]
    receipts = bids.receipts(play, first)
    if len(receipts) == 1:
        bids.submit(play, first, replaces=receipts[0])
    if bids.has_bid(play, last):
        bids.withdraw(play, last)
    return True


def bid_one(play: Play, *, bidder: str) -> bool:
    """This bidder submits two days before the deadline."""
    if not play.clock_to(_deadline_of(play) - timedelta(days=2)):
        return False
    if not bids.has_bid(play, bidder):
        bids.submit(play, bidder)
    return True


def near_deadline(play: Play) -> bool:
    """Let the clock come to three hours before the deadline."""
    return play.clock_to(_deadline_of(play) - timedelta(hours=3))


def close(play: Play) -> bool:
    """The deadline comes and the platform closes the lot."""
    return play.clock_to(_deadline_of(play)) and not play.is_in(LotState.ANNOUNCED)


def release(play: Play) -> bool:
    """Those who release do, within the first minutes of the window."""
    play.later(2)
    with snapshot() as db:
        lot = queries.lot_by_code(db, play.lot)
        released = {each.bid.bidder.credit_code for each in queries.releases_of(db, lot.id)}
        standing = {each.bidder.credit_code for each in queries.standing_bids(db, lot.id)}
    for bidder in play.plan.bidders:
        code = play.stage.who(bidder).organisation
        if code in standing - released and bidder not in play.plan.silent:
            bids.release(play, bidder)
    return True


def end_window(play: Play) -> bool:
    """The window ends; the witness publishes its private half."""
    ends = play.found().window_ends_at
    if ends is None or not play.clock_to(ends) or play.is_in(LotState.RELEASING):
        return False
    with snapshot() as db:
        keys = queries.opening_keys(db, queries.lot_by_code(db, play.lot).id)
        mine = next(key for key in keys if play.stage.keys(WITNESS).has_seal(key.recipient))
    identity = play.stage.keys(WITNESS).identity_of(mine.recipient)
    play.act(opening.publish_opening_key, WITNESS, mine.code, identity=identity)
    return True


def correct(play: Play) -> bool:
    """Wait until those whose release does not fit were told."""
    with snapshot() as db:
        return queries.correction_began(db, queries.lot_by_code(db, play.lot).id)


def unseal(play: Play) -> bool:
    """Wait until all bids are open, or too few of them."""
    return play.is_in(LotState.OPENED, LotState.FAILED)


def confirm(play: Play) -> bool:
    """The agency confirms the opening record."""
    if play.is_in(LotState.OPENED):
        play.later(25)
        play.act(opening.confirm_opening, play.plan.agency, play.lot)
    return True


def terminate(play: Play) -> bool:
    """The agency ends the lot before any award."""
    if not play.is_in(LotState.TERMINATED):
        ground = "因规划调整，本项目建设条件发生重大变化，经采购人研究决定终止。"
        play.act(termination.terminate_lot, play.plan.agency, play.lot, ground=ground)
    return True


def _make_opening_key(play: Play, db: Any, lot: str, now: datetime) -> None:
    """Register and rehearse the witness's key in the transaction that announces the lot."""
    keys, who = play.stage.keys(WITNESS), play.stage.who(WITNESS)
    recipient = keys.new_seal()
    statement = {
        "type": opening_rules.KEY_TYPE,
        "tender": play.tender,
        "lot": lot,
        "window": play.plan.window_minutes,
        "rehearsal": True,
        "recipient": recipient,
        "nonce": secrets.token_hex(16),
    }
    made, challenge = opening.register_opening_key(
        db,
        who,
        opening_rules.parse_opening_key(statement),
        lot_code=lot,
        signature=play.stage.sign(WITNESS, statement),
        now=now,
    )
    db.flush()  # the rehearsal looks it up by its code
    identity = pyrage.x25519.Identity.from_str(keys.identity_of(recipient))
    answer = pyrage.decrypt(challenge, [identity])
    opening.rehearse_opening_key(db, who, made.code, answer=answer, now=now)


def _drafts(play: Play) -> list[tendering.LotDraft]:
    plan = play.plan
    estimate = plan.estimate * _WAN_FEN // plan.lots
    terms = LotTerms(
        estimate_fen=estimate,
        ceiling_fen=estimate * 105 // 100,
        guarantee_fen=min(estimate // 100, 80_000_000) if plan.guarantee else 0,
        validity_days=90,
        window_minutes=plan.window_minutes,
        correction_minutes=plan.correction_minutes,
    )
    names = words.LOT_NAMES[: plan.lots]
    return [tendering.LotDraft(name, terms, _method(play, estimate)) for name in names]


def _method(play: Play, estimate_fen: int) -> dict[str, Any]:
    """The regime's method, with the committee split over the cities."""
    plan = play.plan
    text = (_METHODS / f"{plan.regime.value.lower()}.json").read_text(encoding="utf-8")
    method: dict[str, Any] = json.loads(text)
    if plan.regime.value == "GOVPROC":
        method["price_rule"]["category"] = plan.category.value
        method["seats"] = 7 if estimate_fen >= _LARGE_WAN * _WAN_FEN else 5
    if plan.speciality:
        here = {"seats": 2, "city": "临江", "speciality": plan.speciality}
        anywhere = {"seats": method["seats"] - 2, "speciality": plan.speciality}
        method["cities"] = [here, anywhere]
    return method


def _deadline(play: Play, now: datetime) -> datetime:
    """Half past nine on the first working day that the law allows."""
    day = legal_date(earliest_deadline(play.plan.regime, now))
    day = day if is_working_day(day) else next_working_day(day)
    return datetime.combine(day, _OPENING_HOUR, SHANGHAI).astimezone(UTC)


def _deadline_of(play: Play) -> datetime:
    deadline = play.found().deadline
    assert deadline is not None  # noqa: S101 (published before)
    return deadline
