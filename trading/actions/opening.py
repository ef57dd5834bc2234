"""The opening hall: opening keys before the deadline, releases in the window, then all at once.

Nobody sees a list, a count or a price while another bidder can still refuse. Whoever comes late
or second does nothing; every step is decided under the lot's lock.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pyrage
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from evidence.queries import facts_about
from identity.actions.credentials import signed_by
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.errors import InvalidInput, NotYet, Refusal, TooLate, refuse_if
from kernel.periods import legal_date
from outbox.actions.messages import publish
from outbox.rules.letters import LetterKind
from storage.due import schedule
from trading import queries
from trading.actions.bidding import bid_stream
from trading.actions.closing import ACTOR
from trading.actions.guarantee import cover_of_bid
from trading.actions.letters import sides_of, standing_bidders, write_about
from trading.actions.opening_record import begin_record
from trading.actions.tendering import (
    lot_known_to,
    lot_run_by,
    move_lot,
    refuse_other_agency,
    tell,
)
from trading.models.bidding import Bid
from trading.models.opening import OpenedBid, OpeningKey, Release
from trading.models.tendering import Lot
from trading.rules import opening as rules
from trading.rules.disclosure import Audience, Matter, may_know
from trading.rules.limits import limits_for
from trading.rules.objections import unanswered_problems
from trading.rules.opening import Outcome, Unsealed
from trading.states import LOT, LotEvent, LotState, ObjectionKind


def register_opening_key(
    db: Session,
    who: Viewer,
    statement: rules.OpeningKeyStatement,
    *,
    lot_code: str,
    signature: bytes,
    now: datetime,
) -> tuple[OpeningKey, bytes]:
    """Record a witness's opening key; return it with a challenge that only it can read."""
    lot = lot_known_to(db, who, lot_code)
    _refuse_unfit_key(lot, statement, now)
    key = signed_by(db, who, statement.text, signature)
    if queries.opening_key_with(db, statement.recipient) is not None:
        raise Refusal("opening_key.used", "该开标公钥已登记过，请为每个标段生成新的密钥。")
    answer = secrets.token_bytes(32)
    opening_key = OpeningKey(
        code=codes.new_code("OK"),
        lot_id=lot.id,
        witness=who.organisation,
        recipient=statement.recipient,
        statement=statement.text.decode(),
        signature=signature,
        key_code=key.code,
        challenge_sha256=hashlib.sha256(answer).hexdigest(),
        registered_at=now,
    )
    db.add(opening_key)
    _record_lot(db, lot, "opening_key.registered", who.code, _key_told(opening_key), now)
    recipient = pyrage.x25519.Recipient.from_str(statement.recipient)
    return opening_key, pyrage.encrypt(answer, [recipient])


def _refuse_unfit_key(lot: Lot, statement: rules.OpeningKeyStatement, now: datetime) -> None:
    refuse_if(
        rules.opening_key_problems(
            statement,
            tender=lot.tender.code,
            lot=lot.code,
            window=lot.window_minutes,
            rehearsal=lot.tender.is_rehearsal,
            state=lot.state,
            deadline=lot.deadline,
            now=now,
        )
    )


def _key_told(key: OpeningKey) -> dict[str, str]:
    """What the fact of its registration holds."""
    return {
        "key": key.code,
        "witness": key.witness,
        "statement": key.statement,
        "signature": key.signature.hex(),
        "signing_key": key.key_code,
    }


def rehearse_opening_key(
    db: Session, who: Viewer, code: str, *, answer: bytes, now: datetime
) -> OpeningKey:
    """The witness shows that it can open with its key; only such keys count."""
    key, lot = queries.opening_key_of(db, code, who.organisation)
    if lot.state is not LotState.ANNOUNCED or lot.deadline is None or now >= lot.deadline:
        raise TooLate("opening_key.too_late", "开标密钥只能在投标截止前演练。")
    if hashlib.sha256(answer).hexdigest() != key.challenge_sha256:
        raise InvalidInput("opening_key.wrong_answer", "演练答案不正确。", field="answer")
    if key.rehearsed_at is None:
        key.rehearsed_at = now
        _record_lot(db, lot, "opening_key.rehearsed", who.code, {"key": key.code}, now)
    return key


def release_bid(
    db: Session,
    who: Viewer,
    statement: rules.ReleaseStatement,
    *,
    blob: bytes,
    signature: bytes,
    now: datetime,
) -> Release:
    """Take a bidder's release. The last one in time counts; the caller holds the lot."""
    bid = queries.bid_by_receipt(db, statement.receipt, who.organisation)
    lot, known = bid.lot, db.get(Release, bid.id)
    if bid.state.value != "submitted":
        raise Refusal("release.not_standing", "该投标文件已被替换或撤回。", "招标投标法 第29条")
    refuse_if(
        rules.release_problems(
            lot.state, window_end(lot), known.correct_until if known else None, now
        ),
        NotYet if lot.state is LotState.ANNOUNCED else TooLate,
    )
    if hashlib.sha256(blob).hexdigest() != statement.release_sha256:
        raise InvalidInput("release.digest", "密钥文件与声明的摘要不符。", field="release")
    key = signed_by(db, who, statement.text, signature)
    if known is not None and known.statement == statement.text.decode():
        return known  # a repeated request finds its release
    _refuse_earlier(db, bid, statement)
    release = known or Release(bid=bid)
    release.blob, release.statement = blob, statement.text.decode()
    release.signature, release.key_code, release.received_at = signature, key.code, now
    db.add(release)
    data = {
        "receipt": bid.receipt,
        "statement": release.statement,
        "signature": signature.hex(),
        "key": key.code,
    }
    _record_bid(db, bid, "bid.released", who.code, data, now)
    _tell_count(db, lot, now)
    return release


def _tell_count(db: Session, lot: Lot, now: datetime) -> None:
    if may_know(Audience.REGULATOR, Matter.RELEASE_COUNT, lot.state):
        db.flush()  # so that the count holds this release
        count = {"lot": lot.code, "released": queries.release_count(db, lot.id)}
        publish(db, f"lot:{lot.code}", "bid.released", {Audience.REGULATOR.value: count}, now)


def _refuse_earlier(db: Session, bid: Bid, statement: rules.ReleaseStatement) -> None:
    """A release that a later one took the place of cannot be brought again, by whomever."""
    earlier = facts_about(db, f"bid:{bid.receipt}", "bid.released")
    if statement.text.decode() in {json.loads(fact.body)["data"]["statement"] for fact in earlier}:
        raise Refusal(
            "release.superseded",
            "这份释放声明已被您之后的声明取代，请重新生成并签名。",
            "电子招标投标办法 第29条",
            field="statement.release_sha256",
        )


def window_end(lot: Lot) -> datetime:
    """When releasing ends: that instant itself is too late."""
    if lot.window_ends_at is None:
        raise NotYet("release.too_early", "尚未到开标时间。", "招标投标法 第34条")
    return lot.window_ends_at


def end_window(db: Session, lot_code: str, *, now: datetime) -> bool:
    """End the window if its end has come; return whether that was done."""
    lot = queries.lot_by_code(db, lot_code)
    if lot.state is not LotState.RELEASING or now < window_end(lot):
        return False
    move_lot(db, lot, LotEvent.WINDOW_ENDED, actor=ACTOR, data={}, now=now)
    tell(db, lot, "lot.window_ended", {}, now)
    return True


def publish_opening_key(
    db: Session, who: Viewer, code: str, *, identity: str, now: datetime
) -> OpeningKey:
    """A witness publishes its private half after the window; any one opens."""
    key, lot = queries.opening_key_of(db, code, who.organisation)
    refuse_if(rules.key_publication_problems(queries.stage_of(db, lot).told), NotYet)
    if key.rehearsed_at is None:
        raise Refusal("opening_key.not_rehearsed", "未经演练的密钥不能用于开标。")
    if _public_half(identity) != key.recipient:
        raise InvalidInput("opening_key.wrong_half", "该私钥与登记的公钥不符。", field="identity")
    if key.published_at is None:
        key.identity, key.published_at = identity, now
        data = {"key": key.code, "identity": identity}
        _record_lot(db, lot, "opening_key.published", who.code, data, now)
        if lot.stage is LotState.UNSEALING:  # suspended then: it is judged after the resumption
            schedule(db, "lot.check_releases", f"lot:{lot.code}", now)
    return key


def judge_releases(db: Session, lot_code: str, wrong: Sequence[str], *, now: datetime) -> None:
    """Tell bidders whose release is wrong, give them their correction time, then open."""
    lot = queries.lot_by_code(db, lot_code)
    if lot.state is not LotState.UNSEALING or queries.correction_began(db, lot.id):
        return
    ends = now + timedelta(minutes=lot.correction_minutes)
    for release in queries.releases_of(db, lot.id):
        if release.bid.receipt in wrong:
            release.correct_until = ends
            data = {"receipt": release.bid.receipt, "until": ends.isoformat()}
            _record_bid(db, release.bid, "bid.release_found_wrong", ACTOR, data, now)
            to = [release.bid.bidder.credit_code]
            write_about(db, lot, LetterKind.RELEASE_WRONG, to, now=now, until=data["until"])
    schedule(db, "lot.open", f"lot:{lot.code}", ends if wrong else now)


def open_lot(db: Session, lot_code: str, unsealed: Sequence[Unsealed], *, now: datetime) -> bool:
    """Record what came out of every bid, all together; under three opened fails."""
    lot = queries.lot_by_code(db, lot_code)
    if lot.state is not LotState.UNSEALING:
        return False
    bids = {bid.receipt: bid for bid in queries.standing_bids(db, lot.id)}
    if set(bids) != {each.receipt for each in unsealed}:
        raise RuntimeError("the opening did not see exactly the sealed set")
    rows = [_store_opened(db, bids[each.receipt], each, now) for each in unsealed]
    opened = [each for each in unsealed if each.outcome is Outcome.OPENED]
    limits = limits_for(lot.tender.regime, legal_date(now))
    event = LotEvent.OPENED if len(opened) >= limits.minimum_bidders else LotEvent.FAILED
    shown = {"table": rows} if event is LotEvent.OPENED else {"opened": len(opened)}
    move_lot(db, lot, event, actor=ACTOR, data=shown, now=now)
    tell(db, lot, f"lot.{event.value}", shown, now)
    kind = LetterKind.OPENING_DONE if event is LotEvent.OPENED else LetterKind.LOT_FAILED
    write_about(db, lot, kind, [*standing_bidders(db, lot), *sides_of(lot)], now=now)
    return True


def confirm_opening(db: Session, who: Viewer, lot_code: str, *, now: datetime) -> Lot:
    """The agency confirms the opening record after objections were answered."""
    lot = lot_run_by(db, who, lot_code)
    refuse_other_agency(who, lot.tender)
    LOT.after(lot.state, LotEvent.CONFIRMED)
    waiting = queries.unanswered_objections(db, lot.id, ObjectionKind.OPENING)
    refuse_if(unanswered_problems(ObjectionKind.OPENING, waiting))
    move_lot(db, lot, LotEvent.CONFIRMED, actor=who.code, data={}, now=now)
    begin_record(db, who, lot, now=now)
    tell(db, lot, "lot.confirmed", {}, now)
    return lot


def _store_opened(db: Session, bid: Bid, each: Unsealed, now: datetime) -> dict[str, object]:
    """Keep and record what came out of one bid; returns its row of the table."""
    manifest = each.manifest
    preimage = manifest.guarantee if manifest else None
    opened = OpenedBid(
        bid=bid,
        outcome=each.outcome,
        finding=each.finding,
        price_fen=manifest.price_fen if manifest else None,
        period_days=manifest.period_days if manifest else None,
        quality=manifest.quality if manifest else None,
        files={name: list(place) for name, place in each.files.items()},
        guarantee=cover_of_bid(db, bid.lot, bid.bidder_id, preimage, now=now),
        opened_at=now,
    )
    db.add(opened)
    row = _table_row(opened)
    _record_bid(db, bid, "bid.opened", ACTOR, row, now)
    return row


def _table_row(opened: OpenedBid) -> dict[str, object]:
    bidder = opened.bid.bidder
    return {
        "bidder": bidder.credit_code,
        "name": bidder.name,
        "outcome": opened.outcome.value,
        "finding": opened.finding,
        "price_fen": opened.price_fen,
        "period_days": opened.period_days,
        "quality": opened.quality,
        "guarantee": opened.guarantee["cover"],
    }


def _record_lot(
    db: Session, lot: Lot, kind: str, actor: str, data: Mapping[str, object], now: datetime
) -> None:
    name = f"lot:{lot.code}"
    record(db, stream=name, kind=kind, actor=actor, subject=name, data=data, now=now)


def _record_bid(
    db: Session, bid: Bid, kind: str, actor: str, data: Mapping[str, object], now: datetime
) -> None:
    stream = bid_stream(bid.lot.code, bid.bidder.credit_code)
    subject = f"bid:{bid.receipt}"
    record(db, stream=stream, kind=kind, actor=actor, subject=subject, data=data, now=now)


def _public_half(identity: str) -> str:
    try:
        return str(pyrage.x25519.Identity.from_str(identity).to_public())
    except pyrage.IdentityError as fault:
        raise InvalidInput(
            "opening_key.malformed", "不是 age X25519 私钥。", field="identity"
        ) from fault
