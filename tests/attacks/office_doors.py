"""Every door through which something apart from any lot is dealt with, as the right person would
use it: the name of what it is about stands for `{code}`."""

from dataclasses import dataclass, field

from tests.factories.identity import PASSWORD

ARTICLE = {"article": "招标投标法实施条例 第77条", "ground": "事实清楚"}
GROUND, YES = {"ground": "事实清楚"}, {"confirm": "yes"}


@dataclass(frozen=True)
class Door:
    """`kind`: what it is about, in each of its states."""

    name: str
    who: str
    kind: str
    address: str
    given: dict = field(default_factory=dict)

    def request(self, code):
        sent = "json" if self.address.startswith("/api/") else "data"
        return {"method": "POST", "path": self.address.format(code=code), sent: self.given}


_API, _PAGE = "/api/v1/findings/{code}", "/supervision/findings/{code}"
DOORS = (
    Door("conduct_api.send_notice", "regulator", "finding", _API + "/notice"),
    Door("conduct_api.state_defence", "agent", "finding", _API + "/defence", {"statement": "无"}),
    Door("conduct_api.waive_defence", "agent", "finding", _API + "/waiver"),
    Door("conduct_api.decide_finding", "regulator", "finding", _API + "/decision", ARTICLE),
    Door("conduct_api.dismiss_finding", "regulator", "finding", _API + "/dismissal", GROUND),
    Door("conduct_api.cancel_finding", "regulator", "finding", _API + "/cancellation", GROUND),
    Door("conduct.send_notice", "regulator", "finding", _PAGE + "/notice"),
    Door("conduct.decide_finding", "regulator", "finding", _PAGE + "/decision", ARTICLE),
    Door("conduct.dismiss_finding", "regulator", "finding", _PAGE + "/dismissal", GROUND),
    Door("conduct.cancel_finding", "regulator", "finding", _PAGE + "/cancellation", GROUND),
    Door(
        "agency_conduct.state_defence",
        "agent",
        "finding",
        "/conduct/{code}/defence",
        {"statement": "无"},
    ),
    Door("agency_conduct.waive_defence", "agent", "finding", "/conduct/{code}/waiver"),
    Door(
        "conduct_api.state_defence/neighbour",
        "agent2",
        "finding",
        _API + "/defence",
        {"statement": "无"},
    ),
    Door("agency_conduct.waive_defence/neighbour", "agent2", "finding", "/conduct/{code}/waiver"),
    Door(
        "conduct_api.lift_restriction",
        "regulator",
        "restriction",
        "/api/v1/restrictions/{code}/lifting",
        ARTICLE,
    ),
    Door(
        "standing.lift",
        "regulator",
        "restriction",
        "/supervision/restrictions/{code}/lifting",
        ARTICLE,
    ),
    Door(
        "centre.confirm_application",
        "operator",
        "application",
        "/centre/applications/{code}/confirm",
    ),
    Door(
        "centre.refuse_application",
        "operator",
        "application",
        "/centre/applications/{code}/refuse",
        {"reason": "材料不全"},
    ),
    Door(
        "evaluation_api.suspend_expert",
        "operator",
        "expert",
        "/api/v1/experts/{code}/suspension",
        GROUND,
    ),
    Door(
        "evaluation_api.reinstate_expert",
        "operator",
        "expert",
        "/api/v1/experts/{code}/reinstatement",
        GROUND,
    ),
    Door("pool.suspend", "operator", "expert", "/centre/experts/{code}/suspension", GROUND),
    Door("pool.reinstate", "operator", "expert", "/centre/experts/{code}/reinstatement", GROUND),
    Door(
        "keys.revoke",
        "bidder1",
        "key",
        "/account/keys/{code}/revoke",
        YES | {"password": PASSWORD},
    ),
    Door(
        "keys.revoke/neighbour",
        "bidder2",
        "key",
        "/account/keys/{code}/revoke",
        YES | {"password": PASSWORD},
    ),
    Door("colleagues.end", "admin", "colleague", "/account/colleagues/{code}/end"),
    Door("colleagues.end/neighbour", "bidder2", "colleague", "/account/colleagues/{code}/end"),
)
