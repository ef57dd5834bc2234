"""Uploading sealed envelopes, submitting, replacing, withdrawing; the receipt.

Everything here is held back: its facts join the tree only with the close, and nothing but the
bidder's own answer tells that it happened.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from evidence.actions.streams import FactHandle, record
from evidence.rules.sealing import header_problems
from identity import queries as identity
from identity.actions.credentials import signed_by
from identity.actions.standing import refuse_restricted
from identity.models.credentials import SigningKey
from identity.models.organisations import Organisation
from identity.rules.permissions import Viewer
from identity.states import RestrictionKind
from kernel import codes
from kernel.errors import InvalidInput, Refusal, TooLate, TooMany, refuse_if
from outbox.rules.letters import LetterKind
from storage.subjects import legal_now
from trading import queries
from trading.actions.letters import write_about
from trading.actions.tendering import lot_known_to
from trading.models.bidding import Bid, Upload
from trading.models.tendering import Lot
from trading.rules import bidding as rules
from trading.states import BID, BidEvent, BidState

UPLOADS_AT_ONCE = 8
UPLOAD_EXPIRES = timedelta(minutes=10)
"""An upload begun before counts no more: what broke off must not shut its bidder out for good."""
UNNAMED_LIMIT = 4 * rules.ENVELOPE_LIMIT
"""So many bytes may one bidder keep here for one lot without submitting them."""


def begin_upload(db: Session, who: Viewer, lot_code: str, size: int, now: datetime) -> Upload:
    """Announce an envelope of this many bytes. Raises TooLate after the deadline."""
    lot, bidder = lot_known_to(db, who, lot_code), _bidder(db, who)
    _refuse_unless_receiving(lot, now)
    if not 0 < size <= rules.ENVELOPE_LIMIT:
        raise InvalidInput(
            "upload.size",
            "文件应为 1 至 %(limit)s 字节。",
            field="size",
            limit=rules.ENVELOPE_LIMIT,
        )
    if queries.unfinished_uploads(db, lot.id, bidder.id, now - UPLOAD_EXPIRES) >= UPLOADS_AT_ONCE:
        raise TooMany("upload.too_many", "未完成的上传任务过多，请先完成或等待其过期。")
    _refuse_above_quota(db, lot.id, bidder.id, size)
    upload = Upload(
        code=codes.new_code("UP"), lot_id=lot.id, bidder_id=bidder.id, size=size, made_at=now
    )
    upload.received, upload.parts = 0, []
    db.add(upload)
    return upload


def add_part(
    db: Session, who: Viewer, code: str, *, offset: int, digest: str, length: int
) -> Upload:
    """Note a part that has been stored. Raises as `open_upload` does."""
    upload = open_upload(db, who, code, offset=offset, length=length)
    upload.parts = [*upload.parts, digest]
    upload.received += length
    return upload


def open_upload(db: Session, who: Viewer, code: str, *, offset: int, length: int) -> Upload:
    """My upload, if it takes this part now: what has not arrived by the deadline never does.

    Raises TooLate, TooMany, and Refusal with the place to go on from.
    Source: 电子招标投标办法 第27条.
    """
    upload = queries.upload_of(db, code, who.organisation)
    _refuse_unless_receiving(upload.lot, legal_now(db, f"lot:{upload.lot.code}"))
    refuse_if(rules.part_problems(upload.size, upload.received, offset, length))
    _refuse_above_quota(db, upload.lot_id, upload.bidder_id, length)
    return upload


def submit_bid(
    db: Session,
    who: Viewer,
    statement: rules.Statement,
    *,
    lot_code: str,
    signature: bytes,
    uploads: Mapping[str, str],
    starts: Mapping[str, bytes],
    now: datetime,
) -> tuple[Bid, FactHandle | None]:
    """Accept a bid, replacing the one that stood. The caller holds the lot.

    `uploads` maps envelope names to upload codes, `starts` to the first bytes of what is stored.
    A repeated request (same nonce, same statement) gives the same bid and no new fact.
    """
    lot, bidder = lot_known_to(db, who, lot_code), _bidder(db, who)
    repeated = queries.bid_with_nonce(db, bidder.id, statement.nonce)
    if repeated is not None:
        _refuse_other_statement(repeated, statement)
        return repeated, None
    _refuse_unless_receiving(lot, now)
    refuse_restricted(db, bidder.credit_code, bidder.name, RestrictionKind.BIDDING)
    refuse_if(
        rules.address_problems(
            statement, tender=lot.tender.code, lot=lot.code, bidder=bidder.credit_code
        )
    )
    key = signed_by(db, who, statement.text, signature)
    _refuse_seal_of_another(db, lot, bidder, statement)
    _refuse_incomplete(db, who, lot, statement, uploads, starts)
    replaced = _replaced(db, lot, bidder, statement)
    bid = _store(db, lot, bidder, key, statement, signature, uploads, now)
    handle = _record(db, who, lot, bid, "bid.submitted", statement.text, signature, now)
    kind = LetterKind.BID_REPLACED if replaced else LetterKind.BID_RECEIVED
    _write(db, lot, kind, bid, now, replaced=replaced)
    return bid, handle


def _replaced(db: Session, lot: Lot, bidder: Organisation, statement: rules.Statement) -> str:
    """Receipt of the bid that stood and stands no longer; empty when there was none."""
    standing = queries.standing_bid(db, lot.id, bidder.id)
    refuse_if(
        rules.replacement_problems(statement.replaces, standing.receipt if standing else None)
    )
    if standing is None:
        return ""
    standing.state = BID.after(standing.state, BidEvent.REPLACED)
    db.flush()  # the old one must stop standing before the new one stands
    return standing.receipt


def withdraw_bid(
    db: Session,
    who: Viewer,
    withdrawal: rules.Withdrawal,
    *,
    lot_code: str,
    signature: bytes,
    now: datetime,
) -> tuple[Bid, FactHandle]:
    """Take a standing bid back before the deadline. The caller holds the lot."""
    lot, bidder = lot_known_to(db, who, lot_code), _bidder(db, who)
    bid = queries.bid_by_receipt(db, withdrawal.receipt, who.organisation)
    _refuse_unless_receiving(lot, now)
    refuse_if(
        rules.address_problems(
            withdrawal, tender=lot.tender.code, lot=lot.code, bidder=bidder.credit_code
        )
    )
    if bid.lot_id != lot.id:
        raise InvalidInput("bid.other_lot", "该回执属于另一标段。", field="statement.receipt")
    signed_by(db, who, withdrawal.text, signature)
    bid.state = BID.after(bid.state, BidEvent.WITHDRAWN)
    handle = _record(db, who, lot, bid, "bid.withdrawn", withdrawal.text, signature, now)
    _write(db, lot, LetterKind.BID_WITHDRAWN, bid, now)
    return bid, handle


def bid_stream(lot: str, bidder: str) -> str:
    """Name of the stream of one bidder's facts on one lot."""
    return f"lot:{lot}/bidder:{bidder}"


def _store(
    db: Session,
    lot: Lot,
    bidder: Organisation,
    key: SigningKey,
    statement: rules.Statement,
    signature: bytes,
    uploads: Mapping[str, str],
    now: datetime,
) -> Bid:
    bid = Bid(
        receipt=codes.new_code("RC"),
        lot=lot,
        bidder=bidder,
        state=BidState.SUBMITTED,
        statement=statement.text.decode(),
        signature=signature,
        key_code=key.code,
        nonce=statement.nonce,
        uploads=dict(uploads),
        submitted_at=now,
    )
    db.add(bid)
    return bid


def _record(
    db: Session,
    who: Viewer,
    lot: Lot,
    bid: Bid,
    kind: str,
    text: bytes,
    signature: bytes,
    now: datetime,
) -> FactHandle:
    return record(
        db,
        stream=bid_stream(lot.code, bid.bidder.credit_code),
        kind=kind,
        actor=who.code,
        subject=f"bid:{bid.receipt}",
        data={
            "receipt": bid.receipt,
            "lot": lot.code,
            "statement": text.decode(),
            "signature": signature.hex(),
            "key": bid.key_code,
        },
        now=now,
        held_by=f"lot:{lot.code}",
    )


def _write(db: Session, lot: Lot, kind: LetterKind, bid: Bid, now: datetime, **data: str) -> None:
    to = [bid.bidder.credit_code]
    write_about(db, lot, kind, to, now=now, receipt=bid.receipt, **data)


def _bidder(db: Session, who: Viewer) -> Organisation:
    return identity.organisation_by_code(db, who.organisation)


def _refuse_unless_receiving(lot: Lot, now: datetime) -> None:
    problems = rules.reception_problems(lot.state, lot.deadline, now)
    refuse_if(problems, TooLate if lot.deadline is not None and now >= lot.deadline else Refusal)


def _refuse_above_quota(db: Session, lot_id: int, bidder_id: int, more: int) -> None:
    """Counted is what has come: what is only announced takes no room, and is asked for again."""
    if queries.unnamed_bytes(db, lot_id, bidder_id) + more > UNNAMED_LIMIT:
        raise TooMany(
            "upload.quota",
            "本标段已上传而未递交的内容将超过 %(limit)s 字节，请用已上传的文件递交。",
            limit=UNNAMED_LIMIT,
        )


def _refuse_other_statement(known: Bid, statement: rules.Statement) -> None:
    if known.statement != statement.text.decode():
        raise InvalidInput(
            "statement.nonce_used",
            "该随机数已用于另一份声明，请更换后重新签名。",
            field="statement.nonce",
        )


def _refuse_seal_of_another(
    db: Session, lot: Lot, bidder: Organisation, statement: rules.Statement
) -> None:
    """A seal is made for one bid: under it again, a bid could be copied that nobody can read yet.

    Nobody learns anything by trying: whoever knows a seal knows that bid already.
    """
    for envelope in statement.envelopes:
        if queries.is_sealed_by_another(db, lot.id, bidder.id, envelope.seal):
            raise Refusal(
                "seal.used",
                "信封“%(name)s”的封签已用于另一份投标文件，请生成新的封签后重新加密。",
                "招标投标法 第32条",
                field="statement.envelopes",
                name=envelope.name,
            )


def _refuse_incomplete(
    db: Session,
    who: Viewer,
    lot: Lot,
    statement: rules.Statement,
    uploads: Mapping[str, str],
    starts: Mapping[str, bytes],
) -> None:
    for envelope in statement.envelopes:
        if envelope.name not in uploads:
            raise InvalidInput(
                "envelope.no_upload",
                "没有指明信封“%(name)s”的上传任务。",
                field="uploads",
                name=envelope.name,
            )
        upload = queries.upload_of(db, uploads[envelope.name], who.organisation)
        if upload.lot_id != lot.id:
            raise InvalidInput("upload.other_lot", "该上传任务属于另一标段。", field="uploads")
        refuse_if(rules.envelope_problems(envelope, upload.received, upload.parts))
        refuse_if(header_problems(starts[envelope.name]), InvalidInput)
