"""What falls due when in trading, and which action it calls. The worker sweeps these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from evidence.actions.workshop import Workshop
from kernel.errors import InvalidInput
from storage.database import snapshot
from storage.duties import Duty
from trading import queries
from trading.actions import awarding, closing, opening, unsealing
from trading.rules.opening import SealedBid


def _close(db: Session, code: str, now: datetime, _: Any) -> None:
    closing.close_lot(db, code, now=now)


def _end_window(db: Session, code: str, now: datetime, _: Any) -> None:
    opening.end_window(db, code, now=now)


def _sealed_set(code: str) -> tuple[list[SealedBid], list[str]]:
    with snapshot() as db:
        lot = queries.lot_by_code(db, code)
        keys = [key.identity for key in queries.opening_keys(db, lot.id) if key.identity]
        return queries.sealed_bids(db, lot.id), keys


def _wrong_releases(code: str, _workshop: Workshop) -> list[str]:
    bids, keys = _sealed_set(code)
    return [bid.receipt for bid in bids if bid.release and not _is_right(bid, keys)]


def _is_right(bid: SealedBid, keys: list[str]) -> bool:
    try:
        identities = unsealing.released_identities(bid.release or b"", keys)
    except InvalidInput:
        return False
    return unsealing.fits(identities, bid.envelopes)


def _judge(db: Session, code: str, now: datetime, wrong: Any) -> None:
    opening.judge_releases(db, code, wrong, now=now)


def _unseal_all(code: str, workshop: Workshop) -> list[Any]:
    bids, keys = _sealed_set(code)
    return [unsealing.unseal(bid, keys, workshop.vault) for bid in bids]


def _open(db: Session, code: str, now: datetime, unsealed: Any) -> None:
    opening.open_lot(db, code, unsealed, now=now)


def _award_by_silence(db: Session, code: str, now: datetime, _: Any) -> None:
    awarding.award_by_silence(db, code, now=now)


DUTIES: Mapping[str, Duty] = {
    "lot.close": Duty(_close),
    "lot.end_window": Duty(_end_window),
    "lot.check_releases": Duty(_judge, _wrong_releases),
    "lot.open": Duty(_open, _unseal_all),
    awarding.SILENCE: Duty(_award_by_silence),
}
