"""What falls due when in trading, and which action it calls. The worker sweeps these."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from evidence.actions import signing
from evidence.actions.papers import write_pdfa
from evidence.actions.pdf_signatures import examine
from evidence.actions.workshop import Workshop
from evidence.rules.pdf_reasons import Status
from evidence.rules.signing import SignatureField
from identity.actions import papers
from kernel.errors import InvalidInput
from storage.base import real_now
from storage.database import snapshot
from storage.duties import Duty
from trading import queries
from trading.actions import (
    awarding,
    closing,
    guarantee,
    opening,
    opening_record,
    unsealing,
)
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


def _letter_drawn(code: str, workshop: Workshop) -> str:
    """The guarantee letter as PDF/A, with the place for the issuer's signature."""
    with snapshot() as db:
        letter = guarantee.letter_of(db, code)
    drawn = write_pdfa(
        guarantee.letter_pages(letter),
        title="投标保函",
        subject=letter.order,
        attachment=None,
        font_folder=workshop.font_folder,
        now=letter.made_at,
        rehearsal=letter.is_rehearsal,
    )
    place = SignatureField(guarantee.FIELD, "开立人签名", -1, (320, 120, 460, 174))
    return workshop.keep(signing.lay_out_fields(drawn, [place]))


def _take_drawn(db: Session, code: str, _now: datetime, file: Any) -> None:
    papers.take_drawn(db, code, file)


def _letters_checked(code: str, workshop: Workshop) -> dict[str, str]:
    """Order → SHA-256 of every signed letter of a lot, after our own verifier has passed it."""
    with snapshot() as db:
        found = queries.signed_guarantees(db, queries.lot_by_code(db, code).id)
        files = {each.code: each.paper.file for each in found if each.paper and each.paper.file}
        real = real_now(db)
    for file in files.values():
        _refuse_unless_valid(workshop, file, real)
    return files


def _issue(db: Session, code: str, now: datetime, checked: Any) -> None:
    guarantee.issue_signed(db, code, checked, now=now)


def _record_drawn(code: str, workshop: Workshop) -> str:
    """The opening record as PDF/A with its table inside, certified, with a place for the seal."""
    with snapshot() as db:
        draft, real = opening_record.draft_of(db, code), real_now(db)
    drawn = write_pdfa(
        draft.pages,
        title="开标记录",
        subject=draft.tender_code,
        attachment=("opening.json", draft.data),
        font_folder=workshop.font_folder,
        now=draft.now,
        rehearsal=draft.is_rehearsal,
    )
    certified = signing.certify(
        signing.lay_out_fields(drawn, opening_record.FIELDS),
        workshop.authority,
        workshop.timestamper,
        context=workshop.authority.validation_context(real),
    )
    return workshop.keep(certified)


def _record_checked(code: str, workshop: Workshop) -> str | None:
    with snapshot() as db:
        sha256, real = opening_record.waiting_record(db, code), real_now(db)
    if sha256 is not None:
        _refuse_unless_valid(workshop, sha256, real)
    return sha256


def _take_record(db: Session, code: str, now: datetime, sha256: Any) -> None:
    if sha256 is not None:
        opening_record.take_sealed_record(db, code, sha256, now=now)


def _refuse_unless_valid(workshop: Workshop, sha256: str, real: datetime) -> None:
    """Our own verifier must find nothing against what we hand out. Raises RuntimeError."""
    trust = workshop.authority.trust_pem
    examination = examine(workshop.vault.read(sha256), [trust], now=real)
    if examination.verdict is not Status.VALID:
        raise RuntimeError(f"the file {sha256} does not verify: {examination.verdict}")


DUTIES: Mapping[str, Duty] = {
    "lot.close": Duty(_close),
    "lot.end_window": Duty(_end_window),
    "lot.check_releases": Duty(_judge, _wrong_releases),
    "lot.open": Duty(_open, _unseal_all),
    awarding.SILENCE: Duty(_award_by_silence),
    guarantee.DRAW: Duty(_take_drawn, _letter_drawn),
    opening_record.DRAW: Duty(_take_drawn, _record_drawn),
    opening_record.SEALED: Duty(_take_record, _record_checked),
    guarantee.ISSUED: Duty(_issue, _letters_checked),
}
