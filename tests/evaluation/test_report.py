import hashlib
import io
import json
import subprocess

import pikepdf
import pytest

from evaluation import queries
from evaluation.actions import report
from evaluation.rules.ranking import recomputed
from evaluation.rules.report import beginning_problems, expert_field, signature_fields
from evaluation.states import MeetingState
from evidence.actions.pdf_signatures import examine
from evidence.models.streams import Fact
from identity.actions import papers
from kernel.errors import Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.evidence.signed_papers import authority
from tests.factories.evaluation import Evaluation
from tests.factories.papers import do_duty, enrol_document_key, sign, workshop_over
from trading import queries as trading
from trading.states import LotState


class Room(Evaluation):
    """An evaluation whose committee can sign documents."""

    def __init__(self, vault):
        super().__init__(vault, experts=5)
        self.workshop = workshop_over(vault)

    def ranked(self):
        self.confirmed().drawn().accept_all().convene().scoring().scored()
        self.rank()
        return self

    def begin(self):
        made = self.do(report.begin_report, self.experts[self.chair], self.meeting)
        self.paper = made.paper.code
        do_duty(report.DRAW, papers.subject_of(self.paper), self.workshop)
        return self

    def sign_all(self):
        for code in self.keys:
            enrol_document_key(self.experts[code], self.workshop)
        for code in reversed(list(self.keys)):
            sign(self.experts[code], self.paper, self.workshop)
        do_duty(papers.SEAL, papers.subject_of(self.paper), self.workshop)
        return self

    def archive(self):
        do_duty(report.ARCHIVE, f"lot:{self.lot}", self.workshop)
        return self

    def known(self):
        with snapshot() as db:
            return queries.report_on(db, self.paper)

    def facts(self, kind):
        with snapshot() as db:
            return [json.loads(f.body)["data"] for f in db.query(Fact).filter_by(kind=kind)]


@pytest.fixture
def room(database, tmp_path):
    return Room(Vault(tmp_path / "files")).ranked()


@pytest.mark.parametrize("state", MeetingState)
def test_a_report_is_begun_after_the_ranking_and_once(state):
    codes = [problem.code for problem in beginning_problems(state)]
    assert codes == ([] if state is MeetingState.RANKED else ["report.not_now"])


@pytest.mark.parametrize("seats", [5, 7, 21])
def test_every_seat_has_a_field_of_its_own_inside_the_page(seats):
    fields = signature_fields([f"专家{number}" for number in range(seats)])
    boxes = [field.box for field in fields if field.box]

    names = ["certification", *[expert_field(seat) for seat in range(seats)], "seal"]
    assert [field.name for field in fields] == names
    assert all(0 < left < right < 595 and 0 < low < high < 842 for left, low, right, high in boxes)
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_a_report_signed_by_all_is_sealed_archived_and_handed_to_trading(room):
    room.begin().sign_all().archive()

    found = room.known()
    pdf = room.workshop.vault.read(found.sha256)
    with snapshot() as db:
        assert report.archive_problem(pdf, authority().trust_pem, real_now(db)) == ""
        lot = trading.lot_by_code(db, room.lot)
        assert lot.state is LotState.REPORTED
        ranked = [(line.bid.receipt, line.rank) for line in trading.ranked_bids(db, lot.id)]
        assert queries.meeting_by_code(db, room.meeting).state is MeetingState.REPORTED
    assert hashlib.sha256(pdf).hexdigest() == found.sha256
    (fact,) = room.facts("report.archived")
    assert fact["sha256"] == found.sha256
    assert [row["field"] for row in fact["signed"]] == [expert_field(seat) for seat in range(5)]
    assert len(ranked) == 4


def test_the_ranking_can_be_made_again_from_the_archive_alone(room):
    room.begin().sign_all().archive()
    pdf = room.workshop.vault.read(room.known().sha256)

    with pikepdf.open(io.BytesIO(pdf)) as opened:
        attached = opened.attachments["evaluation.json"].get_file().read_bytes()
    evaluation = json.loads(attached)

    assert hashlib.sha256(attached).hexdigest() == room.facts("evaluation.ranked")[0]["sha256"]
    assert recomputed(evaluation) == evaluation["result"]


def test_the_report_names_committee_bidders_prices_and_ranking(room, tmp_path):
    room.begin()
    path = tmp_path / "report.pdf"
    with snapshot() as db:
        path.write_bytes(room.workshop.vault.read(room.known().paper.file))
        opened = trading.opened_bids(db, trading.lot_by_code(db, room.lot).id)
        names = [each.bid.bidder.name for each in opened]
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True).stdout.decode()

    for wanted in (
        "评标报告",
        "评标委员会成员名单",
        "专家0",
        "开标记录",
        "排序与推荐",
        "个人评分表",
    ):
        assert wanted in text
    assert len(names) == 4
    assert all(name in text for name in names)


def test_only_the_chair_begins_the_report(room):
    other = next(code for code in room.keys if code != room.chair)
    with pytest.raises(Refusal) as refused:
        room.do(report.begin_report, room.experts[other], room.meeting)
    assert refused.value.code == "meeting.chair_only"
    assert room.facts("meeting.report_begun") == []


def test_a_second_report_is_refused(room):
    room.begin()
    with pytest.raises(Refusal) as refused:
        room.do(report.begin_report, room.experts[room.chair], room.meeting)
    assert refused.value.code == "report.not_now"


def test_archiving_twice_is_archiving_once(room):
    room.begin().sign_all().archive().archive()
    assert len(room.facts("report.archived")) == 1


def test_nothing_is_archived_before_all_have_signed(room):
    room.begin().archive()
    assert (room.known().sha256, room.lot_state()) == (None, LotState.EVALUATING)


def test_a_file_that_would_not_verify_is_never_archived(room):
    room.begin().sign_all()
    whole = room.workshop.vault.read(room.known().paper.file)
    forged = room.workshop.keep(whole[:-1000])
    with transaction(lock=[papers.subject_of(room.paper)]) as (db, _):
        queries.report_on(db, room.paper).paper.file = forged

    with pytest.raises(RuntimeError, match="would not verify"):
        room.archive()

    assert (room.known().sha256, room.lot_state()) == (None, LotState.EVALUATING)
    with snapshot() as db:
        assert examine(whole, [authority().trust_pem], now=real_now(db)).verdict.value == "valid"
