"""Registering a tender, for pages and programs alike: its subjects, its clock, one transaction."""

from flask import current_app

from identity.rules.permissions import Viewer
from storage.database import snapshot, transaction
from storage.subjects import REAL_CLOCK
from trading import queries
from trading.actions import tendering
from trading.forms import TenderDraft


def register(who: Viewer, draft: TenderDraft) -> tuple[str, list[str]]:
    """Register a tender; returns its code and those of its lots. A rehearsal gets its own clock."""
    code = tendering.new_tender_code()
    lots = tendering.lot_codes(code, len(draft.lots))
    clock = f"tender:{code}" if draft.rehearsal_from else REAL_CLOCK
    start = (clock, draft.rehearsal_from) if draft.rehearsal_from else None
    subjects = [f"organisation:{who.organisation}", f"tender:{code}", *_named(lots)]
    with transaction(lock=subjects, new_clock=start) as (db, now):
        tendering.register_tender(
            db,
            who,
            code=code,
            regime=draft.regime,
            category=draft.category,
            name=draft.name,
            procuring_entity=draft.procuring_entity,
            lots=draft.lots,
            clock=clock,
            check_method=current_app.extensions["check_method"],
            now=now,
        )
    return code, lots


def subjects_of(tender_code: str) -> list[str]:
    """The tender and its lots, read unlocked; the caller locks and reads again."""
    with snapshot() as db:
        tender = queries.tender_by_code(db, tender_code)
        agency = f"organisation:{tender.agency.credit_code}"
        return [agency, f"tender:{tender.code}", *_named([lot.code for lot in tender.lots])]


def _named(lots: list[str]) -> list[str]:
    return [f"lot:{code}" for code in lots]
