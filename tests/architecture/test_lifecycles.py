"""Every pair of state and event of every life cycle: allowed as listed here, refused otherwise."""

import importlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluation.states import CALL, DRAW, EXPERT, MEETING, SHEET
from evidence.actions.streams import advance
from evidence.models.streams import Fact
from identity.states import APPLICATION, PAPER, TURN
from kernel.errors import TransitionRefused
from kernel.lifecycle import Lifecycle
from storage.database import snapshot, transaction
from supervision.states import FINDING
from tests.architecture.packages import APART, PROGRAM
from trading.states import BID, GUARANTEE, LOT

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)

ALLOWED = {
    LOT: """
        registered            published             announced
        registered            suspended             suspended
        registered            terminated            terminated
        announced             closed                releasing
        announced             failed                failed
        announced             suspended             suspended
        announced             terminated            terminated
        releasing             window_ended          unsealing
        releasing             suspended             suspended
        releasing             terminated            terminated
        unsealing             opened                opened
        unsealing             failed                failed
        unsealing             suspended             suspended
        unsealing             terminated            terminated
        opened                confirmed             confirmed
        opened                suspended             suspended
        opened                terminated            terminated
        confirmed             evaluation_begun      evaluating
        confirmed             suspended             suspended
        confirmed             terminated            terminated
        evaluating            report_received       reported
        evaluating            failed                failed
        evaluating            suspended             suspended
        evaluating            terminated            terminated
        reported              candidates_published  candidates_published
        reported              awarded               awarded
        reported              suspended             suspended
        reported              terminated            terminated
        candidates_published  awarded               awarded
        candidates_published  suspended             suspended
        candidates_published  terminated            terminated
        suspended             terminated            terminated
        awarded               archived              archived
        failed                archived              archived
        terminated            archived              archived
    """,
    BID: """
        submitted  replaced   replaced
        submitted  withdrawn  withdrawn
    """,
    EXPERT: """
        active     suspended   suspended
        suspended  reinstated  active
    """,
    DRAW: """
        committing  frozen    revealing
        revealing   seeded    drawn
        revealing   repeated  committing
        revealing   stalled   waiting
        waiting     repeated  committing
        drawn       supplemented  committing
    """,
    CALL: """
        called    accepted  accepted
        called    refused   refused
        called    lapsed    refused
        accepted  refused   refused
    """,
    MEETING: """
        convened  committed      electing
        electing  chair_elected  scoring
        scoring   revealed       revealed
        revealed  locked         locked
        locked    ranked         ranked
        locked    failed         failed
        ranked    report_begun   reporting
        reporting reported       reported
    """,
    SHEET: """
        draft      committed  committed
        committed  changed    committed
        committed  revealed   revealed
        revealed   changed    revealed
        revealed   locked     locked
    """,
}
ALLOWED |= {
    GUARANTEE: """
        ordered   approved   approved
        ordered   refused    refused
        ordered   lapsed     lapsed
        approved  issued     issued
        approved  lapsed     lapsed
        issued    disclosed  disclosed
    """,
    PAPER: """
        drawing  drawn          signing
        signing  signed_by_all  sealing
        signing  completed      complete
        sealing  sealed         complete
    """,
    TURN: """
        waiting   asked     asked
        asked     prepared  prepared
        prepared  signed    signed
        signed    finished  done
        asked     lapsed    waiting
        prepared  lapsed    waiting
    """,
}
ALLOWED[APPLICATION] = """
        pending  confirmed  confirmed
        pending  refused    refused
    """
ALLOWED[FINDING] = """
        recorded  noticed     noticed
        recorded  dismissed   dismissed
        noticed   defended    defended
        noticed   waived      undefended
        noticed   lapsed      undefended
        noticed   decided     decided
        noticed   dismissed   dismissed
        defended  decided     decided
        defended  dismissed   dismissed
        undefended  decided     decided
        undefended  dismissed   dismissed
        decided   cancelled   cancelled
    """
NAMES = [table.name for table in ALLOWED]


@dataclass
class Row:
    state: object


def listed(table):
    """(state, event) → next state, as listed above, in words; each pair once."""
    rows = [line.split() for line in ALLOWED[table].strip().splitlines()]
    assert set(Counter((state, event) for state, event, _ in rows).values()) == {1}
    return {(state, event): after for state, event, after in rows}


def pairs(table):
    """Every state with every event."""
    (states,) = {type(state) for state, _ in table.moves}
    (events,) = {type(event) for _, event in table.moves}
    return [(state, event) for state in states for event in events]


def move(row, table, event):
    with transaction() as (db, _):
        advance(db, row, table, event, stream="row:1", actor="x", subject="row:1", now=NOW)


def kinds():
    with snapshot() as db:
        return list(db.scalars(sa.select(Fact.kind).order_by(Fact.seq)))


def test_no_life_cycle_is_left_out():
    found = set()
    for package in PROGRAM + APART:
        if (ROOT / package / "states.py").exists():
            module = importlib.import_module(f"{package}.states")
            found |= {each for each in vars(module).values() if isinstance(each, Lifecycle)}
    assert found == set(ALLOWED)


@pytest.mark.parametrize("table", ALLOWED, ids=NAMES)
def test_every_pair_is_decided(sqlite_database, table):
    allowed = listed(table)
    known = pairs(table)
    assert set(allowed) <= {(state.value, event.value) for state, event in known}
    recorded = []
    for state, event in known:
        row, after = Row(state), allowed.get((state.value, event.value))
        if after is None:
            with pytest.raises(TransitionRefused) as fault:
                move(row, table, event)
            assert (fault.value.code, row.state) == (f"{table.name}.transition_refused", state)
        else:
            move(row, table, event)
            recorded.append(f"{table.name}.{event.value}")
            assert row.state.value == after
    assert kinds() == recorded
