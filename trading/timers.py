"""What falls due when in trading, and which action it calls. The worker sweeps these.

A duty may have heavy work (decrypting): it is done between the doors, from one snapshot, and
its result is judged again under the lock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kernel.errors import InvalidInput
from storage.database import snapshot
from storage.vault import Vault
from trading import queries
from trading.actions import awarding, closing, opening, unsealing
from trading.rules.opening import SealedBid

Work = Callable[[str, Vault], Any]
Act = Callable[[Session, str, datetime, Any], object]


@dataclass(frozen=True)
class Duty:
    """`work(code, vault)` runs outside a transaction; `act(db, code, now, result)` inside."""

    act: Act
    work: Work | None = None


def _close(db: Session, code: str, now: datetime, _: Any) -> None:
    closing.close_lot(db, code, now=now)


def _end_window(db: Session, code: str, now: datetime, _: Any) -> None:
    opening.end_window(db, code, now=now)


def _sealed_set(code: str) -> tuple[list[SealedBid], list[str]]:
    with snapshot() as db:
        lot = queries.lot_by_code(db, code)
        keys = [key.identity for key in queries.opening_keys(db, lot.id) if key.identity]
        return queries.sealed_bids(db, lot.id), keys


def _wrong_releases(code: str, _vault: Vault) -> list[str]:
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


def _unseal_all(code: str, vault: Vault) -> list[Any]:
    bids, keys = _sealed_set(code)
    return [unsealing.unseal(bid, keys, vault) for bid in bids]


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
