"""A whole tender driven to its award, with the bundle of every audience at every stage."""

import io
from dataclasses import dataclass, field

from evidence.actions.streams import record
from storage.database import snapshot, transaction
from supervision.actions.dossier import Sources, export_dossier
from supervision.rules.disclosure import READERS
from tests.factories import bundles as made
from tests.factories.evaluation import Evaluation
from tests.factories.hall import packed
from trading import queries
from trading.actions.opening import confirm_opening
from trading.actions.tendering import move_lot
from trading.states import LotEvent

PDF = b"%PDF-1.7 signed evaluation report"


@dataclass
class Dossier:
    """What each audience got at each stage: (stage, audience) → bytes of a bundle."""

    evaluation: Evaluation
    vault: object
    bundles: dict = field(default_factory=dict)

    @property
    def lot(self):
        return self.evaluation.lot

    @property
    def tender(self):
        return self.lot.rpartition("-")[0]

    def take(self, stage):
        """Sequence the log and export for everybody."""
        made.sequence()
        for audience in READERS:
            self.bundles[stage, audience] = bundle(self.tender, audience, self.vault)
        return self


def bundle(tender, audience, vault, *, trust_pem=None):
    """Bytes of the bundle of this tender for this audience."""
    out = io.BytesIO()
    with snapshot() as db:
        export_dossier(db, tender, audience, Sources(made.KEYS, vault, trust_pem), out)
    return out.getvalue()


def archive_report(lot, vault, content=PDF):
    """The signed report in the vault and the fact that names it."""
    digest, _ = vault.put(io.BytesIO(content), limit=1 << 20)
    name = f"lot:{lot}"
    with transaction(lock=[name]) as (db, now):
        record(
            db,
            stream=name,
            kind="report.archived",
            actor="platform",
            subject=name,
            data={"report": "RP0000000000", "sha256": digest},
            now=now,
        )
    return digest


def move(lot, *events):
    """Let the lot go on by these events."""
    for event in events:
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            found = queries.lot_by_code(db, lot)
            if event is LotEvent.ARCHIVED:
                found.ended_as = found.state.value
            move_lot(db, found, event, actor="platform", data={}, now=now)


def play(vault, *, bidders=4):
    """From the publication to the award; one bidder replaced, one withdrew, one never released."""
    evaluation = Evaluation(vault, bidders=bidders + 1)
    played, hall = Dossier(evaluation, vault), evaluation.hall
    hall.ready()
    played.take("before the close")
    hall.all_bid()
    _replace(hall, hall.bidders[0])
    gone = hall.bidders.pop()
    gone.withdraw(hall.lot, hall.receipts.pop(gone.username))
    played.take("with bids")
    hall.close()
    played.take("closed")
    for bidder in hall.bidders[:-1]:
        hall.release(bidder)
    played.take("window")
    hall.end_window().publish().open()
    played.take("opened")
    evaluation.do(confirm_opening, "agent", evaluation.lot)
    evaluation.drawn().accept_all().convene()
    played.take("convened")
    evaluation.scoring()
    for code in evaluation.keys:
        evaluation.hand_in(code)
    played.take("scored")
    evaluation.hand_in(next(iter(evaluation.keys)), version=2, reason="复核后更正")
    evaluation.reveal_sheets().lock()
    evaluation.rank()
    played.take("ranked")
    move(played.lot, LotEvent.REPORT_RECEIVED)
    archive_report(played.lot, vault)
    played.take("reported")
    move(played.lot, LotEvent.CANDIDATES_PUBLISHED, LotEvent.AWARDED)
    return played.take("awarded")


def _replace(hall, bidder):
    """The bidder hands in another bid for the one that stands."""
    plaintext, digest = packed("31415000.00")
    seal, sealed = bidder.seal(plaintext)
    old = hall.receipts[bidder.username]
    statement = bidder.statement(hall.lot, seal, sealed, replaces=old)
    statement["envelopes"][0]["manifest_sha256"] = digest
    upload = bidder.upload(hall.lot, sealed, hall.vault)
    hall.receipts[bidder.username] = bidder.hand_in(hall.lot, statement, upload, sealed)[0].receipt
    hall.keys[bidder.username] = {"bid": bidder.identities[seal]}
