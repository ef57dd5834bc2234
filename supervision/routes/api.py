"""JSON endpoints of regulators."""

from typing import Any

from flask_openapi3 import APIBlueprint, Tag

from identity.forms import CodePath, GroundBody
from identity.guard import requires, viewer
from identity.states import Permission
from storage.database import transaction
from supervision.actions.orders import issue_order
from supervision.states import OrderKind

api = APIBlueprint(
    "supervision_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="supervision")]
)


@api.post("/lots/<code>/suspension")
@requires(Permission.SUPERVISE)
def suspend(path: CodePath, body: GroundBody) -> Any:
    """Order a lot to be suspended: every clock of it stops."""
    return _order(path.code, OrderKind.SUSPEND, body), 201


@api.post("/lots/<code>/resumption")
@requires(Permission.SUPERVISE)
def resume(path: CodePath, body: GroundBody) -> Any:
    """Order a suspended lot to go on, its moments moved by the time it stood still."""
    return _order(path.code, OrderKind.RESUME, body), 201


def _order(lot: str, kind: OrderKind, body: GroundBody) -> dict[str, str]:
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        order = issue_order(
            db, viewer(), lot, kind=kind, article=body.article, ground=body.ground, now=now
        )
        return {"order": order.code, "issued_at": now.isoformat()}
