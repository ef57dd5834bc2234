"""JSON endpoints of the opening hall: opening keys, releases, one's own state, the table."""

import base64
from typing import Any

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag

from identity.forms import CodePath, sends_file
from identity.guard import open_to_all, requires, viewer
from identity.states import Permission
from kernel.errors import NotFound
from storage.database import snapshot, transaction
from storage.subjects import legal_now
from trading import queries
from trading.actions import opening
from trading.actions.tendering import lot_known_to
from trading.forms import AnswerBody, IdentityBody, ReleaseBody, SignedBody
from trading.models.opening import OpenedBid, OpeningKey
from trading.rules import opening as rules
from trading.rules.disclosure import Audience, Matter, may_know_at
from trading.states import OPENING_STATES

api = APIBlueprint("opening_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="opening")])


@api.get("/opening/lots")
@requires(Permission.WITNESS_OPENING)
def lots_to_open() -> Any:
    """Lots that a witness has to look after, with this witness's own keys."""
    with snapshot() as db:
        lots = queries.lots_in(db, OPENING_STATES)
        mine = queries.opening_keys_of(db, [lot.id for lot in lots], viewer().organisation)
        return {
            "lots": [
                {
                    "lot": lot.code,
                    "state": lot.state.value,
                    "keys": [_key_json(key) for key in mine if key.lot_id == lot.id],
                }
                for lot in lots
            ]
        }


@api.post("/lots/<code>/opening-keys")
@requires(Permission.WITNESS_OPENING)
def register_opening_key(path: CodePath, body: SignedBody) -> Any:
    """Register an opening key before the deadline; answer the challenge to rehearse it."""
    statement = rules.parse_opening_key(body.statement)
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        key, challenge = opening.register_opening_key(
            db,
            viewer(),
            statement,
            lot_code=path.code,
            signature=base64.b64decode(body.signature),
            now=now,
        )
        code = key.code
    return {"key": code, "challenge": base64.b64encode(challenge).decode()}, 201


@api.get("/lots/<code>/opening-keys")
@open_to_all
def show_opening_keys(path: CodePath) -> Any:
    """The rehearsed opening keys, to whom a bidder releases."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        return {
            "now": legal_now(db, f"lot:{lot.code}").isoformat(),
            "keys": [
                {
                    "key": key.code,
                    "witness": key.witness,
                    "recipient": key.recipient,
                    "statement": key.statement,
                    "signature": key.signature.hex(),
                    "published": key.identity,
                }
                for key in queries.opening_keys(db, lot.id)
            ],
        }


@api.post("/opening-keys/<code>/rehearsal")
@requires(Permission.WITNESS_OPENING)
def rehearse_opening_key(path: CodePath, body: AnswerBody) -> Any:
    """Show that this key opens what is encrypted to it."""
    with transaction(lock=[_lot_of_key(path.code)]) as (db, now):
        answer = base64.b64decode(body.answer)
        opening.rehearse_opening_key(db, viewer(), path.code, answer=answer, now=now)
    return {"key": path.code, "rehearsed": True}


@api.post("/opening-keys/<code>/publication")
@requires(Permission.WITNESS_OPENING)
def publish_opening_key(path: CodePath, body: IdentityBody) -> Any:
    """Publish the private half after the window; any one opens."""
    with transaction(lock=[_lot_of_key(path.code)]) as (db, now):
        opening.publish_opening_key(db, viewer(), path.code, identity=body.identity, now=now)
    return {"key": path.code, "published": True}


@api.post("/bids/<code>/release")
@requires(Permission.BID)
def release_bid(path: CodePath, body: ReleaseBody) -> Any:
    """Release the key of my bid; this is the sign-in. The last one in time counts."""
    who, statement = viewer(), rules.parse_release(body.statement)
    if statement.receipt != path.code:
        raise NotFound("receipt.not_found", "没有编号为“%(value)s”的回执。", value=path.code)
    with snapshot() as db:
        lot = queries.bid_by_receipt(db, path.code, who.organisation).lot.code
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        release = opening.release_bid(
            db,
            who,
            statement,
            blob=base64.b64decode(body.release),
            signature=base64.b64decode(body.signature),
            now=now,
        )
        received = release.received_at
    return {"receipt": path.code, "released_at": received.isoformat()}, 201


@api.get("/bids/<code>/opening")
@requires(Permission.BID)
def my_opening(path: CodePath) -> Any:
    """The state of my own bid in the opening, and nobody else's."""
    with snapshot() as db:
        bid = queries.bid_by_receipt(db, path.code, viewer().organisation)
        release, opened = queries.opening_of(db, bid.id)
        until = release.correct_until if release else None
        return {
            "receipt": bid.receipt,
            "lot_state": bid.lot.state.value,
            "now": legal_now(db, f"lot:{bid.lot.code}").isoformat(),
            "released_at": release.received_at.isoformat() if release else None,
            "correct_until": until.isoformat() if until else None,
            "outcome": opened.outcome.value if opened else None,
            "finding": opened.finding if opened else None,
        }


@api.get("/lots/<code>/opening")
@open_to_all
def show_opening(path: CodePath) -> Any:
    """The price table, once all bids have been opened together."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        stage = queries.stage_of(db, lot)
        if not may_know_at(Audience.PUBLIC, Matter.OPENING_TABLE, stage):
            raise NotFound("opening.not_yet", "该标段尚未开标。", "招标投标法 第34条")
        return {
            "lot": lot.code,
            "state": lot.state.value,
            "table": [_row(opened) for opened in queries.opened_bids(db, lot.id)],
        }


@api.get("/lots/<code>/opening-record", responses=sends_file("application/pdf"))
@open_to_all
def show_opening_record(path: CodePath) -> Any:
    """The sealed opening record as PDF, with its table attached as JSON."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        made = queries.opening_record_of(db, lot.id)
        stage = queries.stage_of(db, lot)
    known = may_know_at(Audience.PUBLIC, Matter.OPENING_TABLE, stage)
    if made is None or made.sha256 is None or not known:
        raise NotFound("opening_record.not_yet", "该标段还没有开标记录。", "招标投标法 第36条")
    vault = current_app.extensions["vault"]
    return Response(vault.chunks([made.sha256]), mimetype="application/pdf")


@api.post("/lots/<code>/opening-record/confirmation")
@requires(Permission.RUN_TENDER)
def confirm_opening(path: CodePath) -> Any:
    """Confirm the opening record."""
    with transaction(lock=[f"lot:{path.code}"]) as (db, now):
        lot = opening.confirm_opening(db, viewer(), path.code, now=now)
        return {"lot": lot.code, "state": lot.state.value}


def _lot_of_key(code: str) -> str:
    """The subject to lock, read unlocked; the action reads again."""
    with snapshot() as db:
        return f"lot:{queries.opening_key_of(db, code, viewer().organisation)[1].code}"


def _key_json(key: OpeningKey) -> dict[str, Any]:
    return {
        "key": key.code,
        "recipient": key.recipient,
        "rehearsed": key.rehearsed_at is not None,
        "published": key.published_at is not None,
    }


def _row(opened: OpenedBid) -> dict[str, Any]:
    bidder = opened.bid.bidder
    return {
        "bidder": bidder.credit_code,
        "name": bidder.name,
        "outcome": opened.outcome.value,
        "price_fen": opened.price_fen,
        "period_days": opened.period_days,
        "quality": opened.quality,
        "guarantee": opened.guarantee["cover"],
    }
