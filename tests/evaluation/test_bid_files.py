"""What goes over the wire when the committee, the party and the bidder ask for a bid's files."""

import hashlib

import pytest

from evaluation import queries
from evaluation.rules.disclosure import Audience, Matter, may_know
from evaluation.states import MeetingState
from kernel.errors import NotFound
from storage.database import snapshot
from storage.vault import Vault
from tests.factories.evaluation import Evaluation
from tests.factories.identity import token
from trading import queries as trading
from trading.rules.files import file_with, numbered

NAMES = {
    "envelope/乙公司.PDF": [2, "b" * 64],
    "envelope/a.tar.gz": [1, "a" * 64],
    "envelope/临江.sany": [3, "c" * 64],
}


def files_of(number):
    text = f"%PDF-1.7 第{number}份施工组织设计".encode()
    return {f"临江建设{number + 10}有限公司技术标.pdf": text, "附件.甲方": b"x" * 100}


@pytest.fixture
def seen(client, settings):
    """A meeting whose bids have telling file names, at its commitments; and a browser."""
    made = Evaluation(Vault(settings.files)).confirmed(files=files_of).drawn()
    return made.accept_all().convene(), client


def get(client, path, username, **headers):
    headers["Authorization"] = f"Bearer {token(username)}"
    return client.get(path, headers=headers, buffered=True)


def secrets(evaluation):
    """Everything that would tell an expert who stands behind a blind code."""
    with snapshot() as db:
        lot = trading.lot_by_code(db, evaluation.lot)
        return [
            text.encode()
            for opened in trading.opened_bids(db, lot.id)
            for text in (
                opened.bid.bidder.name,
                opened.bid.bidder.credit_code,
                opened.bid.receipt,
                *(name.partition("/")[2] for name in opened.files),
            )
        ]


def test_files_are_numbered_by_name_and_keep_only_usual_endings():
    files = numbered(NAMES)

    assert [(f.number, f.name) for f in files] == [
        (1, "a.tar.gz"),
        (2, "临江.sany"),
        (3, "乙公司.PDF"),
    ]
    assert [f.blind_name for f in files] == ["文件 1", "文件 2", "文件 3.pdf"]
    assert (files[2].size, files[2].sha256) == (2, "b" * 64)


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_number_that_is_not_there_is_not_found(number):
    with pytest.raises(NotFound) as fault:
        file_with(numbered(NAMES), number)
    assert fault.value.code == "file.not_found"


def test_only_the_committee_gets_files_by_blind_code_and_from_the_scoring_on():
    told = {state for state in MeetingState if may_know(Audience.EXPERT, Matter.FILES, state)}

    assert told == set(MeetingState) - {MeetingState.CONVENED, MeetingState.ELECTING}
    for audience in (Audience.AGENCY, Audience.REGULATOR):
        assert not [s for s in MeetingState if may_know(audience, Matter.FILES, s)]


def test_nothing_an_expert_gets_of_the_files_names_the_bidder_before_the_lock(seen):
    evaluation, client = seen
    bid = evaluation.bids[0]
    path = f"/api/v1/meetings/{evaluation.meeting}/bids/{bid}/files"
    room = f"/evaluation/meetings/{evaluation.meeting}"
    expert = evaluation.experts[next(iter(evaluation.keys))]
    early = get(client, path, expert)
    answers = [get(client, room, expert), get(client, "/evaluation/desk", expert)]
    evaluation.scoring()
    answers += [get(client, each, expert) for each in (room, path, f"{path}/1", f"{path}/2")]
    for code in evaluation.keys:
        evaluation.hand_in(code)
    answers.append(get(client, room, expert))
    evaluation.reveal_sheets()
    answers += [get(client, each, expert) for each in (room, path, f"{path}/1")]
    evaluation.lock()
    after = get(client, path, expert).json["files"]

    assert (early.status_code, early.json["error"]["code"]) == (404, "bid.not_found")
    assert {answer.status_code for answer in answers} == {200}
    assert len(secrets(evaluation)) == 20
    for answer in answers:
        wire = str(answer.headers).encode() + answer.data
        assert [secret for secret in secrets(evaluation) if secret in wire] == []
    assert after[0]["name"].endswith("有限公司技术标.pdf")


def test_the_committee_reads_a_file_whole_and_by_range(seen):
    evaluation, client = seen
    evaluation.scoring()
    path = f"/api/v1/meetings/{evaluation.meeting}/bids/{evaluation.bids[0]}/files"
    expert = evaluation.experts[evaluation.chair]

    listed = get(client, path, expert).json["files"]
    whole = get(client, f"{path}/1", expert)
    part = get(client, f"{path}/1", expert, Range="bytes=0-7")
    again = get(client, f"{path}/1", expert, **{"If-None-Match": whole.headers["ETag"]})

    assert [row["name"] for row in listed] == ["文件 1.pdf", "文件 2"]
    assert hashlib.sha256(whole.data).hexdigest() == listed[0]["sha256"]
    assert len(whole.data) == listed[0]["bytes"]
    assert (part.status_code, part.data, again.status_code) == (206, b"%PDF-1.7", 304)
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert whole.headers["Last-Modified"] == "Thu, 01 Jan 1970 00:00:00 GMT"
    second = get(client, f"{path}/2", expert)
    assert (second.mimetype, second.data) == ("application/octet-stream", b"x" * 100)


def test_who_is_not_of_the_committee_gets_no_file_by_blind_code(seen):
    evaluation, client = seen
    evaluation.scoring()
    path = f"/api/v1/meetings/{evaluation.meeting}/bids/{evaluation.bids[0]}/files"
    outsider = next(n for c, n in evaluation.experts.items() if c not in evaluation.keys)
    other = path.replace(evaluation.bids[0], "BB0000000000")

    for each in (path, f"{path}/1"):
        assert get(client, each, outsider).json["error"]["code"] == "meeting.not_found"
        for name in ("bidder1", "agent", "witness"):
            assert get(client, each, name).status_code == 403
    assert get(client, other, evaluation.experts[evaluation.chair]).status_code == 404
    assert get(client, f"{path}/3", evaluation.experts[evaluation.chair]).status_code == 404


def test_bidder_and_party_read_an_opened_bid_by_its_receipt_and_nobody_else(seen):
    evaluation, client = seen
    receipt = evaluation.hall.receipts["bidder1"]
    for path in (f"/api/v1/bids/{receipt}/files", f"/api/v1/bids/{receipt}/files/1", f"/bids/{receipt}/files"):  # fmt: skip
        allowed = [get(client, path, name).status_code for name in ("bidder1", "agent", "officer")]
        refused = [get(client, path, name).status_code for name in ("bidder2", "witness", "host", "expert0")]  # fmt: skip

        assert (allowed, refused) == ([200] * 3, [404] * 4)
        assert client.get(path).status_code == 401
    name = get(client, f"/api/v1/bids/{receipt}/files", "agent").json["files"][0]["name"]
    assert name == "临江建设10有限公司技术标.pdf"


def test_no_file_is_given_out_before_the_opening(client, settings):
    made = Evaluation(Vault(settings.files))
    made.hall.ready().all_bid(files=files_of)
    receipt = made.hall.receipts["bidder1"]
    before = get(client, f"/api/v1/bids/{receipt}/files", "bidder1")
    made.hall.close()
    closed = [
        get(client, f"/api/v1/bids/{receipt}/files", name)
        for name in ("bidder1", "agent", "officer")
    ]

    for answer in (before, *closed):
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "receipt.not_found")


def test_a_blind_code_of_another_meeting_is_not_found(seen):
    evaluation, _ = seen
    with snapshot() as db, pytest.raises(NotFound):
        queries.blind_bid(db, "MT0000000000", evaluation.bids[0])
