"""Guarantees: ordered by a bidder, approved and signed by an issuer, disclosed at the opening.

Until the close everything here is held back like a bid: its facts join the tree with the close.
The caller holds the lot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from evidence.actions.papers import Grid, Heading, Passage, Piece, Room
from evidence.actions.streams import advance, record
from identity import queries as identity
from identity.actions.letters import write_letter
from identity.actions.papers import begin_paper
from identity.actions.standing import refuse_restricted
from identity.rules.permissions import Viewer
from identity.states import OrganisationKind, RestrictionKind
from kernel import codes
from kernel.errors import Refusal, refuse_if
from kernel.money import grouped_yuan, in_capitals
from kernel.text import clean_line
from outbox.rules.letters import LetterKind
from storage.base import real_now
from trading import queries
from trading.actions.bidding import bid_stream
from trading.actions.closing import ACTOR
from trading.actions.tendering import lot_known_to
from trading.models.guarantee import GuaranteeOrder
from trading.models.tendering import Lot
from trading.rules import guarantee as rules
from trading.states import GUARANTEE, GuaranteeEvent, GuaranteeState, LotState

KIND = "guarantee"
DRAW, ISSUED = f"{KIND}.draw", f"{KIND}.issued"
FIELD = "issuer"


@dataclass(frozen=True)
class Letter:
    """What the worker writes: nothing in it tells which tender is backed."""

    order: str
    principal: str
    principal_code: str
    issuer: str
    issuer_code: str
    amount_fen: int
    valid_until: date
    code: str
    is_rehearsal: bool
    made_at: datetime


def order_guarantee(
    db: Session, who: Viewer, lot_code: str, *, issuer: str, code: bytes, now: datetime
) -> GuaranteeOrder:
    """A bidder orders a guarantee; `code` hides what it is for, its salt stays with the bidder."""
    lot = lot_known_to(db, who, lot_code)
    bidder = identity.organisation_by_code(db, who.organisation)
    refuse_if(rules.ordering_problems(lot.guarantee_fen, lot.state, lot.deadline, now))
    refuse_restricted(db, bidder.credit_code, bidder.name, RestrictionKind.BIDDING)
    backer = identity.organisation_by_code(db, codes.credit_code(issuer, field="issuer"))
    if not backer.is_a(OrganisationKind.ISSUER) or backer.id == bidder.id:
        raise Refusal(
            "guarantee.not_an_issuer",
            "“%(name)s”不是可选的出函机构。",
            "招标投标法实施条例 第26条",
            field="issuer",
            name=backer.name,
        )
    if queries.standing_guarantee(db, lot.id, bidder.id) is not None:
        raise Refusal("guarantee.ordered_already", "您已为该标段申请过保函。")
    assert lot.deadline is not None  # noqa: S101 (an announced lot has one: CHECK)
    order = GuaranteeOrder(
        code=codes.new_code("GO"),
        lot=lot,
        bidder=bidder,
        issuer=backer,
        order_code=code,
        required_fen=lot.guarantee_fen,
        amount_fen=rules.order_amount(lot.guarantee_fen),
        valid_until=rules.order_valid_until(lot.deadline, lot.validity_days),
        state=GuaranteeState.ORDERED,
        ordered_at=now,
    )
    db.add(order)
    _record(db, order, "guarantee.ordered", who.code, {"issuer": backer.credit_code}, now)
    _write(db, order, LetterKind.GUARANTEE_ORDERED, backer.credit_code, now)
    return order


def approve_order(db: Session, who: Viewer, code: str, *, now: datetime) -> GuaranteeOrder:
    """The issuer approves; the letter is drawn and waits for the issuer's signature."""
    order = queries.guarantee_for_issuer(db, code, who.organisation)
    _refuse_closed(order, now)
    paper = begin_paper(
        db,
        kind=KIND,
        owner=f"lot:{order.lot.code}",
        done_kind=ISSUED,
        signers=[(FIELD, who.code)],
        is_sealed=False,
    )
    order.paper, order.paper_code = paper, paper.code
    _advance(db, order, GuaranteeEvent.APPROVED, who.code, {}, now)
    return order


def refuse_order(
    db: Session, who: Viewer, code: str, *, reason: str, now: datetime
) -> GuaranteeOrder:
    """The issuer refuses, with a reason that the bidder sees."""
    order = queries.guarantee_for_issuer(db, code, who.organisation)
    order.reason = clean_line(reason, field="reason", limit=500)
    _advance(db, order, GuaranteeEvent.REFUSED, who.code, {"reason": order.reason}, now)
    kind, to = LetterKind.GUARANTEE_REFUSED, order.bidder.credit_code
    _write(db, order, kind, to, now, reason=order.reason)
    return order


def letter_of(db: Session, paper_code: str) -> Letter:
    """What the letter on this paper says."""
    order = queries.guarantee_on_paper(db, paper_code)
    return Letter(
        order=order.code,
        principal=order.bidder.name,
        principal_code=order.bidder.credit_code,
        issuer=order.issuer.name,
        issuer_code=order.issuer.credit_code,
        amount_fen=order.amount_fen,
        valid_until=order.valid_until,
        code=order.order_code.hex(),
        is_rehearsal=order.lot.tender.is_rehearsal,
        made_at=real_now(db),
    )


def letter_pages(letter: Letter) -> list[Piece]:
    """The guarantee as it is printed. Source: 最高法 独立保函规定 第3条 (amount, documents)."""
    amount = f"{grouped_yuan(letter.amount_fen)}（{in_capitals(letter.amount_fen)}）"
    rows = [
        ["保函编号", letter.order],
        ["申请人（投标人）", f"{letter.principal}（{letter.principal_code}）"],
        ["出函机构（开立人）", f"{letter.issuer}（{letter.issuer_code}）"],
        ["最高金额（元）", amount],
        ["有效期至（含当日）", letter.valid_until.isoformat()],
        ["受益人编码", letter.code],
    ]
    return [
        Heading("投标保函", 1),
        Grid(["项目", "内容"], rows, [3, 7]),
        Passage(
            "本机构不可撤销地承诺：在有效期内收到受益人的书面索赔声明后，"
            "在最高金额内无条件付款。本保函为见索即付的独立保函。"
        ),
        Passage(
            "受益人为上述编码的原文（随机数、项目、标段、受益人、保证金金额、投标截止时间）"
            "所载明的单位，不论由谁出示原文；编码为该原文的 SHA-256。"
        ),
        Passage("本保函的签名由开立人的数字证书作出，可用 flask evaluation verify 核验。"),
        Room(90),
    ]


def issue_signed(
    db: Session, lot_code: str, checked: Mapping[str, str], *, now: datetime
) -> list[GuaranteeOrder]:
    """Letters of a lot that were signed and verified (order → SHA-256) are issued, or come late."""
    issued = []
    for order in queries.signed_guarantees(db, queries.lot_by_code(db, lot_code).id):
        if order.code not in checked:
            continue
        if _is_open(order.lot, now) or order.lot.state is LotState.SUSPENDED:
            order.sha256 = checked[order.code]
            data = {"sha256": order.sha256}
            _advance(db, order, GuaranteeEvent.ISSUED, ACTOR, data, now)
            _write(db, order, LetterKind.GUARANTEE_ISSUED, order.bidder.credit_code, now)
            issued.append(order)
        else:
            _advance(db, order, GuaranteeEvent.LAPSED, ACTOR, {}, now)
            _write(db, order, LetterKind.GUARANTEE_LAPSED, order.bidder.credit_code, now)
    return issued


def cover_of_bid(
    db: Session, lot: Lot, bidder_id: int, preimage: rules.Preimage | None, *, now: datetime
) -> dict[str, object]:
    """What the opening finds of a bid's guarantee; one that holds is disclosed."""
    order = queries.guarantee_by_code(db, preimage.order) if preimage else None
    if order is not None and order.lot_id != lot.id:
        order = None
    cover, why = rules.cover_of(need_of(lot), preimage, _known(order, bidder_id))
    found: dict[str, object] = {"cover": cover.value, "why": why}
    if cover is rules.Cover.VALID and order is not None:
        _advance(db, order, GuaranteeEvent.DISCLOSED, ACTOR, {"lot": lot.code}, now)
        found |= {"order": order.code, "issuer": order.issuer.name, "amount_fen": order.amount_fen}
    return found


def need_of(lot: Lot) -> rules.Need:
    """What a lot asks of a guarantee."""
    assert lot.deadline is not None  # noqa: S101 (only announced lots are asked)
    return rules.Need(
        tender=lot.tender.code,
        lot=lot.code,
        beneficiary=lot.tender.procuring_entity.credit_code,
        required_fen=lot.guarantee_fen,
        deadline=lot.deadline,
        validity_days=lot.validity_days,
    )


def _known(order: GuaranteeOrder | None, bidder_id: int) -> rules.Guarantee | None:
    if order is None:
        return None
    return rules.Guarantee(
        state=order.state,
        is_of_bidder=order.bidder_id == bidder_id,
        code=order.order_code,
        amount_fen=order.amount_fen,
        valid_until=order.valid_until,
        sha256=order.sha256,
    )


def _is_open(lot: Lot, now: datetime) -> bool:
    return not rules.ordering_problems(lot.guarantee_fen, lot.state, lot.deadline, now)


def _refuse_closed(order: GuaranteeOrder, now: datetime) -> None:
    """The issuer is not told more than that it is too late."""
    if not _is_open(order.lot, now):
        raise Refusal("guarantee.order_lapsed", "该申请已失效，不能再开立。")


def _advance(
    db: Session,
    order: GuaranteeOrder,
    event: GuaranteeEvent,
    actor: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    advance(
        db,
        order,
        GUARANTEE,
        event,
        stream=bid_stream(order.lot.code, order.bidder.credit_code),
        actor=actor,
        subject=f"guarantee:{order.code}",
        data={"order": order.code, **data},
        now=now,
        held_by=_holder(order.lot),
    )


def _record(
    db: Session,
    order: GuaranteeOrder,
    kind: str,
    actor: str,
    data: Mapping[str, object],
    now: datetime,
) -> None:
    record(
        db,
        stream=bid_stream(order.lot.code, order.bidder.credit_code),
        kind=kind,
        actor=actor,
        subject=f"guarantee:{order.code}",
        data={
            "order": order.code,
            "code": order.order_code.hex(),
            "amount_fen": order.amount_fen,
            "valid_until": order.valid_until.isoformat(),
            **data,
        },
        now=now,
        held_by=_holder(order.lot),
    )


def _write(
    db: Session, order: GuaranteeOrder, kind: LetterKind, to: str, now: datetime, **data: str
) -> None:
    """Nothing in it tells which tender is backed: the issuer gets such letters too."""
    named = {"order": order.code, "rehearsal": order.lot.tender.is_rehearsal, **data}
    write_letter(db, kind, f"guarantee:{order.code}", to=[to], now=now, data=named)


def _holder(lot: Lot) -> str | None:
    """Held back until the lot is closed or terminated; a suspended lot may still be open."""
    is_open = lot.state is LotState.ANNOUNCED or (
        lot.state is LotState.SUSPENDED and lot.resume_to == LotState.ANNOUNCED.value
    )
    return f"lot:{lot.code}" if is_open else None
