"""The evidence of a whole tender for one audience: which streams, which facts, which reports.

The streams are found by asking for the tender's lots, bidders, draws and meetings; what of them
may leave is decided by rules/disclosure.py. It only reads.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from sqlalchemy.orm import Session

from evaluation import queries as evaluation
from evidence import queries as evidence
from evidence.actions.bundles import Keys, Wanted, export_bundle
from evidence.models.streams import Fact
from evidence.rules.bundles import Content, Head, Scope, Stored, digest_of
from evidence.rules.streams import canonical
from kernel.errors import NotFound
from storage.vault import Vault
from supervision.rules import disclosure as rules
from supervision.rules.disclosure import Scene, StreamKind
from trading import queries as trading
from trading.actions.bidding import bid_stream
from trading.models.tendering import Lot, Tender
from trading.rules.disclosure import Audience


@dataclass(frozen=True)
class Sources:
    """What a bundle is made of beside the database; `trust_pem` where an authority was made."""

    keys: Keys
    vault: Vault
    trust_pem: bytes | None


@dataclass(frozen=True)
class TenderStream:
    """One stream of a tender, and where that stands which it belongs to."""

    name: str
    kind: StreamKind
    scene: Scene


def export_dossier(
    db: Session, tender_code: str, audience: Audience, sources: Sources, out: BinaryIO
) -> Head:
    """Write the bundle of a tender for this audience; return its checkpoint.

    Raises NotFound where the audience may not know of the tender, else as `export_bundle`.
    """
    tender = trading.tender_by_code(db, tender_code)
    listed = [
        stream
        for stream in streams_of(db, tender)
        if rules.may_list(audience, stream.kind, stream.scene)
    ]
    scenes = {stream.name: stream.scene for stream in listed}
    if f"tender:{tender.code}" not in scenes:
        raise NotFound("tender.not_found", "没有编号为“%(value)s”的项目。", value=tender_code[:40])
    wanted = Wanted(
        Scope("tender", tender.code, audience.value),
        sorted(scenes),
        partial(_may_leave, audience, scenes),
        attached=_reports(db, tender, audience, scenes, sources),
    )
    return export_bundle(db, wanted, sources.keys, out)


def streams_of(db: Session, tender: Tender) -> list[TenderStream]:
    """Every stream of a tender, whoever may know of it."""
    scenes = {lot.code: _scene(db, lot) for lot in tender.lots}
    own = TenderStream(f"tender:{tender.code}", StreamKind.TENDER, _most_public(scenes))
    below = (stream for lot in tender.lots for stream in _of_lot(db, lot, scenes[lot.code]))
    return [own, *below]


def _scene(db: Session, lot: Lot) -> Scene:
    meeting = evaluation.meeting_of_lot(db, lot.id)
    return Scene(trading.stage_of(db, lot), meeting.state if meeting else None)


def _most_public(scenes: Mapping[str, Scene]) -> Scene:
    """A tender is as public as its most public lot."""
    return next(
        (s for s in scenes.values() if rules.may_list(Audience.PUBLIC, StreamKind.LOT, s)),
        next(iter(scenes.values())),
    )


def _of_lot(db: Session, lot: Lot, scene: Scene) -> Iterator[TenderStream]:
    name = f"lot:{lot.code}"
    yield TenderStream(name, StreamKind.LOT, scene)
    bidders = {
        bid_stream(lot.code, bidder): StreamKind.BIDDER if stands else StreamKind.GONE_BIDDER
        for bidder, stands in trading.bidders_of(db, lot.id).items()
    }
    # Whatever hangs below a lot belongs to it; `whole` is true only with all of it.
    others = dict.fromkeys(evidence.released_below(db, name), StreamKind.BELOW)
    for below, kind in (others | bidders).items():
        yield TenderStream(below, kind, scene)
    if draw := evaluation.draw_of_lot(db, lot.id):
        yield TenderStream(f"draw:{draw.code}", StreamKind.DRAW, scene)
    if meeting := evaluation.meeting_of_lot(db, lot.id):
        yield TenderStream(f"meeting:{meeting.code}", StreamKind.MEETING, scene)
        yield TenderStream(f"blind:{meeting.code}", StreamKind.BLIND, scene)


def _may_leave(audience: Audience, scenes: Mapping[str, Scene], fact: Fact) -> bool:
    return rules.may_read(audience, fact.kind, scenes[fact.stream])


def _reports(
    db: Session,
    tender: Tender,
    audience: Audience,
    scenes: Mapping[str, Scene],
    sources: Sources,
) -> dict[str, Content]:
    """archives.json, trust.pem and the signed reports that are there; nothing where none is."""
    files: dict[str, Content] = {}
    rows = []
    for lot in tender.lots:
        scene = scenes.get(f"lot:{lot.code}")
        fact = _archived(db, lot) if scene and rules.may_have_report(audience, scene) else None
        file = _stored(sources.vault, fact) if fact else None
        if fact is None or file is None:
            continue
        name = f"files/evaluation-{lot.code}.pdf"
        files[name] = file
        commitment = fact.commitment.hex()
        rows.append({"file": name, "sha256": digest_of(file), "commitment": commitment})
    return _attachments(rows, files, sources.trust_pem)


def _archived(db: Session, lot: Lot) -> Fact | None:
    """The newest fact that names the report of a lot, if the checkpoint covers it."""
    head = evidence.latest_head(db)
    size = head.size if head else 0
    found = [
        logged.fact
        for logged in evidence.facts_of(db, [f"lot:{lot.code}"])
        if logged.fact.kind == "report.archived"
        and logged.position is not None
        and logged.position < size
    ]
    return found[-1] if found else None


def _stored(vault: Vault, fact: Fact) -> Stored | None:
    """The file that the fact names; None where the vault does not have it."""
    digest = str(json.loads(fact.body)["data"]["sha256"])
    try:
        vault.open(digest).close()
    except FileNotFoundError:
        return None
    return Stored(digest, partial(vault.open, digest))


def _attachments(
    rows: Sequence[Mapping[str, str]], files: Mapping[str, Content], trust_pem: bytes | None
) -> dict[str, Content]:
    if not rows:
        return {}
    trust: dict[str, Content] = {"trust.pem": trust_pem} if trust_pem else {}
    return {"archives.json": canonical(list(rows)), **trust, **files}
