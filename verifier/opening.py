"""The opening of a lot: witnesses' keys, bidders' releases, and one table of what came out.

What a witness published must be the other half of what was registered, and come after the window.
A row of the table must be what the bidder's own stream has; there are as many as sealed bids.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verifier import age
from verifier.bids import BID_STREAM, Lot, SealedSets, Standing
from verifier.findings import Broken, Findings
from verifier.statements import EnrolledKey, Kind, check_signature, read_statement
from verifier.streams import Fact, Leaf

_KEY = Kind("opening_key", "开标密钥声明", "opening_keys", key="signing_key")
_RELEASE = Kind("release", "解密声明", "releases")
_OPENED = "opened"


def check_openings(
    findings: Findings,
    streams: Mapping[str, Sequence[Leaf]],
    sets: SealedSets,
    keys: Mapping[str, EnrolledKey],
) -> None:
    """Check every lot of the bundle as far as its facts are disclosed."""
    for lot in sets.lots.values():
        play = _Keys(findings, keys, lot)
        for where, fact in _facts(f"lot:{lot.code}", streams[f"lot:{lot.code}"]):
            play.take(fact, where)
        _Table(findings, streams, sets, lot).check()
    for name, leaves in streams.items():
        if match := BID_STREAM.fullmatch(name):
            for where, fact in _facts(name, leaves):
                if fact.kind == "bid.released":
                    standing, lot_of_it = sets.standing[name], sets.lots.get(match[1])
                    _check_release(findings, keys, standing, lot_of_it, fact, where)


def opened_receipts(
    streams: Mapping[str, Sequence[Leaf]], sets: SealedSets, code: str
) -> set[str] | None:
    """Receipts of the bids of a lot that were opened; None where not all of them are disclosed."""
    rows = _rows(_table_of(streams.get(f"lot:{code}", ())))
    if rows is None:
        return None
    found = {
        fact.subject.partition(":")[2]
        for name in sets.standing
        if name.startswith(f"lot:{code}/")
        for _, fact in _facts(name, streams[name])
        if fact.kind == "bid.opened" and fact.data.get("outcome") == _OPENED
    }
    opened = sum(row.get("outcome") == _OPENED for row in rows)
    return found if len(found) == opened else None


@dataclass
class _Keys:
    """The opening keys of one lot up to a fact: public halves by code, places of private ones."""

    findings: Findings
    keys: Mapping[str, EnrolledKey]
    lot: Lot
    recipients: dict[str, str] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)

    def take(self, fact: Fact, where: str) -> None:
        try:
            if fact.kind == "opening_key.registered":
                self._register(fact, where)
            elif fact.kind == "opening_key.published":
                self._publish(fact, where)
            elif fact.kind == "lot.window_ended":
                for place in self.published:
                    text = "开标私钥在解密时间结束前公布"
                    self.findings.bad("opening_key.too_early", place, text)
        except Broken as fault:
            self.findings.bad(fault.code, where, fault.text)

    def _register(self, fact: Fact, where: str) -> None:
        statement = read_statement(fact, _KEY, ("key",))
        check_signature(self.findings, self.keys, fact, _KEY, where)
        stated = (statement.get("type"), statement.get("lot"), statement.get("tender"))
        if stated != ("opening-key/v1", self.lot.code, self.lot.code.rpartition("-")[0]):
            text = "声明的标段、项目或类型不符"
            self.findings.bad("opening_key.addressed_elsewhere", where, text)
        if self.lot.deadline is not None and fact.at >= self.lot.deadline:
            self.findings.bad("opening_key.too_late", where, "开标密钥的登记不早于截止时间")
        self.recipients[fact.data["key"]] = str(statement.get("recipient"))

    def _publish(self, fact: Fact, where: str) -> None:
        self.published.append(where)
        recipient = self.recipients.get(str(fact.data.get("key")))
        if recipient is None:
            self.findings.leave(f"{fact.stream}：开标密钥的登记未公开，未核对私钥")
            return
        self.findings.judge(
            age.is_pair(str(fact.data.get("identity")), recipient),
            "opening_key_halves",
            code="opening_key.wrong_half",
            where=where,
            text="公布的开标私钥与登记的公钥不成对",
        )


def _check_release(
    findings: Findings,
    keys: Mapping[str, EnrolledKey],
    standing: Standing,
    lot: Lot | None,
    fact: Fact,
    where: str,
) -> None:
    try:
        statement = read_statement(fact, _RELEASE, ("receipt",))
    except Broken as fault:
        findings.bad("release.statement", where, f"解密声明有误：{fault.text}")
        return
    check_signature(findings, keys, fact, _RELEASE, where)
    receipt = fact.data["receipt"]
    stated = (statement.get("type"), statement.get("receipt"), fact.subject)
    if stated != ("bid-release/v1", receipt, f"bid:{receipt}"):
        findings.bad("release.addressed_elsewhere", where, "声明的回执或类型与存证不符")
    if standing.is_known and standing.receipt != receipt:
        findings.bad("release.not_standing", where, "释放的不是截标时有效的投标")
    if lot and lot.close and fact.at < lot.close.at:
        findings.bad("release.too_early", where, "释放早于截标")


@dataclass(frozen=True)
class _Table:
    """The table of one lot beside the streams of its bidders."""

    findings: Findings
    streams: Mapping[str, Sequence[Leaf]]
    sets: SealedSets
    lot: Lot

    def check(self) -> None:
        name = f"lot:{self.lot.code}"
        table = _table_of(self.streams[name])
        rows = _rows(table)
        if table is not None and rows is None:
            self.findings.bad("opening.table", name, "开标一览表有误")
        if rows is None:
            return
        if self.lot.close and self.lot.close.count != len(rows):
            text = "开标一览表的行数与截标时的投标数不符"
            self.findings.bad("opening.count", name, text)
        by_bidder = {str(row.get("bidder")): row for row in rows}
        own = {n: s for n, s in self.sets.standing.items() if n.startswith(f"{name}/")}
        for stream, standing in own.items():
            self._check_bidder(stream, standing, by_bidder)
        known = {_bidder_of(stream) for stream, s in own.items() if s.receipt}
        if self.lot.code in self.sets.confirmed and known != set(by_bidder):
            self.findings.bad("opening.table", name, "开标一览表与有效投标的投标人不符")

    def _check_bidder(
        self, stream: str, standing: Standing, by_bidder: Mapping[str, Mapping[str, Any]]
    ) -> None:
        bidder = _bidder_of(stream)
        for where, fact in _facts(stream, self.streams[stream]):
            if fact.kind != "bid.opened":
                continue
            if fact.data != by_bidder.get(bidder):
                self.findings.bad("opening.row", where, "开标结果与开标一览表不符")
            elif standing.is_known and fact.subject != f"bid:{standing.receipt}":
                self.findings.bad("opening.row", where, "开标结果不属于截标时有效的投标")
            else:
                self.findings.checked["opening_rows"] += 1


def _table_of(leaves: Sequence[Leaf]) -> Any:
    """What the fact of the opening has as its table; None without a disclosed opening."""
    facts = [leaf.fact for leaf in leaves if leaf.fact and leaf.fact.kind == "lot.opened"]
    return facts[-1].data.get("table", ()) if facts else None


def _rows(table: Any) -> list[dict[str, Any]] | None:
    """The table's rows, each with its own bidder; None for anything else."""
    if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
        return None
    bidders = [row.get("bidder") for row in table]
    is_text = all(isinstance(bidder, str) for bidder in bidders)
    return table if is_text and len(set(bidders)) == len(bidders) else None


def _bidder_of(stream: str) -> str:
    return stream.rpartition(":")[2]


def _facts(name: str, leaves: Sequence[Leaf]) -> Iterator[tuple[str, Fact]]:
    for number, leaf in enumerate(leaves, 1):
        if leaf.fact is not None:
            yield f"{name}#{number}", leaf.fact
