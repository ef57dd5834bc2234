"""A lot with its bids opened and in evaluation, to which any report can come at any instant."""

from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from evidence.models.streams import Fact
from kernel.errors import Refusal
from outbox.models.messages import Message, WideMessage
from storage.database import snapshot, transaction
from storage.due import DueWork
from tests.factories.evaluation import Evaluation
from tests.factories.identity import viewer
from trading import queries
from trading.actions import awarding
from trading.rules.awarding import RankedBid, RejectedBid, ReportResult
from trading.states import Regime

# A Tuesday in Shanghai; Friday 25 to Sunday 27 September are the Mid-Autumn holiday.
RECEIVED = datetime(2026, 9, 22, 8, 0, tzinfo=UTC)
ARCHIVE = "ab" * 32


def ranked(receipt, price_fen, rank, *, tied=False, total="90.00"):
    return RankedBid(
        receipt, price_fen, Decimal("50.00"), Decimal("40.00"), Decimal(total), rank, tied
    )


def traces(lot):
    """State of a lot, and how many facts, messages and pieces of due work there are."""
    with snapshot() as db:
        counted = [
            db.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (Fact, Message, WideMessage, DueWork)
        ]
        return queries.lot_by_code(db, lot).state, counted


@contextmanager
def refused(lot, code, kind=Refusal):
    """What happens inside is refused with this code and leaves no trace."""
    before = traces(lot)
    with pytest.raises(kind) as fault:
        yield
    assert fault.value.code == code
    assert traces(lot) == before


class Awarding:
    """The lot, its people, and what they do at instants that a test chooses."""

    def __init__(self, vault, *, regime=Regime.CONSTRUCTION, bidders=4):
        self.evaluation = Evaluation(vault, bidders=bidders, regime=regime).confirmed()
        self.evaluation.drawn().accept_all().convene()
        self.lot = self.evaluation.lot
        with snapshot() as db:
            opened = queries.opened_bids(db, queries.lot_by_code(db, self.lot).id)
            self.prices = {each.bid.receipt: each.price_fen for each in opened}
            self.receipts = [each.bid.receipt for each in opened]
            self.owners = {each.bid.receipt: each.bid.bidder.name for each in opened}

    def result(self, ranks=(1, 2, 3), *, rejected=1, **changes):
        """A report: these ranks to the bids by price, the last ones rejected."""
        lines = [
            ranked(receipt, self.prices[receipt], rank, tied=ranks.count(rank) > 1)
            for receipt, rank in zip(self.receipts, ranks, strict=False)
        ]
        out = self.receipts[len(self.receipts) - rejected :] if rejected else []
        facts = {
            "report": "ER0000000001",
            "archive_sha256": ARCHIVE,
            "ranking": tuple(lines),
            "rejected": tuple(RejectedBid(receipt, "没有资质") for receipt in out),
        }
        return ReportResult(**(facts | changes))

    def receive(self, result=None, *, at=RECEIVED):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, _):
            awarding.receive_report(db, self.lot, result or self.result(), actor="platform", now=at)
        return self

    def do(self, action, username, *, at, **kwargs):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, _):
            return action(db, viewer(username), self.lot, now=at, **kwargs)

    def publish(self, *, at=RECEIVED, username="agent"):
        return self.do(awarding.publish_candidates, username, at=at)

    def decide(self, place=0, *, at, username="officer", **kwargs):
        receipt = self.receipts[place]
        return self.do(awarding.decide_award, username, at=at, receipt=receipt, **kwargs)

    def silence(self, *, at):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, _):
            return awarding.award_by_silence(db, self.lot, now=at)

    def archive(self, *, at, username="agent"):
        return self.do(awarding.archive_lot, username, at=at)

    def found(self):
        with snapshot() as db:
            return queries.lot_by_code(db, self.lot)

    def report(self):
        with snapshot() as db:
            return queries.report_of(db, queries.lot_by_code(db, self.lot).id)

    def award(self):
        with snapshot() as db:
            return queries.award_of(db, queries.lot_by_code(db, self.lot).id)
