"""The ways that a page offers to who looks: one table for the public, one for people signed in."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request, url_for

from identity.guard import viewer
from identity.states import Permission, Role


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


@dataclass(frozen=True)
class Way:
    """A line of the navigation. One of `may` is needed; empty: for everybody."""

    words: str
    endpoint: str
    icon: str
    may: frozenset[Permission] = frozenset()

    @property
    def address(self) -> str:
        """Where it leads."""
        return url_for(self.endpoint)


def _for(*permissions: Permission) -> frozenset[Permission]:
    return frozenset(permissions)


PUBLIC = (
    Way(_("首页"), "public.home", "house"),
    Way(_("负面清单查询"), "negative_list.check", "building-check"),
    Way(_("核验中心"), "verifying.page", "patch-check"),
    Way(_("公开日志"), "verifying.log", "shield-check"),
)
_P = Permission
WORK = (
    Way(_("我的工作台"), "desk.desk", "check2-square", _for(_P.SEE_ACCOUNT)),
    Way(_("收件箱"), "letters.inbox", "inbox", _for(_P.SEE_ACCOUNT)),
    Way(_("我的项目"), "agency.tenders", "folder2-open", _for(_P.RUN_TENDER)),
    Way(_("正在招标"), "bidder.lots", "search", _for(_P.BID)),
    Way(_("我的投标"), "bidder.mine", "folder2-open", _for(_P.BID)),
    Way(_("保函申请"), "issuer.orders", "shield-lock", _for(_P.ISSUE_GUARANTEE)),
    Way(_("我的评审"), "expert.desk", "pencil-square", _for(_P.SCORE)),
    Way(_("待签文件"), "papers.list_papers", "file-earmark-text", _for(_P.SIGN_PAPERS)),
    Way(_("开标见证"), "witness.lots", "eye-fill", _for(_P.WITNESS_OPENING)),
    Way(_("在线标段"), "regulator.lots", "eye-fill", _for(_P.SUPERVISE)),
    Way(_("监督大屏"), "regulator.wall", "tv", _for(_P.SUPERVISE)),
    Way(_("代理行为认定"), "conduct.findings", "hammer", _for(_P.SUPERVISE)),
    Way(_("限制清单"), "standing.restrictions", "slash-circle", _for(_P.SUPERVISE)),
    Way(_("单位管理"), "centre.organisations", "building-check", _for(_P.MANAGE_ORGANISATIONS)),
    Way(_("注册申请"), "centre.applications", "inbox", _for(_P.MANAGE_ORGANISATIONS)),
    Way(_("人员"), "centre.people", "people", _for(_P.MANAGE_ORGANISATIONS)),
    Way(_("评标专家库"), "pool.experts", "people-fill", _for(_P.MANAGE_ORGANISATIONS)),
    Way(_("运行状况"), "health.page", "heart-pulse", _for(_P.SEE_HEALTH)),
    Way(
        _("专家抽取"),
        "draw.draws",
        "shuffle",
        _for(_P.WITNESS_OPENING, _P.RUN_TENDER, _P.MOVE_REHEARSAL, _P.SUPERVISE),
    ),
    Way(_("行为记录与信用"), "agency_conduct.findings", "card-checklist", _for(_P.REGISTER_TENDER)),
    Way(_("招标项目"), "public.home", "files"),
    Way(_("负面清单查询"), "negative_list.check", "building-check"),
    Way(_("核验中心"), "verifying.page", "patch-check"),
    Way(_("公开日志"), "verifying.log", "shield-check"),
)

# The name of each role's desk in the banner.
DESKS = {
    Role.AGENT: _("代理机构工作台"),
    Role.PROCURING_OFFICER: _("招标人工作台"),
    Role.BIDDER: _("投标人工作台"),
    Role.ISSUER: _("出函机构工作台"),
    Role.EXPERT: _("评标专家工作台"),
    Role.REGULATOR: _("监督部门工作台"),
    Role.WITNESS: _("见证机构工作台"),
    Role.HOST: _("评标场所工作台"),
    Role.OPERATOR: _("交易中心工作台"),
}


def ways() -> Sequence[Way]:
    """What the one who looks may open, in the order of the table."""
    who = viewer()
    table = WORK if who.is_signed_in else PUBLIC
    return [way for way in table if not way.may or any(map(who.may, way.may))]


def is_here(way: Way, shown: Sequence[Way]) -> bool:
    """Whether this page is that way's, or the first way of its room when none names the page."""
    endpoints = [each.endpoint for each in shown]
    if request.endpoint in endpoints:
        return way.endpoint == request.endpoint
    lists = [each for each in endpoints if each.startswith(request.endpoint or "-")]
    if lists:  # one of a list of several: `centre.application` of `centre.applications`
        return way.endpoint == lists[0]
    rooms = [endpoint.partition(".")[0] for endpoint in endpoints]
    room = (request.endpoint or "").partition(".")[0]
    return room in rooms and endpoints[rooms.index(room)] == way.endpoint


def desk_name() -> str:
    """What the desk of the one who looks is called; several roles: the first of the table."""
    roles = viewer().roles
    return next((name for role, name in DESKS.items() if role in roles), _("我的工作台"))
