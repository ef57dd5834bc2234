"""The evaluation meeting: who signed what, which sheets were locked, and the ranking's digest.

Marks are not in the log: a sheet is known by its salted digest, which its expert signed. So what
is checked is that the locked sheets are those that were signed, and that the ranking came after.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verifier.bids import SealedSets
from verifier.canonical import octets
from verifier.findings import Broken, Findings
from verifier.opening import opened_receipts
from verifier.statements import EnrolledKey, Kind, check_signature, read_statement
from verifier.streams import Fact, Leaf

_COMMITMENT = Kind("commitment", "专家承诺书", "expert_commitments")
_SHEET = Kind("sheet", "评分表声明", "sheet_signatures")
_OF_A_LOT = re.compile(r"(?:draw|meeting|blind):(.+)")


def check_meetings(
    findings: Findings,
    streams: Mapping[str, Sequence[Leaf]],
    sets: SealedSets,
    keys: Mapping[str, EnrolledKey],
    *,
    is_tender: bool,
) -> None:
    """Play every meeting; in a tender's bundle each must be of one of its lots."""
    lots: dict[str, str | None] = {}
    for name, leaves in streams.items():
        if _OF_A_LOT.fullmatch(name):
            lots[name] = _lot_of(findings, name, leaves)
    for name, lot in lots.items():
        if name.startswith("meeting:"):
            play = _Meeting(findings, name, lot, keys)
            for number, leaf in enumerate(streams[name], 1):
                play.take(leaf, f"{name}#{number}")
        if name.startswith("blind:"):
            meeting = f"meeting:{name.partition(':')[2]}"
            _check_blind(findings, streams, sets, name, lots.get(meeting))
            lot = lot or lots.get(meeting)
        if is_tender:
            _check_lot(findings, name, lot, sets)


def _lot_of(findings: Findings, name: str, leaves: Sequence[Leaf]) -> str | None:
    """The lot that the facts of a stream name; all must name the same."""
    named = {
        leaf.fact.data["lot"]
        for leaf in leaves
        if leaf.fact and isinstance(leaf.fact.data.get("lot"), str)
    }
    if len(named) > 1:
        findings.bad("evaluation.other_lot", name, "存证流中出现不同的标段")
    return min(named) if named else None


def _check_lot(findings: Findings, name: str, lot: str | None, sets: SealedSets) -> None:
    if lot is None:
        findings.leave(f"{name}：所属标段未公开，未核对")
    elif lot not in sets.lots:
        findings.bad("evaluation.other_lot", name, "不属于该项目的标段")


def _check_blind(
    findings: Findings,
    streams: Mapping[str, Sequence[Leaf]],
    sets: SealedSets,
    name: str,
    lot: str | None,
) -> None:
    """Blind codes stand for exactly the bids that were opened."""
    for number, leaf in enumerate(streams[name], 1):
        if leaf.fact is None or leaf.fact.kind != "meeting.bids_blinded":
            continue
        receipts = _texts(leaf.fact.data.get("bids"))
        opened = opened_receipts(streams, sets, lot) if lot else None
        if receipts is None:
            findings.bad("blind.fields", f"{name}#{number}", "暗标对照表有误")
        elif opened is None:
            findings.leave(f"{name}：开标结果未全部公开，未核对暗标对照表")
        elif receipts != sorted(opened):
            findings.bad("blind.bids", f"{name}#{number}", "暗标对照表与开启的投标不符")
        else:
            findings.checked["blind_maps"] += 1


def _texts(value: Any) -> list[str] | None:
    """The sorted values of an object that holds only texts."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        return None
    return sorted(value.values())


@dataclass
class _Meeting:
    """One meeting up to a fact. `is_known`: nothing before was withheld."""

    findings: Findings
    name: str
    lot: str | None
    keys: Mapping[str, EnrolledKey]
    members: list[str] | None = None
    persons: dict[str, str] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)
    votes: dict[object, Counter[str]] = field(default_factory=dict)
    digests: dict[tuple[str, int], str] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    is_locked: bool = False
    ranked: str | None = None
    is_known: bool = True

    def take(self, leaf: Leaf, where: str) -> None:
        fact = leaf.fact
        if fact is None:
            self.is_known = False
            return
        steps = {
            "meeting.convened": self._convene,
            "meeting.commitment_signed": self._sign,
            "meeting.chair_voted": self._vote,
            "meeting.chair_elected": self._elect,
            "score_sheet.committed": self._commit,
            "score_sheet.changed": self._commit,
            "meeting.revealed": self._compare,
            "meeting.locked": self._lock,
            "evaluation.ranked": self._rank,
            "meeting.ranked": self._confirm,
        }
        try:
            if fact.kind in steps:
                steps[fact.kind](fact, where)
        except Broken as fault:
            self.findings.bad(fault.code, where, fault.text)

    def _convene(self, fact: Fact, where: str) -> None:
        members = fact.data.get("members")
        if not isinstance(members, list) or not all(isinstance(m, str) for m in members):
            raise Broken("meeting.fields", "评标委员会名单有误")
        self.members = members

    def _sign(self, fact: Fact, where: str) -> None:
        statement = read_statement(fact, _COMMITMENT, ("expert",))
        check_signature(self.findings, self.keys, fact, _COMMITMENT, where)
        expected = {
            "type": "expert-commitment/v1",
            "meeting": self.name.partition(":")[2],
            "lot": fact.data.get("lot"),
            "expert": fact.data["expert"],
            "no_conflict": True,
        }
        if statement != expected:
            self.findings.bad("commitment.addressed_elsewhere", where, "承诺书与存证不符")
        if fact.data["expert"] in self.signed:
            self.findings.bad("commitment.twice", where, "同一专家两次签署承诺书")
        self.signed.add(fact.data["expert"])
        self._check_person(fact, where)

    def _vote(self, fact: Fact, where: str) -> None:
        choice = str(fact.data.get("choice"))
        self.votes.setdefault(fact.data.get("ballot"), Counter())[choice] += 1

    def _elect(self, fact: Fact, where: str) -> None:
        counted, chair = fact.data.get("votes"), fact.data.get("chair")
        members = self.members
        if members is None:
            return
        if not isinstance(counted, dict) or not all(type(n) is int for n in counted.values()):
            raise Broken("meeting.fields", "推选主任的票数有误")
        fits = chair in members and 2 * counted.get(chair, 0) > len(members)
        cast = self.votes.get(fact.data.get("ballot"), Counter())
        if not fits or (self.is_known and dict(cast) != counted):
            self.findings.bad("meeting.chair", where, "主任不是由评标委员会多数推选的")

    def _commit(self, fact: Fact, where: str) -> None:
        statement = read_statement(fact, _SHEET, ("expert", "sheet_sha256"))
        check_signature(self.findings, self.keys, fact, _SHEET, where)
        expert, version = fact.data["expert"], fact.data.get("version")
        expected = {
            "type": "score-sheet/v1",
            "meeting": self.name.partition(":")[2],
            "expert": expert,
            "version": version,
            "sheet_sha256": fact.data["sheet_sha256"],
        }
        if type(version) is not int or statement != expected:
            self.findings.bad("sheet.addressed_elsewhere", where, "评分表声明与存证不符")
            return
        if self.is_known and version != self.last.get(expert, 0) + 1:
            self.findings.bad("sheet.version", where, "评分表的版本不连续")
        if self.is_locked:
            self.findings.bad("sheet.after_the_lock", where, "评分表在锁定之后被修改")
        if fact.kind == "score_sheet.changed" and not fact.data.get("reason"):
            self.findings.bad("sheet.reason", where, "修改评分表没有写明理由")
        self.digests[expert, version] = fact.data["sheet_sha256"]
        self.last[expert] = version
        self._check_person(fact, where)

    def _compare(self, fact: Fact, where: str) -> None:
        """The sheets that are shown or locked are those that were signed last."""
        listed: dict[str, int] = {}
        for row in _rows(fact):
            expert, version = row["expert"], row["version"]
            known = self.digests.get((expert, version))
            if known not in (None, row["sheet_sha256"]):
                self.findings.bad("sheet.other_digest", where, "摘要不是专家签名的评分表的")
            elif known:
                self.findings.checked["locked_sheets"] += self.is_locked
            else:
                self.findings.leave(f"{self.name}：评分表未全部公开，未核对其摘要")
            listed[expert] = version
        if self.is_known and (listed != self.last or sorted(listed) != sorted(self.members or [])):
            self.findings.bad("sheet.not_the_last", where, "不是全体成员最后提交的评分表")

    def _lock(self, fact: Fact, where: str) -> None:
        self.is_locked = True
        self._compare(fact, where)

    def _rank(self, fact: Fact, where: str) -> None:
        self.ranked = octets(fact.data.get("sha256"), 32).hex()
        if self.is_known and not self.is_locked:
            self.findings.bad("evaluation.not_locked", where, "排序早于评分表锁定")
        self.findings.checked["rankings"] += 1
        self.findings.leave(f"{self.name}：排序只有摘要，分数见评标报告，未重算")

    def _confirm(self, fact: Fact, where: str) -> None:
        if fact.data.get("sha256") != self.ranked:
            self.findings.bad("evaluation.other_digest", where, "排序的摘要前后不一致")

    def _check_person(self, fact: Fact, where: str) -> None:
        """One expert, one person, and a member of the committee."""
        expert = fact.data["expert"]
        if self.members is not None and expert not in self.members:
            self.findings.bad("meeting.not_a_member", where, "不是评标委员会成员")
        if self.persons.setdefault(expert, fact.actor) != fact.actor:
            self.findings.bad("meeting.other_person", where, "同一专家由不同的人签署")


def _rows(fact: Fact) -> list[dict[str, Any]]:
    rows = fact.data.get("sheets")
    kinds = {"expert": str, "version": int, "sheet_sha256": str}
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, dict) or any(type(row.get(n)) is not k for n, k in kinds.items()):
            raise Broken("meeting.fields", "评分表摘要有误")
    return rows if isinstance(rows, list) else []
