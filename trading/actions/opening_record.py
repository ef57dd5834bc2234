"""The opening record: begun with the confirmation, drawn and sealed by the worker, its hash logged.

Source: 招标投标法 第36条; 实施条例 第44条; 电子招标投标办法 第32条 (made public, kept).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.papers import Grid, Heading, Passage, Piece, Room
from evidence.actions.streams import record
from evidence.rules.signing import SignatureField
from evidence.rules.streams import canonical
from identity.actions.papers import begin_paper
from identity.rules.permissions import Viewer
from identity.states import PaperState
from kernel.money import grouped_yuan
from kernel.periods import SHANGHAI
from trading import queries
from trading.actions.closing import ACTOR
from trading.labels import label
from trading.models.opening import OpenedBid
from trading.models.opening_record import OpeningRecord
from trading.models.tendering import Lot
from trading.rules.guarantee import Cover

KIND = "opening_record"
DRAW, SEALED = f"{KIND}.draw", f"{KIND}.sealed"
FIELDS = (
    SignatureField("certification", "平台认证"),
    SignatureField("seal", "平台电子印章", -1, (392, 100, 532, 154)),
)


@dataclass(frozen=True)
class Draft:
    """What the worker writes; `rows` as the table has them, `data` the attached JSON."""

    tender_code: str
    pages: Sequence[Piece]
    data: bytes
    is_rehearsal: bool
    now: datetime


def begin_record(db: Session, who: Viewer, lot: Lot, *, now: datetime) -> OpeningRecord:
    """Begin the record of a confirmed opening. The caller holds the lot."""
    paper = begin_paper(
        db, kind=KIND, owner=f"lot:{lot.code}", done_kind=SEALED, signers=(), is_sealed=True
    )
    made = OpeningRecord(lot=lot, paper=paper, confirmed_by=who.name, confirmed_at=now)
    db.add(made)
    return made


def draft_of(db: Session, paper_code: str) -> Draft:
    """Everything that the record on this paper says."""
    made = queries.opening_record_on(db, paper_code)
    opened = queries.opened_bids(db, made.lot_id)
    data = _data(made, opened)
    return Draft(
        tender_code=made.lot.tender.code,
        pages=_pages(made, opened, hashlib.sha256(data).hexdigest()),
        data=data,
        is_rehearsal=made.lot.tender.is_rehearsal,
        now=made.confirmed_at,
    )


def waiting_record(db: Session, lot_code: str) -> str | None:
    """SHA-256 of a sealed record that has not been taken yet."""
    made = queries.opening_record_of(db, queries.lot_by_code(db, lot_code).id)
    if made is None or made.sha256 is not None or made.paper.state is not PaperState.COMPLETE:
        return None
    return made.paper.file


def take_sealed_record(db: Session, lot_code: str, sha256: str, *, now: datetime) -> None:
    """Record the hash of the sealed file in the lot's stream. The caller holds the lot."""
    made = queries.opening_record_of(db, queries.lot_by_code(db, lot_code).id)
    if made is None or made.sha256 is not None:
        return
    made.sha256, made.sealed_at = sha256, now
    stream, data = f"lot:{lot_code}", {"record": made.paper_code, "sha256": sha256}
    kind = "opening_record.sealed"
    record(db, stream=stream, kind=kind, actor=ACTOR, subject=stream, data=data, now=now)


def _data(made: OpeningRecord, opened: Sequence[OpenedBid]) -> bytes:
    lot = made.lot
    return canonical(
        {
            "type": "opening-record/v1",
            "tender": lot.tender.code,
            "lot": lot.code,
            "deadline": lot.deadline.isoformat() if lot.deadline else None,
            "sealed": {"count": lot.sealed_count, "root": (lot.sealed_root or b"").hex()},
            "table": [
                {
                    "bidder": each.bid.bidder.credit_code,
                    "name": each.bid.bidder.name,
                    "outcome": each.outcome.value,
                    "price_fen": each.price_fen,
                    "period_days": each.period_days,
                    "quality": each.quality,
                    "guarantee": each.guarantee["cover"],
                }
                for each in opened
            ],
            "confirmed_at": made.confirmed_at.isoformat(),
        }
    )


def _pages(made: OpeningRecord, opened: Sequence[OpenedBid], sha256: str) -> list[Piece]:
    lot, tender = made.lot, made.lot.tender
    facts = [
        ["项目名称", tender.name],
        ["标段", f"{lot.name}（{lot.code}）"],
        ["招标人（采购人）", tender.procuring_entity.name],
        ["招标代理机构", tender.agency.name],
        ["投标截止时间", _moment(lot.deadline)],
        ["截止时密封投标数", str(lot.sealed_count)],
        ["密封集合的根", (lot.sealed_root or b"").hex()],
        ["附件 opening.json 的 SHA-256", sha256],
    ]
    rows = [_row(each) for each in opened]
    head = ["投标人", "报价（元）", "工期（天）", "质量", "投标保证金", "开启结果"]
    return [
        Heading("开标记录", 1),
        Grid(["项目", "内容"], facts, [3, 7]),
        Grid(head, rows, [5, 3, 2, 2, 2, 3], "开标一览表", [1, 2]),
        Passage(f"{made.confirmed_by} 于 {_moment(made.confirmed_at)} 确认本记录。"),
        Passage("平台用印并加盖时间戳；此后的任何改动都可发现。"),
        Room(90),
    ]


def _row(each: OpenedBid) -> list[str]:
    return [
        each.bid.bidder.name,
        "—" if each.price_fen is None else grouped_yuan(each.price_fen),
        "—" if each.period_days is None else str(each.period_days),
        each.quality or "—",
        label(Cover(each.guarantee["cover"])),
        label(each.outcome),
    ]


def _moment(instant: datetime | None) -> str:
    if instant is None:
        return "—"
    return instant.astimezone(SHANGHAI).strftime("%Y年%m月%d日 %H:%M:%S")
