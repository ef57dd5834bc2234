"""The sealed set of a lot, counted again: who submitted, replaced, withdrew, in time and signed.

`close/v1` is the root over the sorted commitments of each bidder's last standing submission.
It is recomputed where all streams of the lot's bidders are disclosed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verifier import merkle
from verifier.findings import Broken, Findings
from verifier.statements import EnrolledKey, Kind, check_signature, read_statement
from verifier.streams import Fact, Leaf

LOT_STREAM = re.compile(r"lot:([^/]+)")
BID_STREAM = re.compile(r"lot:([^/]+)/bidder:([^/]+)")
SUBMITTED, WITHDRAWN = "bid.submitted", "bid.withdrawn"
_CLOSES = ("lot.closed", "lot.failed")
_STATEMENT = Kind("bid", "投标声明", "bid_signatures")
_TYPES = {SUBMITTED: "bid-submission/v1", WITHDRAWN: "bid-withdrawal/v1"}


@dataclass(frozen=True)
class Close:
    """What the platform fixed at a lot's close."""

    at: datetime
    count: Any
    root: Any


@dataclass
class Lot:
    """A lot as its facts tell it. `ended`: closed, failed or terminated."""

    code: str
    deadline: datetime | None = None
    close: Close | None = None
    ended: bool = False
    is_closed: bool = False


@dataclass
class Standing:
    """The play of one bidder's stream: receipts, leaves, seals that stand; leaves that stood."""

    receipt: str | None = None
    leaf: bytes | None = None
    lifted: set[bytes] = field(default_factory=set)
    seals: frozenset[str] = frozenset()
    is_known: bool = True


@dataclass
class SealedSets:
    """What is known of every lot and every bidder's stream of the bundle.

    `confirmed`: lots whose close root was recomputed; `whole`: those of which the platform signed
    that all streams of bidders are here.
    """

    lots: dict[str, Lot] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)


def check_bids(
    findings: Findings,
    streams: Mapping[str, Sequence[Leaf]],
    keys: Mapping[str, EnrolledKey],
    whole: set[str],
) -> SealedSets:
    """Play every bidder's stream and count every close. `whole`: streams with all below them."""
    sets = SealedSets()
    for name, leaves in streams.items():
        if match := LOT_STREAM.fullmatch(name):
            sets.lots[match[1]] = _lot(match[1], leaves)
            sets.whole |= {match[1]} if name in whole else set()
    for name, leaves in streams.items():
        if match := BID_STREAM.fullmatch(name):
            play = _Play(findings, name, match[1], match[2], keys)
            sets.standing[name] = play.through(leaves, sets.lots.get(match[1]))
    for lot in sets.lots.values():
        _check_close(findings, sets, lot, is_whole=lot.code in sets.whole)
        _check_copies(findings, sets, lot.code)
    return sets


def _lot(code: str, leaves: Sequence[Leaf]) -> Lot:
    lot = Lot(code)
    for fact in (leaf.fact for leaf in leaves if leaf.fact):
        if not lot.ended and isinstance(text := fact.data.get("deadline"), str):
            lot.deadline = _moment(text)
        if fact.kind in _CLOSES and {"count", "root"} <= set(fact.data):
            lot.close = Close(fact.at, fact.data["count"], fact.data["root"])
        lot.is_closed = lot.is_closed or fact.kind == "lot.closed"
        lot.ended = lot.ended or fact.kind in (*_CLOSES, "lot.terminated")
    return lot


def _moment(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo else None


@dataclass
class _Play:
    """Goes through one bidder's stream on one lot."""

    findings: Findings
    stream: str
    lot: str
    bidder: str
    keys: Mapping[str, EnrolledKey]
    standing: Standing = field(default_factory=Standing)

    def through(self, leaves: Sequence[Leaf], lot: Lot | None) -> Standing:
        for number, leaf in enumerate(leaves, 1):
            where = f"{self.stream}#{number}"
            if leaf.fact is None:
                self.standing.is_known = False
            elif leaf.fact.kind in _TYPES:
                self._take(leaf, leaf.fact, lot, where)
        return self.standing

    def _take(self, leaf: Leaf, fact: Fact, lot: Lot | None, where: str) -> None:
        self._check_time(fact, lot, where)
        try:
            statement = read_statement(fact, _STATEMENT, ("receipt", "lot"))
        except Broken as fault:
            self.findings.bad("bid.statement", where, f"投标声明有误：{fault.text}")
            return
        check_signature(self.findings, self.keys, fact, _STATEMENT, where)
        stated = (statement.get("lot"), statement.get("bidder"), statement.get("type"))
        if stated != (self.lot, self.bidder, _TYPES[fact.kind]) or fact.data["lot"] != self.lot:
            self.findings.bad(
                "bid.addressed_elsewhere", where, "声明的标段、投标人或类型与存证流不符"
            )
        if fact.subject != f"bid:{fact.data['receipt']}":
            self.findings.bad("bid.subject", where, "存证的对象不是其回执编号")
        self._move(leaf, fact, statement, where)

    def _move(self, leaf: Leaf, fact: Fact, statement: dict[str, Any], where: str) -> None:
        now = self.standing
        named = statement.get("replaces" if fact.kind == SUBMITTED else "receipt")
        if now.is_known and named != now.receipt:
            self.findings.bad("bid.wrong_turn", where, "声明所替换或撤回的不是当时有效的投标")
        if now.leaf:
            now.lifted.add(now.leaf)
        if fact.kind == SUBMITTED:
            now.receipt, now.leaf = fact.data["receipt"], leaf.commitment
            now.seals = _seals(statement)
        else:
            now.receipt, now.leaf, now.seals = None, None, frozenset()
        self.findings.checked["bid_statements"] += 1

    def _check_time(self, fact: Fact, lot: Lot | None, where: str) -> None:
        if lot is None or lot.deadline is None:
            self.findings.leave(f"{self.stream}：没有标段的截止时间，未核对是否按时")
        elif fact.at >= lot.deadline:
            self.findings.bad("bid.too_late", where, "投标存证的时刻不早于截止时间")
        else:
            self.findings.checked["bids_in_time"] += 1


def _seals(statement: dict[str, Any]) -> frozenset[str]:
    """The seals of a statement's envelopes."""
    given = statement.get("envelopes")
    items = given if isinstance(given, list) else []
    listed = [each.get("seal") for each in items if isinstance(each, dict)]
    return frozenset(seal for seal in listed if isinstance(seal, str))


def _check_copies(findings: Findings, sets: SealedSets, code: str) -> None:
    """Two bidders under one seal: one brought the other's bid, which it could not read yet."""
    seen: dict[str, str] = {}
    for name, play in sets.standing.items():
        for seal in play.seals if name.startswith(f"lot:{code}/") else ():
            if seal in seen:
                findings.bad("bid.same_seal", name, f"与 {seen[seal]} 的投标使用同一封签")
            seen[seal] = name


def leaves_out(sets: SealedSets, code: str, leaf: bytes) -> bool:
    """Whether the lot's stated root is that of all standing submissions but this one."""
    lot = sets.lots.get(code)
    streams = [play for name, play in sets.standing.items() if name.startswith(f"lot:{code}/")]
    others = [play.leaf for play in streams if play.leaf and play.leaf != leaf]
    return bool(lot and lot.close and lot.close.root == merkle.close_root(others).hex())


def _check_close(findings: Findings, sets: SealedSets, lot: Lot, *, is_whole: bool) -> None:
    where = f"lot:{lot.code}"
    if lot.close is None and lot.is_closed:
        findings.bad("close.fields", where, "截标存证没有数量与根")
        return
    if lot.close is None:
        findings.leave(f"{where}：没有已公开的截标存证")
        return
    if lot.deadline is None:
        findings.leave(f"{where}：截止时间未公开，未核对截标是否过早")
    elif lot.close.at < lot.deadline:
        findings.bad("close.too_early", where, "截标早于截止时间")
    streams = [play for name, play in sets.standing.items() if name.startswith(f"{where}/")]
    leaves = [play.leaf for play in streams if play.leaf]
    known = all(play.is_known for play in streams)
    fits = (lot.close.count, lot.close.root) == (len(leaves), merkle.close_root(leaves).hex())
    if fits and known and (is_whole or streams):
        sets.confirmed.add(lot.code)
        findings.checked["close_roots"] += 1
    elif known and (is_whole or _is_less(lot.close.count, len(leaves))):
        findings.bad("close.root", where, "截标存证的数量或根与有效投标不符")
    else:
        findings.leave(f"{where}：投标存证流未全部公开，未重算截标的数量与根")


def _is_less(count: Any, found: int) -> bool:
    return not isinstance(count, int) or count < found
