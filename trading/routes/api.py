"""JSON endpoints of a tender, for programs and for the sealing page. Same actions as the pages."""

import base64
from contextlib import ExitStack
from typing import Any

from flask import current_app, request
from flask_openapi3 import APIBlueprint, Tag

from evidence.actions.receipts import receipt_of, with_proof
from evidence.rules.sealing import HEADER_BYTES, PART_BYTES
from identity.forms import CodePath
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from storage.vault import Vault
from trading import queries
from trading.actions import bidding, rehearsal, tendering
from trading.forms import (
    ClockBody,
    PartQuery,
    PublicationBody,
    SignedBody,
    SubmissionBody,
    TenderBody,
    UploadBody,
    utc,
)
from trading.models.bidding import Bid
from trading.models.tendering import Lot, Tender
from trading.routes.registration import register, subjects_of
from trading.routes.uploading import InTime, Uploads
from trading.rules import bidding as rules
from trading.rules.disclosure import Audience, Matter, may_know

api = APIBlueprint("trading_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="trading")])


@api.post("/tenders")
@requires(Permission.REGISTER_TENDER)
def register_tender(body: TenderBody) -> Any:
    """Register a tender with its lots; the agency's standing is asked under lock."""
    code, lots = register(viewer(), body.draft())
    return {"tender": code, "lots": lots}, 201


@api.post("/tenders/<code>/publication")
@requires(Permission.RUN_TENDER)
def publish_tender(path: CodePath, body: PublicationBody) -> Any:
    """Publish the notice; the lots receive bids from now on."""
    who, subjects = viewer(), subjects_of(path.code)
    with transaction(lock=subjects) as (db, now):
        tendering.publish_tender(
            db, who, path.code, notice=body.notice, deadline=utc(body.deadline), now=now
        )
    return {"tender": path.code, "published_at": now.isoformat()}, 201


@api.get("/tenders/<code>")
@open_to_all
def show_tender(path: CodePath) -> Any:
    """A published tender as the public sees it."""
    with snapshot() as db:
        tender = queries.tender_by_code(db, path.code)
        lots = [lot for lot in tender.lots if may_know(Audience.PUBLIC, Matter.NOTICE, lot.stage)]
        notice = queries.latest_notice(db, tender.id)
        if not lots or notice is None:
            raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=path.code)
        now = legal_now(db, f"tender:{tender.code}")
        return _tender_json(tender) | {
            "now": now.isoformat(),
            "notice": {"published_at": notice.published_at.isoformat(), "text": notice.text},
            "lots": [_lot_json(lot) for lot in lots],
        }


@api.post("/tenders/<code>/clock")
@requires(Permission.MOVE_REHEARSAL)
def move_clock(path: CodePath, body: ClockBody) -> Any:
    """Move a rehearsal's clock forward, at most to its next due moment."""
    subjects = subjects_of(path.code)
    with transaction(lock=subjects) as (db, now):
        tender = queries.tender_by_code(db, path.code)
        reached = rehearsal.move_rehearsal(db, viewer(), tender, to=utc(body.to), now=now)
    return {"now": reached.isoformat()}


@api.post("/lots/<code>/uploads")
@requires(Permission.BID)
def begin_upload(path: CodePath, body: UploadBody) -> Any:
    """Announce a sealed envelope; its parts follow."""
    who = viewer()
    with transaction(lock=[f"organisation:{who.organisation}"]) as (db, _now):
        legal = legal_now(db, f"lot:{path.code}")
        upload = bidding.begin_upload(db, who, path.code, body.size, legal)
    return {"upload": upload.code, "size": upload.size, "have": 0, "part": PART_BYTES}, 201


@api.get("/uploads/<code>")
@requires(Permission.BID)
def show_upload(path: CodePath) -> Any:
    """How far my upload is."""
    with snapshot() as db:
        upload = queries.upload_of(db, path.code, viewer().organisation)
        return {"upload": upload.code, "size": upload.size, "have": upload.received}


@api.put("/uploads/<code>")
@requires(Permission.BID)
def add_part(path: CodePath, query: PartQuery) -> Any:
    """The next part, as raw bytes: 8 MiB, or what is left."""
    who = viewer()
    with snapshot() as db:
        length = request.content_length or 0
        bidding.open_upload(db, who, path.code, offset=query.offset, length=length)
    uploads: Uploads = current_app.extensions["uploads"]
    with uploads.one_of(who.code):
        digest, stored = _vault().put(InTime(request), limit=PART_BYTES)
    with transaction(lock=[f"organisation:{who.organisation}"]) as (db, _now):
        upload = bidding.add_part(
            db, who, path.code, offset=query.offset, digest=digest, length=stored
        )
        return {"upload": upload.code, "have": upload.received, "sha256": digest}


@api.post("/lots/<code>/bids")
@requires(Permission.BID)
def submit_bid(path: CodePath, body: SubmissionBody) -> Any:
    """Submit or replace a bid; the receipt comes at once."""
    who, statement = viewer(), rules.parse_statement(body.statement)
    starts = _first_bytes(who.organisation, body.uploads)
    with transaction(lock=[f"organisation:{who.organisation}", f"lot:{path.code}"]) as (db, now):
        bid, _handle = bidding.submit_bid(
            db,
            who,
            statement,
            lot_code=path.code,
            signature=base64.b64decode(body.signature),
            uploads=body.uploads,
            starts=starts,
            now=now,
        )
        receipt = bid.receipt
    return _receipt(receipt), 201


@api.post("/lots/<code>/withdrawal")
@requires(Permission.BID)
def withdraw_bid(path: CodePath, body: SignedBody) -> Any:
    """Take my bid back before the deadline."""
    withdrawal = rules.parse_withdrawal(body.statement)
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        bid, _handle = bidding.withdraw_bid(
            db,
            viewer(),
            withdrawal,
            lot_code=path.code,
            signature=base64.b64decode(body.signature),
            now=now,
        )
        receipt = bid.receipt
    return {"receipt": receipt, "state": "withdrawn"}


@api.get("/lots/<code>/bids/mine")
@requires(Permission.BID)
def my_bid(path: CodePath) -> Any:
    """My own submissions on a lot."""
    with snapshot() as db:
        lot = tendering.lot_known_to(db, viewer(), path.code)
        bids = queries.bids_of(db, lot.id, viewer().organisation)
        return {"bids": [_bid_json(bid) for bid in bids]}


@api.get("/receipts/<code>")
@requires(Permission.BID)
def show_receipt(path: CodePath) -> Any:
    """My receipt, signed again; with its proof once the lot is closed."""
    with snapshot() as db:
        queries.bid_by_receipt(db, path.code, viewer().organisation)
    return _receipt(path.code)


def _receipt(code: str) -> dict[str, Any]:
    with snapshot() as db:
        fact = queries.submission_fact(db, code)
        assert fact is not None  # noqa: S101 (a bid and its fact are one transaction)
        return with_proof(db, receipt_of(fact, code, current_app.extensions["receipt_key"]()))


def _first_bytes(bidder: str, uploads: dict[str, str]) -> dict[str, bytes]:
    """The head of each envelope, read before the transaction; empty where nothing arrived."""
    with snapshot() as db:
        parts = {name: queries.upload_of(db, code, bidder).parts for name, code in uploads.items()}
    starts = {}
    with ExitStack() as opened:
        for name, digests in parts.items():
            if digests:
                starts[name] = opened.enter_context(_vault().open(digests[0])).read(HEADER_BYTES)
    return {name: starts.get(name, b"") for name in uploads}


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault


def _tender_json(tender: Tender) -> dict[str, Any]:
    return {
        "tender": tender.code,
        "name": tender.name,
        "regime": tender.regime.value,
        "category": tender.category.value,
        "rehearsal": tender.is_rehearsal,
        "agency": {"code": tender.agency.credit_code, "name": tender.agency.name},
        "procuring_entity": {
            "code": tender.procuring_entity.credit_code,
            "name": tender.procuring_entity.name,
        },
    }


def _lot_json(lot: Lot) -> dict[str, Any]:
    shown = {
        "lot": lot.code,
        "name": lot.name,
        "state": lot.state.value,
        "deadline": lot.deadline.isoformat() if lot.deadline else None,
        "window_ends_at": lot.window_ends_at.isoformat() if lot.window_ends_at else None,
        "ceiling_fen": lot.ceiling_fen,
        "guarantee_fen": lot.guarantee_fen,
        "validity_days": lot.validity_days,
        "window_minutes": lot.window_minutes,
        "correction_minutes": lot.correction_minutes,
        "method": lot.method,
    }
    if may_know(Audience.PUBLIC, Matter.SEALED_SET, lot.stage) and lot.sealed_root is not None:
        shown["sealed"] = {"count": lot.sealed_count, "root": lot.sealed_root.hex()}
    return shown


def _bid_json(bid: Bid) -> dict[str, Any]:
    return {
        "receipt": bid.receipt,
        "state": bid.state.value,
        "submitted_at": bid.submitted_at.isoformat(),
    }
