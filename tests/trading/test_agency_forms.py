"""What an agency fills in by hand: a tender, its notice, a rehearsal's clock, a termination."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from kernel.periods import minute_text
from storage.database import snapshot
from tests.factories.identity import CODES
from tests.factories.pages import Reader, facts
from tests.factories.trading import NOTICE, TENDER_FORM, make_open_lot, make_tender
from tests.trading.test_pages import START, state_of
from trading import queries
from trading.states import LotState
from webapp.settings import ROOT

TENDER = TENDER_FORM | {
    "regime": "CONSTRUCTION",
    "lots": "1",
    "validity_days": "90",
    "window_minutes": "30",
    "correction_minutes": "5",
    "method": (ROOT / "docs/methods/construction.json").read_text(encoding="utf-8"),
}


def test_an_agency_registers_a_tender_and_publishes_its_notice(agent):
    tender = agent.sent("/run/tenders", **TENDER)
    code = tender.rpartition("/")[2]
    with snapshot() as db:
        (lot,) = queries.tender_by_code(db, code).lots
    page = agent.get(f"{tender}/notice")
    earliest = re.search(r'id="deadline"[^>]* value="([^"]+)"', page)[1]

    agent.sent(f"{tender}/notice", **NOTICE, deadline=earliest, confirm="yes")

    assert (lot.estimate_fen, lot.guarantee_fen) == (1_100_000_000, 20_000_000)
    assert lot.method == json.loads(TENDER["method"])
    assert "招标投标法 第24条" in page
    assert earliest == "2026-09-21T00:00"
    assert state_of(lot.code) is LotState.ANNOUNCED
    assert "递交投标文件" in agent.get(f"/run/lots/{lot.code}")
    assert TENDER["tender_name"] in agent.get("/run/tenders")
    assert "第一标段" in Reader(agent.client).get(f"/tenders/{code}")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"tender_name": " "}, 422, "tender_name"),
        ({"category": "x"}, 422, "category"),
        ({"procuring_entity": "1"}, 422, "procuring_entity"),
        ({"procuring_entity": CODES[9]}, 404, "procuring_entity"),
        ({"procuring_entity": CODES[0]}, 409, "procuring_entity"),
        ({"rehearsal_from": "昨天"}, 422, "rehearsal_from"),
        ({"estimate": "1.234"}, 422, "estimate"),
        ({"validity_days": "九十"}, 422, "validity_days"),
        ({"validity_days": "366"}, 409, "validity_days"),
        ({"guarantee": "220000.01"}, 409, "guarantee"),
        ({"method": "[]"}, 422, "method"),
        ({"method": "{"}, 422, "method"),
    ],
)
def test_a_refused_tender_comes_back_with_its_words_and_nothing_is_registered(
    agent, change, status, field
):
    before = facts()

    page = agent.refused("/run/tenders", status, field, **TENDER | change)

    assert ('value="12000000"' in page, facts()) == (True, before)


def test_a_fault_in_the_second_lot_leads_to_its_own_field(agent):
    names = ("lot_name", "estimate", "ceiling", "validity_days", "window_minutes")
    second = {f"{name}-2": TENDER[name] for name in (*names, "correction_minutes")}
    form = TENDER | {"lots": "2"} | second

    before = facts()

    agent.refused("/run/tenders", 422, "guarantee-2", **form, **{"guarantee-2": "x"})
    agent.refused("/run/tenders", 409, "guarantee-2", **form, **{"guarantee-2": "220000.01"})

    assert facts() == before


def test_a_notice_needs_every_field_a_lawful_deadline_and_a_confirmation(agent):
    code = make_tender(rehearsal_from=START)
    address, early = f"/run/tenders/{code}/notice", {"deadline": "2026-09-20T23:59"}
    good = NOTICE | {"deadline": "2026-09-21T00:00", "confirm": "yes"}
    before = facts()

    agent.refused(address, 409, "scope", **good | {"scope": " "})
    agent.refused(address, 409, "deadline", **good | early)
    agent.refused(address, 422, "confirm", **good | {"confirm": ""})

    assert (state_of(f"{code}-01"), facts()) == (LotState.REGISTERED, before)


def test_all_that_is_wrong_with_a_notice_is_told_at_once(agent):
    code = make_tender(rehearsal_from=START)
    address, before = f"/run/tenders/{code}/notice", facts()
    form = NOTICE | {"scope": " ", "funds": "", "deadline": "明天", "confirm": ""}

    page = agent.refused(address, 422, "deadline", **form)

    assert all(f'<a href="#{name}">' in page for name in ("scope", "funds", "confirm"))
    assert "请改正 4 处" in page
    assert (state_of(f"{code}-01"), facts()) == (LotState.REGISTERED, before)


def test_all_that_is_wrong_with_a_termination_is_told_at_once(agent):
    lot = make_open_lot(start=START)
    address, before = f"/run/lots/{lot}/termination", facts()

    page = agent.refused(address, 422, "confirm", ground=" ")

    assert '<a href="#ground">' in page
    assert (state_of(lot), facts()) == (LotState.ANNOUNCED, before)


def test_a_rehearsal_clock_is_moved_forward_only(agent):
    lot = make_open_lot(start=START)
    address = f"/run/tenders/{lot.rpartition('-')[0]}/clock"

    agent.sent(address, to="2026-09-10T10:00")
    back = agent.refused(address, 422, "to", to="2026-09-09T10:00")

    assert "演练时钟只能向前拨" in back
    assert "2026-09-10 10:00" in agent.get(f"/run/lots/{lot}")


def test_a_lot_is_terminated_with_a_ground_that_everybody_reads(agent, reader):
    lot = make_open_lot(start=START)
    address = f"/run/lots/{lot}/termination"

    agent.refused(address, 409, "ground", ground=" ", confirm="yes")
    agent.refused(address, 422, "confirm", ground="规划调整")
    assert state_of(lot) is LotState.ANNOUNCED
    agent.sent(address, ground="规划调整", confirm="yes")

    assert state_of(lot) is LotState.TERMINATED
    assert "规划调整" in reader().get(f"/tenders/{lot.rpartition('-')[0]}")
    agent.sent(f"/run/lots/{lot}/archive", confirm="yes")
    assert state_of(lot) is LotState.ARCHIVED


def test_a_form_holds_a_moment_rounded_up_to_a_whole_minute():
    instant = datetime(2026, 9, 1, 2, 0, 1, tzinfo=UTC)
    assert minute_text(instant) == "2026-09-01T10:01"
    assert minute_text(instant - timedelta(seconds=1)) == "2026-09-01T10:00"
