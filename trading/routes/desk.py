"""What trading has for each desk: lots to run, bids to release, orders to judge, keys to bring."""

from collections.abc import Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from identity.routes.desk import SHOWN, Task
from identity.rules.permissions import Viewer
from identity.states import Permission
from trading import queries
from trading.labels import label
from trading.models.bidding import Bid
from trading.models.opening import OpeningKey, Release
from trading.models.tendering import Lot, Tender
from trading.routes.own_side import must_correct
from trading.rules.steps import Actor, NextStep
from trading.states import OPENING_STATES, LotState


def _(text: str) -> str:
    """Marks a text for the catalogue; the page translates it when it shows it."""
    return text


def tasks_of_lots(db: Session, who: Viewer) -> list[Task]:
    """The next step of every lot that my organisation runs or buys by."""
    if not who.may(Permission.RUN_TENDER):
        return []
    lots = queries.unfinished_lots_run_by(db, who.organisation, SHOWN)
    steps = queries.next_steps(db, lots)
    return [_lot_task(lot, who, steps[lot.id]) for lot in lots]


def tasks_of_questions(db: Session, who: Viewer) -> list[Task]:
    """Questions and objections that my agency has not answered."""
    if not who.may(Permission.REGISTER_TENDER):
        return []
    enquiries, objections = queries.waiting_for(db, who.organisation, SHOWN)
    asked = [_question_task(_("答复提问"), each.code, each.tender, None) for each in enquiries]
    raised = [
        _question_task(label(each.kind), each.code, each.lot.tender, each.due_at)
        for each in objections
    ]
    return [*raised, *asked]


def tasks_of_bids(db: Session, who: Viewer) -> list[Task]:
    """My standing bids that wait for the opening, and releases that are due."""
    if not who.may(Permission.BID):
        return []
    bids = queries.bids_by(db, who.organisation, limit=SHOWN)
    on_their_way = [bid for bid in bids if bid.lot.state in OPENING_STATES]
    releases = queries.releases_among(db, [bid.id for bid in on_their_way])
    return [_bid_task(bid, releases.get(bid.id)) for bid in on_their_way]


def tasks_of_orders(db: Session, who: Viewer) -> list[Task]:
    """Orders that my institution has neither approved nor refused."""
    if not who.may(Permission.ISSUE_GUARANTEE):
        return []
    return [
        Task(
            title=_("审核保函申请"),
            about=order.bidder.name,
            address=url_for("issuer.order", code=order.code),
            is_mine=True,
        )
        for order in queries.guarantees_to_judge(db, who.organisation, SHOWN)
    ]


def tasks_of_witness(db: Session, who: Viewer) -> list[Task]:
    """Lots that still need an opening key, or whose key is to be published."""
    if not who.may(Permission.WITNESS_OPENING):
        return []
    lots = queries.lots_in(db, OPENING_STATES, limit=SHOWN)
    keys = queries.opening_keys_of(db, [lot.id for lot in lots], who.organisation)
    return [_witness_task(lot, [key for key in keys if key.lot_id == lot.id]) for lot in lots]


def _lot_task(lot: Lot, who: Viewer, step: NextStep) -> Task:
    tender = lot.tender
    return Task(
        title=label(step.step),
        about=_named(lot),
        address=url_for("lots.lot", code=lot.code),
        is_mine=who.organisation == _organisation_of(step.actor, tender),
        begins=step.begins,
        until=step.until,
        is_rehearsal=tender.is_rehearsal,
        ahead=tender.ahead,
    )


def _question_task(title: str, code: str, tender: Tender, until: datetime | None) -> Task:
    return Task(
        title=title,
        about=f"{code} · {tender.name}",
        address=url_for("objections.answers", code=tender.code, _anchor=code),
        is_mine=True,
        until=until,
        otherwise=_("答复之前，等待它的步骤不能进行。"),
        is_rehearsal=tender.is_rehearsal,
        ahead=tender.ahead,
    )


def _organisation_of(actor: Actor, tender: Tender) -> str | None:
    sides = {
        Actor.AGENCY: tender.agency.credit_code,
        Actor.PROCURING_ENTITY: tender.procuring_entity.credit_code,
    }
    return sides.get(actor)


def _bid_task(bid: Bid, release: Release | None) -> Task:
    """Before the deadline one waits; then one releases, and once more if the release was wrong."""
    lot = bid.lot
    waits_for_me = lot.state is LotState.RELEASING and release is None
    wrong = must_correct(lot, release)
    title = _("等待启封")
    if lot.state is LotState.ANNOUNCED:
        title = _("等待投标截止，截止后释放解封密钥")
    elif waits_for_me:
        title = _("释放解封密钥")
    elif wrong:
        title = _("更正释放的密钥")
    is_mine = bool(waits_for_me or wrong)
    return Task(
        title=title,
        about=_named(lot),
        address=url_for("sealing.opening" if is_mine else "bidder.lot", code=lot.code),
        is_mine=is_mine,
        until=(release.correct_until if wrong and release else None) or _window_of(lot),
        otherwise=_("逾时未释放的，视为撤销投标文件。") if is_mine else "",
        is_rehearsal=lot.tender.is_rehearsal,
        ahead=lot.tender.ahead,
    )


def _window_of(lot: Lot) -> datetime | None:
    return lot.deadline if lot.state is LotState.ANNOUNCED else lot.window_ends_at


def _witness_task(lot: Lot, keys: Sequence[OpeningKey]) -> Task:
    rehearsed = any(key.rehearsed_at for key in keys)
    published = any(key.published_at for key in keys)
    needs_key = lot.state is LotState.ANNOUNCED and not rehearsed
    needs_publication = lot.state is LotState.UNSEALING and rehearsed and not published
    title = _("开标密钥已备好，等待解密结束")
    if needs_key:
        title = _("生成并演练开标密钥")
    elif needs_publication:
        title = _("公布开标密钥")
    elif not rehearsed:
        title = _("截止前没有登记开标密钥")
    return Task(
        title=title,
        about=lot.code,
        address=url_for("witness.lots"),
        is_mine=needs_key or needs_publication,
        until=lot.deadline if needs_key else None,
        is_rehearsal=lot.tender.is_rehearsal,
        ahead=lot.tender.ahead,
    )


def _named(lot: Lot) -> str:
    return f"{lot.tender.name} · {lot.name}"
