import copy
import secrets
import threading

import pytest
import sqlalchemy as sa

from evaluation import queries
from evaluation.actions import scoring as actions
from evaluation.models.scoring import SheetVersion
from evaluation.rules.scoring import parse_sheet, sheet_digest, sheet_problems
from evaluation.states import SHEET, MeetingState, SheetEvent, SheetState
from evidence.models.streams import Fact
from kernel.errors import InvalidInput, Refusal, TransitionRefused
from outbox.models.messages import Message
from storage.database import snapshot
from storage.vault import Vault
from tests.evaluation.test_method import CONSTRUCTION, parsed
from tests.factories.evaluation import Evaluation

METHOD = parsed("construction", CONSTRUCTION)
BIDS = ("BB1", "BB2")
SHEET_VALUE = {
    "checks": {bid: {"qualification": {"pass": True}} for bid in BIDS},
    "marks": {bid: {"plan": "15", "team": "9.5", "record": "8.00"} for bid in BIDS},
}
MARKS, CHECKS = ("marks", "BB1"), ("checks", "BB1")


@pytest.fixture
def evaluation(database, tmp_path):
    made = Evaluation(Vault(tmp_path / "files")).confirmed().drawn().accept_all().convene()
    return made.scoring()


def altered(path, value):
    sheet = copy.deepcopy(SHEET_VALUE)
    *way, last = path
    place = sheet
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return sheet


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal) as fault:
        call(*args, **kwargs)
    return fault.value


def traces():
    """Everything that a refused act must leave alone."""
    with snapshot() as db:
        tables = (Fact, Message, SheetVersion)
        return [db.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables]


@pytest.mark.parametrize("state", list(SheetState))
@pytest.mark.parametrize("event", list(SheetEvent))
def test_every_pair_of_the_sheets_table_is_decided(state, event):
    if (state, event) in SHEET.moves:
        assert SHEET.after(state, event) is SHEET.moves[state, event]
    else:
        with pytest.raises(TransitionRefused):
            SHEET.after(state, event)


def test_a_complete_sheet_is_read():
    sheet = parse_sheet(SHEET_VALUE, METHOD, BIDS)
    assert str(sheet.marks["BB2"]["team"]) == "9.5"


@pytest.mark.parametrize("mark", ["0", "0.00", "20", "20.00", "19.99"])
def test_marks_from_nothing_to_the_full_one_are_taken(mark):
    assert sheet_problems(altered((*MARKS, "plan"), mark), METHOD, BIDS) == []


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        ((*MARKS, "plan"), "20.01", "sheet.mark_out_of_range", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), "-1", "sheet.not_a_mark", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), "1e1", "sheet.not_a_mark", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), "9" * 30, "sheet.not_a_mark", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), 15, "sheet.not_a_mark", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), "１５", "sheet.not_a_mark", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), "1.005", "sheet.too_many_decimals", "sheet.marks.BB1.plan"),
        ((*MARKS, "plan"), None, "sheet.missing_item", "sheet.marks.BB1.plan"),
        ((*MARKS, "beauty"), "1", "sheet.unknown_item", "sheet.marks.BB1.beauty"),
        (("marks", "BB1"), None, "sheet.missing_bid", "sheet.marks.BB1"),
        (("marks", "BB3"), {}, "sheet.unknown_bid", "sheet.marks.BB3"),
        (("marks", "BB1"), [], "sheet.not_an_object", "sheet.marks.BB1"),
        ((*CHECKS, "qualification"), None, "sheet.missing_item", "sheet.checks.BB1.qualification"),
        (
            (*CHECKS, "qualification"),
            {"pass": 1},
            "sheet.verdict_malformed",
            "sheet.checks.BB1.qualification",
        ),
        (
            (*CHECKS, "qualification"),
            {"pass": False},
            "sheet.ground_missing",
            "sheet.checks.BB1.qualification",
        ),
        (
            (*CHECKS, "qualification"),
            {"pass": False, "ground": " "},
            "sheet.ground_missing",
            "sheet.checks.BB1.qualification",
        ),
        ((*CHECKS, "plan"), {"pass": True}, "sheet.unknown_item", "sheet.checks.BB1.plan"),
    ],
)
def test_a_sheet_that_does_not_fit_the_method_is_refused_at_its_place(path, value, code, field):
    fault = refused(parse_sheet, altered(path, value), METHOD, BIDS)

    assert (fault.code, fault.problems[0].field) == (code, field)
    assert isinstance(fault, InvalidInput)


def test_score_for_an_unpublished_criterion_is_refused():
    problems = sheet_problems(altered((*MARKS, "beauty"), "1"), METHOD, BIDS)
    assert [problem.source for problem in problems] == ["招标投标法实施条例 第49条"]


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_has_thirty_two_bytes(size):
    assert refused(sheet_digest, bytes(size), b"{}").code == "sheet.salt_length"


def test_five_experts_commit_at_once_and_nothing_is_lost(evaluation):
    start, faults = threading.Barrier(5), []

    def hand_in(code):
        start.wait()
        try:
            evaluation.hand_in(code)
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=hand_in, args=(code,)) for code in evaluation.keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with snapshot() as db:
        states = {sheet.state for sheet in queries.sheets_of(db, evaluation.meeting)}
        facts = db.scalars(sa.select(Fact.seq).where(Fact.kind == "score_sheet.committed")).all()
    assert (faults, states, len(set(facts))) == ([], {SheetState.COMMITTED}, 5)


def test_a_draft_is_kept_without_a_fact(evaluation):
    before, code = traces(), evaluation.chair
    evaluation.do(
        actions.save_draft, evaluation.experts[code], evaluation.meeting, {"marks": {"x": "1"}}
    )

    assert traces() == before
    with snapshot() as db:
        mine, *others = queries.sheets_of(db, evaluation.meeting)
    assert (mine.draft, [sheet.draft for sheet in others]) == ({"marks": {"x": "1"}}, [{}] * 4)


def test_the_fact_of_a_commitment_holds_the_digest_and_no_mark(evaluation):
    evaluation.hand_in(evaluation.chair, evaluation.sheet(marks={0: "6.79"}))

    with snapshot() as db:
        body = db.scalars(sa.select(Fact.body).where(Fact.kind == "score_sheet.committed")).one()
        stored = db.scalars(sa.select(SheetVersion)).one()
        told = "".join(db.scalars(sa.select(Message.data)))
    assert stored.sheet_sha256 in body
    assert sheet_digest(stored.salt, stored.sheet.encode()) == stored.sheet_sha256
    assert "6.79" not in body + told
    assert stored.salt.hex() not in body + told


def test_a_refused_sheet_leaves_no_trace(evaluation):
    first, second, *_ = evaluation.keys
    before, wrong = traces(), evaluation.sheet(marks={0: "99"})

    codes = [
        refused(evaluation.hand_in, first, wrong).code,
        refused(evaluation.hand_in, first, signer=second).code,
        refused(evaluation.hand_in, first, version=2).code,
        refused(evaluation.hand_in, first, sheet_sha256=secrets.token_hex(32)).code,
        refused(evaluation.hand_in, first, meeting="MT0000000000").code,
    ]

    assert codes == [
        "sheet.mark_out_of_range",
        "sheet.not_yours",
        "sheet.wrong_version",
        "sheet.digest",
        "sheet.not_yours",
    ]
    assert traces() == before


def test_a_signature_of_another_key_is_refused(evaluation):
    first, second, *_ = evaluation.keys
    evaluation.keys[first] = evaluation.keys[second]
    assert refused(evaluation.hand_in, first).code == "statement.signature"


def test_a_change_is_a_new_version_with_its_reason(evaluation):
    code = evaluation.chair
    evaluation.hand_in(code)
    without = refused(evaluation.hand_in, code, version=2)
    again = refused(evaluation.hand_in, code, version=1)
    evaluation.hand_in(code, version=2, reason="计算有误")

    with snapshot() as db:
        versions = queries.versions_of(db, evaluation.meeting, code)
    assert (without.code, again.code) == ("sheet.reason_missing", "sheet.wrong_version")
    assert [(v.version, v.reason) for v in versions] == [(1, ""), (2, "计算有误")]


def test_sheets_are_shown_only_when_all_have_committed_and_by_the_chair(evaluation):
    codes = list(evaluation.keys)
    for code in codes[:-1]:
        evaluation.hand_in(code)
    early = refused(evaluation.reveal_sheets)
    evaluation.hand_in(codes[-1])
    other = evaluation.experts[codes[1]]
    stranger = refused(evaluation.do, actions.reveal_sheets, other, evaluation.meeting)
    evaluation.reveal_sheets()

    assert (early.code, stranger.code) == ("sheet.not_all_committed", "meeting.chair_only")
    with snapshot() as db:
        assert queries.meeting_by_code(db, evaluation.meeting).state is MeetingState.REVEALED


def test_after_the_lock_nothing_is_changed(evaluation):
    evaluation.scored()

    changed = refused(evaluation.hand_in, evaluation.chair, version=2, reason="反悔")
    saved = refused(
        evaluation.do,
        actions.save_draft,
        evaluation.experts[evaluation.chair],
        evaluation.meeting,
        {},
    )

    assert changed.code == saved.code == "meeting.wrong_stage"
