"""Organisations that registered themselves and wait for the trading centre."""

from demo.people import PASSWORD, demo_code
from demo.stage import Stage
from identity import queries
from identity.actions import accounts, applications
from identity.actions.applications import Applicant
from identity.states import OrganisationKind
from storage.database import snapshot

_LOOKED_THROUGH = 500
_WAITING = (  # number of the code, kind, name, telephone, person, user name
    (201, OrganisationKind.BIDDER, "江北长桥建设有限公司", "0519-8800 4601", "路远", "changqiao"),
    (
        202,
        OrganisationKind.AGENCY,
        "青浦同衡招标代理有限公司",
        "0519-8800 4602",
        "衡平",
        "tongheng",
    ),
)


def apply_all(stage: Stage) -> None:
    """Hand in every application that was never handed in."""
    with snapshot() as db:
        known = {each.credit_code for each in queries.applications(db, limit=_LOOKED_THROUGH)}
    for number, kind, name, contact, person, username in _WAITING:
        code = demo_code(number)
        if code in known:
            continue
        given = Applicant(kind, code, name, contact, person, username)
        hashed = accounts.hash_password(PASSWORD)
        lock = [f"organisation:{code}"]
        stage.do(lock, lambda db, now, a=given, h=hashed: applications.apply(db, a, h, now=now))
