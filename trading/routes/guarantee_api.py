"""JSON endpoints of guarantees: the bidder's orders, and the issuer's, who never learns the lot."""

from typing import Any

from flask import Response, current_app
from flask_openapi3 import APIBlueprint, Tag

from identity import queries as identity
from identity.forms import CodePath, sends_file
from identity.guard import open_to_all, requires, viewer
from identity.states import OrganisationKind, Permission
from kernel.errors import NotYet
from storage.database import snapshot, transaction
from trading import queries
from trading.actions import guarantee
from trading.actions.tendering import lot_known_to
from trading.forms import GuaranteeOrderBody, ReasonBody
from trading.models.guarantee import GuaranteeOrder

api = APIBlueprint(
    "guarantee_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="guarantee")]
)


@api.get("/issuers")
@open_to_all
def show_issuers() -> Any:
    """Registered issuers, any of whom a bidder may choose."""
    with snapshot() as db:
        found = identity.organisations_of_kind(db, OrganisationKind.ISSUER)
        return {"issuers": [{"code": each.credit_code, "name": each.name} for each in found]}


@api.post("/lots/<code>/guarantee-orders")
@requires(Permission.BID)
def order_guarantee(path: CodePath, body: GuaranteeOrderBody) -> Any:
    """Order a guarantee; amount and validity follow from the notice, the code hides the lot."""
    who = viewer()
    with transaction(lock=[f"organisation:{who.organisation}", f"lot:{path.code}"]) as (db, now):
        order = guarantee.order_guarantee(
            db, who, path.code, issuer=body.issuer, code=bytes.fromhex(body.code), now=now
        )
        return _order_json(order), 201


@api.get("/lots/<code>/guarantee-orders/mine")
@requires(Permission.BID)
def my_orders(path: CodePath) -> Any:
    """My own orders for a lot."""
    with snapshot() as db:
        lot = lot_known_to(db, viewer(), path.code)
        found = queries.guarantees_of(db, lot.id, viewer().organisation)
        return {"orders": [_order_json(order) for order in found]}


@api.get("/guarantee-orders")
@requires(Permission.ISSUE_GUARANTEE)
def orders_to_me() -> Any:
    """Orders to my institution: who asks, how much, how long; not for what."""
    with snapshot() as db:
        found = queries.guarantees_by_issuer(db, viewer().organisation)
        return {"orders": [_issuer_json(order) for order in found]}


@api.post("/guarantee-orders/<code>/approval")
@requires(Permission.ISSUE_GUARANTEE)
def approve_order(path: CodePath) -> Any:
    """Approve; the letter is drawn and waits for my signature (POST /papers/<paper>/turn)."""
    with transaction(lock=lot_of_order(path.code)) as (db, now):
        order = guarantee.approve_order(db, viewer(), path.code, now=now)
        return _issuer_json(order), 201


@api.post("/guarantee-orders/<code>/refusal")
@requires(Permission.ISSUE_GUARANTEE)
def refuse_order(path: CodePath, body: ReasonBody) -> Any:
    """Refuse, with a reason for the bidder."""
    with transaction(lock=lot_of_order(path.code)) as (db, now):
        order = guarantee.refuse_order(db, viewer(), path.code, reason=body.reason, now=now)
        return _issuer_json(order)


@api.get("/guarantee-orders/<code>/document", responses=sends_file("application/pdf"))
@requires(Permission.SEE_ACCOUNT)
def show_letter(path: CodePath) -> Any:
    """The signed letter, to its bidder and its issuer only."""
    with snapshot() as db:
        sha256 = queries.guarantee_for_either(db, path.code, viewer().organisation).sha256
    if sha256 is None:
        raise NotYet("guarantee.not_issued", "保函尚未开立。")
    return Response(current_app.extensions["vault"].chunks([sha256]), mimetype="application/pdf")


def lot_of_order(order: str) -> list[str]:
    """The subject to lock, read unlocked; the action reads again."""
    with snapshot() as db:
        return [f"lot:{queries.guarantee_for_issuer(db, order, viewer().organisation).lot.code}"]


def _order_json(order: GuaranteeOrder) -> dict[str, Any]:
    return {
        "order": order.code,
        "lot": order.lot.code,
        "issuer": {"code": order.issuer.credit_code, "name": order.issuer.name},
        "state": order.state.value,
        "amount_fen": order.amount_fen,
        "valid_until": order.valid_until.isoformat(),
        "sha256": order.sha256,
        "reason": order.reason,
    }


def _issuer_json(order: GuaranteeOrder) -> dict[str, Any]:
    return {
        "order": order.code,
        "principal": {"code": order.bidder.credit_code, "name": order.bidder.name},
        "code": order.order_code.hex(),
        "state": order.state.value,
        "amount_fen": order.amount_fen,
        "valid_until": order.valid_until.isoformat(),
        "paper": order.paper_code,
        "sha256": order.sha256,
    }
