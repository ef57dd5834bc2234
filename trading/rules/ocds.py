"""What is public of a tender as an OCDS 1.1 release package (docs/ocds.md); values come in.

Whoever gathers the values asks rules/disclosure.py first: nothing here can be told that was not
given. The procuring entity is OCDS's buyer and procuringEntity, the agency has the local role
`agency`; bidders are its tenderers. Source: OCDS 1.1.5 with the lots and bids extensions;
电子招标投标办法 第41条 (open data of a platform).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.money import FEN_PER_YUAN, yuan_from_fen
from trading.rules.opening import Outcome
from trading.states import Category, LotState, Regime

Json = dict[str, Any]
VERSION = "1.1"
SCHEME = "CN-USCC"
LANGUAGE = "zh"
_EXTENSION = (
    "https://raw.githubusercontent.com/open-contracting-extensions/{}/master/extension.json"
)
EXTENSIONS = (_EXTENSION.format("ocds_lots_extension"), _EXTENSION.format("ocds_bid_extension"))
_METHOD = {Regime.CONSTRUCTION: "公开招标（工程建设）", Regime.GOVPROC: "公开招标（政府采购）"}
_ENDED = {
    LotState.AWARDED: "complete",
    LotState.ARCHIVED: "complete",
    LotState.FAILED: "unsuccessful",
    LotState.TERMINATED: "cancelled",
}
# The first that any lot has is that of the whole.
_OF_THE_WHOLE = ("active", "complete", "unsuccessful", "cancelled")


@dataclass(frozen=True)
class Publisher:
    """Who publishes: name, web address, and the prefix of its ocids."""

    name: str
    url: str
    prefix: str


@dataclass(frozen=True)
class Organisation:
    """An organisation by its unified social credit code."""

    code: str
    name: str


@dataclass(frozen=True)
class OpenedBid:
    """One row of the opening table; the price in fen where the bid was opened."""

    bidder: Organisation
    outcome: Outcome
    price_fen: int | None


@dataclass(frozen=True)
class Award:
    """One award of a lot as it was made known."""

    code: str
    lot: str
    supplier: Organisation
    price_fen: int
    made_at: datetime


@dataclass(frozen=True)
class PublicLot:
    """What is public of a lot: `sealed` and `bids` only when they are, None before."""

    code: str
    name: str
    reached: LotState
    ceiling_fen: int
    deadline: datetime | None
    sealed: int | None = None
    bids: tuple[OpenedBid, ...] | None = None
    awards: tuple[Award, ...] = ()


@dataclass(frozen=True)
class PublicTender:
    """What is public of a tender; `changed_at` is the last moment that anything of it changed."""

    code: str
    name: str
    regime: Regime
    category: Category
    is_rehearsal: bool
    procuring_entity: Organisation
    agency: Organisation
    announced_at: datetime
    changed_at: datetime
    lots: tuple[PublicLot, ...]


def release_package(tender: PublicTender, publisher: Publisher) -> Json:
    """The package with the one release that holds everything which is public now."""
    return {
        "uri": f"{publisher.url}/api/v1/tenders/{tender.code}/ocds",
        "version": VERSION,
        "extensions": list(EXTENSIONS),
        "publisher": {"name": publisher.name, "uri": publisher.url},
        "publishedDate": instant(tender.changed_at),
        "releases": [_release(tender, publisher)],
    }


def amount(fen: int) -> int | float:
    """Yuan as a JSON number. Below 10**12 yuan its text has exactly the decimals of the fen.

    OCDS has no other form; a double keeps 15 digits and an amount here has at most 14.
    """
    return fen // FEN_PER_YUAN if fen % FEN_PER_YUAN == 0 else float(yuan_from_fen(fen))


def instant(moment: datetime) -> str:
    """An instant as OCDS has it: RFC 3339, to the second, in UTC as it comes in."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def lot_status(reached: LotState) -> str:
    """The OCDS tenderStatus of a lot in this state."""
    return _ENDED.get(reached, "active")


def awards(made: Iterable[Award]) -> list[Json]:
    """The awards section: one entry an award, in the order given."""
    return [
        {
            "id": award.code,
            "status": "active",
            "date": instant(award.made_at),
            "value": _value(award.price_fen),
            "suppliers": [_reference(award.supplier)],
            "relatedLots": [award.lot],
        }
        for award in made
    ]


def _release(tender: PublicTender, publisher: Publisher) -> Json:
    made = [award for lot in tender.lots for award in lot.awards]
    buyer = _reference(tender.procuring_entity)
    release: Json = {
        "ocid": f"{publisher.prefix}-{tender.code}",
        "id": f"{tender.code}-{tender.changed_at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "date": instant(tender.changed_at),
        "language": LANGUAGE,
        "tag": _tags(tender, made),
        "initiationType": "tender",
        "parties": _parties(tender, made),
        "buyer": buyer,
        "tender": _tender(tender, publisher),
    }
    if bids := _bids(tender.lots):
        release["bids"] = bids
    if made:
        release["awards"] = awards(made)
    return release


def _tender(tender: PublicTender, publisher: Publisher) -> Json:
    deadlines = [lot.deadline for lot in tender.lots if lot.deadline]
    section: Json = {
        "id": tender.code,
        "title": tender.name,
        "status": _status(tender.lots),
        "procurementMethod": "open",
        "procurementMethodDetails": _METHOD[tender.regime],
        "mainProcurementCategory": tender.category.value,
        "submissionMethod": ["electronicSubmission"],
        "value": _value(sum(lot.ceiling_fen for lot in tender.lots)),
        "tenderPeriod": _period(tender, max(deadlines, default=None)),
        "procuringEntity": _reference(tender.procuring_entity),
        "documents": [_notice(tender, publisher)],
        "lots": [_lot(tender, lot) for lot in tender.lots],
    }
    if tender.is_rehearsal:
        section["description"] = "演练项目，不产生法律效力。"
    if tenderers := _tenderers(tender.lots):
        section["tenderers"] = [_reference(each) for each in tenderers]
    return section


def _lot(tender: PublicTender, lot: PublicLot) -> Json:
    return {
        "id": lot.code,
        "title": lot.name,
        "status": lot_status(lot.reached),
        "value": _value(lot.ceiling_fen),
        "tenderPeriod": _period(tender, lot.deadline),
    }


def _notice(tender: PublicTender, publisher: Publisher) -> Json:
    return {
        "id": f"{tender.code}-notice",
        "documentType": "tenderNotice",
        "url": f"{publisher.url}/tenders/{tender.code}",
        "datePublished": instant(tender.announced_at),
        "format": "text/html",
        "language": LANGUAGE,
    }


def _bids(lots: Sequence[PublicLot]) -> Json:
    statistics = [
        {"id": f"{lot.code}-bids", "measure": "bids", "value": lot.sealed, "relatedLot": lot.code}
        for lot in lots
        if lot.sealed is not None
    ]
    details = [_bid(lot, bid) for lot in lots for bid in lot.bids or ()]
    parts = {"statistics": statistics, "details": details}
    return {name: rows for name, rows in parts.items() if rows}


def _bid(lot: PublicLot, bid: OpenedBid) -> Json:
    """A bid that could not be opened counts as withdrawn. Source: 电子招标投标办法 第31条."""
    shown: Json = {
        "id": f"{lot.code}-{bid.bidder.code}",
        "submissionType": "bid",
        "status": "pending" if bid.outcome is Outcome.OPENED else "withdrawn",
        "tenderers": [_reference(bid.bidder)],
        "relatedLots": [lot.code],
    }
    return shown if bid.price_fen is None else shown | {"value": _value(bid.price_fen)}


def _parties(tender: PublicTender, made: Sequence[Award]) -> list[Json]:
    """Every organisation once, with all its roles, in the order in which they come up."""
    roles: dict[Organisation, list[str]] = {}
    for organisation, role in (
        (tender.procuring_entity, "buyer"),
        (tender.procuring_entity, "procuringEntity"),
        (tender.agency, "agency"),
        *((each, "tenderer") for each in _tenderers(tender.lots)),
        *((award.supplier, "supplier") for award in made),
    ):
        held = roles.setdefault(organisation, [])
        if role not in held:
            held.append(role)
    return [
        _reference(organisation)
        | {
            "identifier": {
                "scheme": SCHEME,
                "id": organisation.code,
                "legalName": organisation.name,
            },
            "roles": held,
        }
        for organisation, held in roles.items()
    ]


def _tenderers(lots: Sequence[PublicLot]) -> list[Organisation]:
    return list(dict.fromkeys(bid.bidder for lot in lots for bid in lot.bids or ()))


def _tags(tender: PublicTender, made: Sequence[Award]) -> list[str]:
    if _status(tender.lots) == "cancelled":
        return ["tenderCancellation"]
    fresh = all(lot.reached is LotState.ANNOUNCED for lot in tender.lots)
    return ["tender" if fresh else "tenderUpdate", *(["award"] if made else [])]


def _status(lots: Sequence[PublicLot]) -> str:
    found = {lot_status(lot.reached) for lot in lots}
    return next(status for status in _OF_THE_WHOLE if status in found)


def _period(tender: PublicTender, ends: datetime | None) -> Json:
    begins = {"startDate": instant(tender.announced_at)}
    return begins if ends is None else begins | {"endDate": instant(ends)}


def _reference(organisation: Organisation) -> Json:
    return {"id": f"{SCHEME}-{organisation.code}", "name": organisation.name}


def _value(fen: int) -> Json:
    return {"amount": amount(fen), "currency": "CNY"}
