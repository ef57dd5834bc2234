"""What is photographed: per page its endpoint, who looks, and how its subject is found.

A page of the address map that is not here makes tests/pictures/test_plan.py fail. Tenders are named
by their keys in demo/tenders.py, so that a page is seen in every state that changes it.
"""

from dataclasses import dataclass, replace

EVERYBODY = ""
MEMBER = "member"
"""Whoever sits on the committee of that tender: who that is, chance decides."""

NOT_PAGES = {
    "static": "files of the bundle",
    "health.alive": "one word for machines",
    "health.ready": "one word for machines",
    "metrics.show": "figures for machines",
    "live.read": "the feed as JSON",
    "documents.show": "a file to download",
}
"""GET endpoints outside /api that answer no HTML page, and why."""


@dataclass(frozen=True)
class Picture:
    """One page as one role sees it.

    `tender`: key of the plan whose tender or lot the address takes. `on`: a page on which the first
    address of this subject is taken, the one beside the words `beside` where there are such;
    `{key}` in it stands for the lot of that plan. `status` is what a good answer is.
    """

    endpoint: str
    who: str
    tender: str = ""
    on: str = ""
    beside: str = ""
    query: str = ""
    note: str = ""
    status: int = 200
    widths: tuple[int, ...] = (1366, 390)

    @property
    def name(self) -> str:
        """What tells it from the other pictures of the same role."""
        return "-".join(word for word in (self.endpoint, self.tender, self.note) if word)


def _each(picture: Picture, *tenders: str) -> tuple[Picture, ...]:
    return tuple(replace(picture, tender=key) for key in tenders)


_P = Picture
_ALL = ("bidder1", "agency", "buyer", "centre", "issuer", "expert", "regulator", "witness")
_PUBLIC = (
    _P("public.home", EVERYBODY),
    _P("public.home", EVERYBODY, query="q=没有这样的项目", note="none"),
    *_each(
        _P("public.tender", EVERYBODY),
        *("bridge", "near", "window", "opened", "scoring", "candidates", "archived-works"),
        *("archived-goods", "few", "rejected", "suspended", "resumed", "terminated"),
    ),
    _P("public.tender", EVERYBODY, tender="TD0000000000", note="unknown", status=404),
    _P("negative_list.check", EVERYBODY),
    _P("negative_list.check", EVERYBODY, query="name=临江捷速招标代理有限公司", note="found"),
    _P("negative_list.check", EVERYBODY, query="name=临江明达", note="none"),
    _P("negative_list.check", EVERYBODY, query="code=123", note="wrong", status=422),
    _P("negative_list.acts", EVERYBODY),
    _P("verifying.page", EVERYBODY),
    _P("verifying.log", EVERYBODY),
    _P("account.sign_in_page", EVERYBODY),
    _P("account.code_page", EVERYBODY),  # leads to the password without a first step
    _P("applications.form", EVERYBODY),
    _P("applications.state_form", EVERYBODY),
)
_ACCOUNTS = (
    *(_P("desk.desk", who) for who in _ALL),
    *(_P("letters.inbox", who) for who in ("bidder1", "expert", "centre")),
    _P("letters.letter", "bidder1", on="/inbox"),
    _P("letters.letter", "agency", on="/inbox"),
    _P("account.account", "bidder1"),
    _P("account.since", "bidder1"),
    _P("colleagues.colleagues", "bidder1", status=403),
    _P("keys.keys", "bidder1"),
    _P("keys.key", "bidder1", on="/account/keys"),
    _P("keys.keys", "expert"),
    _P("mail.form", "bidder1"),
    _P("password.form", "bidder1"),
    _P("second_factor.overview", "bidder1"),
    _P("sign_ins.sign_ins", "bidder1"),
    _P("undertakings.undertakings", "bidder1"),
    _P("undertakings.undertaking", "bidder1", on="/account/undertakings"),
)
_BIDDER = (
    _P("bidder.lots", "bidder1"),
    _P("bidder.mine", "bidder1"),
    *_each(
        _P("bidder.lot", "bidder1"),
        *("bridge", "near", "window", "scoring", "opened", "archived-works", "suspended"),
    ),
    *_each(_P("bidder.lot", "bidder3"), "correcting", "candidates"),
    _P("sealing.seal", "bidder1", tender="near"),
    _P("sealing.seal", "bidder1", tender="window"),
    *_each(_P("sealing.opening", "bidder1"), "window", "opened"),
    _P("sealing.opening", "bidder3", tender="correcting"),
    _P("sealing.show_receipt", "bidder1", on="/bids/lots/{window}"),
    _P("objections.questions", "bidder1", tender="bridge"),
    _P("objections.questions", "bidder1", tender="opened"),
    _P("files.files", "bidder1", on="/bids/lots/{opened}/opening"),
)
_RUN = (
    _P("agency.tenders", "agency"),
    _P("agency.tenders", "buyer"),
    _P("registering.new_tender", "agency"),
    _P("agency.tender", "agency", on="/run/tenders", beside="滨江新城", note="draft"),
    _P("agency.notice", "agency", on="/run/tenders", beside="滨江新城", note="draft"),
    _P("documents.files", "agency", tender="bridge"),
    *_each(_P("agency.tender", "agency"), "bridge", "archived-works"),
    _P("objections.answers", "agency", tender="bridge"),
    *_each(
        _P("lots.lot", "agency"),
        *("bridge", "window", "opened", "confirmed", "scoring", "reported", "candidates"),
        "archived-works",
    ),
    *_each(_P("lots.lot", "buyer"), "reported", "candidates"),
    *_each(_P("lots.award", "buyer"), "reported", "candidates"),
    _P("lots.end", "agency", tender="bridge"),
    _P("draw.draws", "agency"),
    *_each(_P("draw.lot", "agency"), "confirmed", "committing", "called", "scoring"),
    _P("draw.lot", "buyer", tender="committing"),
    _P("agency_conduct.findings", "agency"),
    _P("agency_conduct.finding", "agency", on="/conduct"),
)
_COMMITTEE = (
    _P("expert.desk", "expert"),
    _P("expert.call", "expert", on="/evaluation/desk"),
    *_each(
        _P("expert.meeting", MEMBER, on="/evaluation/desk"),
        *("convened", "electing", "scoring", "revealed", "locked", "ranked", "signing"),
        *("rejected", "suspended-scoring", "archived-works"),
    ),
    *_each(_P("scoring.room", MEMBER, on="/evaluation/desk"), "scoring", "revealed"),
    _P("papers.list_papers", "expert"),
    _P("papers.paper", "expert", on="/papers"),
)
_ISSUER = (
    _P("issuer.orders", "issuer"),
    _P("issuer.order", "issuer", on="/orders"),
    _P("papers.list_papers", "issuer"),
    _P("papers.paper", "issuer", on="/papers"),
)
_REGULATOR = (
    _P("regulator.lots", "regulator"),
    _P("regulator.wall", "regulator", widths=(1366, 390, 1920)),
    *_each(
        _P("regulator.lot", "regulator"),
        *("bridge", "near", "window", "opened", "scoring", "candidates", "archived-works"),
        *("suspended", "rejected"),
    ),
    *_each(_P("draw.lot", "regulator"), "stalled", "scoring"),
    _P("draw.draws", "regulator"),
    _P("rehearsing.page", "regulator"),
    _P("files.files", "regulator", on="/supervision/lots/{opened}"),
    _P("conduct.findings", "regulator"),
    _P("conduct.new_finding", "regulator"),
    *(
        _P("conduct.finding", "regulator", on="/supervision/findings", beside=words, note=note)
        for words, note in (
            ("临江诚信", "noticed"),
            ("石桥明理", "defended"),
            ("临江捷速", "decided"),
        )
    ),
    _P("standing.restrictions", "regulator"),
    _P("standing.restriction", "regulator", on="/supervision/restrictions", beside="与投标人串通"),
    _P("standing.import_page", "regulator"),
)
_CENTRE = (
    _P("centre.organisations", "centre"),
    _P("centre.applications", "centre"),
    _P("centre.application", "centre", on="/centre/applications"),
    _P("centre.people", "centre"),
    _P("centre.person", "centre", on="/centre/people"),
    _P("pool.experts", "centre"),
    _P("pool.expert", "centre", on="/centre/experts"),
    _P("health.page", "centre"),
    _P("draw.lot", "centre", tender="committing"),
    _P("draw.draws", "centre"),
    _P("witness.lots", "witness"),
    _P("draw.lot", "witness", tender="revealing"),
)
PICTURES = (
    *_PUBLIC, *_ACCOUNTS, *_BIDDER, *_RUN, *_COMMITTEE, *_ISSUER, *_REGULATOR, *_CENTRE
)  # fmt: skip
