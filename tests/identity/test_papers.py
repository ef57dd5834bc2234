from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from cryptography import x509

from evidence.actions import signing
from evidence.models.streams import Fact
from evidence.rules.signing import SignatureField
from identity import queries
from identity.actions import credentials, papers
from identity.models.credentials import SigningKey
from identity.models.papers import Paper, Turn
from identity.rules import papers as rules
from identity.states import OrganisationKind, PaperState, Role, TurnState
from kernel.errors import NotAllowed, NotFound, Refusal
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.due import DueWork
from tests.evidence.signed_papers import authority, examined, report, timestamper
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.papers import (
    PIN,
    ask,
    do_duty,
    enrol_document_key,
    give,
    make_workshop,
    sign,
    value_of,
)

NAMES = ("first", "second")
LOT = "lot:TD0000000000-01"


@pytest.fixture
def workshop(database, tmp_path):
    make_organisation(CODES[0], "临江专家库", OrganisationKind.EXPERT_POOL)
    make_organisation(CODES[1], "临江大学", OrganisationKind.EXPERT_POOL)
    for name in (*NAMES, "stranger"):
        make_person(name, CODES[0], Role.EXPERT, name={"first": "甲某"}.get(name, "乙某"))
    made = make_workshop(tmp_path)
    for name in NAMES:
        enrol_document_key(name, made)
    return made


def begin(workshop, *, is_sealed=True):
    """Code of a drawn paper that both are to sign."""
    fields = [f"expert{number}" for number in (1, 2)]
    places = [SignatureField("certification", "平台认证")]
    places += [SignatureField(name, name) for name in fields]
    places += [SignatureField("seal", "平台电子印章")] if is_sealed else []
    with snapshot() as db:
        now = real_now(db)
    drawn = signing.certify(
        signing.lay_out_fields(report(), places),
        authority(),
        timestamper(),
        context=authority().validation_context(now),
    )
    with transaction(lock=[LOT]) as (db, _):
        signers = [(f, viewer(n).code) for f, n in zip(fields, NAMES, strict=True)]
        paper = papers.begin_paper(
            db, kind="report", owner=LOT, done_kind="done", signers=signers, is_sealed=is_sealed
        )
    with transaction(lock=[papers.subject_of(paper.code)]) as (db, _):
        papers.take_drawn(db, paper.code, workshop.keep(drawn))
    return paper.code


def paper_of(code):
    with snapshot() as db:
        return queries.paper_by_code(db, code)


def turn_of(code, name):
    with snapshot() as db:
        return queries.turn_of(db, code, viewer(name).code)


def due(kind):
    with snapshot() as db:
        return db.scalars(sa.select(DueWork.subject).where(DueWork.kind == kind)).all()


def test_a_paper_signed_by_all_is_sealed_and_handed_back(workshop):
    code = begin(workshop)
    sign("second", code, workshop)
    assert paper_of(code).state is PaperState.SIGNING
    sign("first", code, workshop)
    assert (paper_of(code).state, due("done")) == (PaperState.SEALING, [])

    do_duty(papers.SEAL, papers.subject_of(code), workshop)

    assert paper_of(code).state is PaperState.COMPLETE
    assert due("done") == [LOT]
    found = examined(workshop.vault.read(paper_of(code).file))
    assert found.verdict.value == "valid"
    names = [(finding.field, finding.signer) for finding in found.findings]
    assert [field for field, _ in names] == [
        "certification",
        "expert2",
        "expert1",
        "seal",
        "timestamp",
    ]
    assert names[2][1] == "甲某，临江专家库"


def test_a_paper_without_a_seal_is_complete_with_the_last_signature(workshop):
    code = begin(workshop, is_sealed=False)
    for name in NAMES:
        sign(name, code, workshop)

    assert (paper_of(code).state, due("done")) == (PaperState.COMPLETE, [LOT])


def test_those_who_ask_while_another_signs_queue_in_their_order(workshop):
    code = begin(workshop)
    subject = papers.subject_of(code)
    ask("second", code)
    ask("first", code)
    do_duty(papers.PREPARE, subject, workshop)
    do_duty(papers.PREPARE, subject, workshop)
    states = [turn_of(code, name).state for name in NAMES]
    assert states == [TurnState.ASKED, TurnState.PREPARED]
    give("second", code, workshop)
    do_duty(papers.PREPARE, subject, workshop)
    assert turn_of(code, "first").state is TurnState.ASKED

    do_duty(papers.FINISH, subject, workshop)
    do_duty(papers.PREPARE, subject, workshop)

    assert turn_of(code, "first").state is TurnState.PREPARED


def test_asking_twice_is_asking_once(workshop):
    code = begin(workshop)
    asked = ask("first", code).asked_at

    assert ask("first", code).asked_at == asked
    assert len(due(papers.PREPARE)) == 1


def test_an_open_turn_lapses_after_ten_minutes_and_not_before(workshop):
    code = begin(workshop)
    ask("first", code)
    do_duty(papers.PREPARE, papers.subject_of(code), workshop)
    until = turn_of(code, "first").until

    with transaction(lock=[papers.subject_of(code)]) as (db, _):
        papers.lapse_turn(db, code, now=until - timedelta(microseconds=1))
    assert turn_of(code, "first").state is TurnState.PREPARED
    with transaction(lock=[papers.subject_of(code)]) as (db, _):
        papers.lapse_turn(db, code, now=until)
    assert turn_of(code, "first").state is TurnState.WAITING
    sign("second", code, workshop)


def test_a_lapsed_turn_calls_the_next_in_the_queue(workshop):
    code = begin(workshop)
    ask("first", code)
    do_duty(papers.PREPARE, papers.subject_of(code), workshop)
    ask("second", code)
    waiting = len(due(papers.PREPARE))

    with transaction(lock=[papers.subject_of(code)]) as (db, _):
        papers.lapse_turn(db, code, now=turn_of(code, "first").until)

    assert len(due(papers.PREPARE)) == waiting + 1


def test_a_given_signature_does_not_lapse(workshop):
    code = begin(workshop)
    ask("first", code)
    do_duty(papers.PREPARE, papers.subject_of(code), workshop)
    until = turn_of(code, "first").until
    give("first", code, workshop)

    with transaction(lock=[papers.subject_of(code)]) as (db, _):
        papers.lapse_turn(db, code, now=until + timedelta(hours=1))

    assert turn_of(code, "first").state is TurnState.SIGNED


def test_a_signature_over_a_lapsed_version_is_refused(workshop):
    code = begin(workshop)
    subject = papers.subject_of(code)
    ask("first", code)
    do_duty(papers.PREPARE, subject, workshop)
    old = value_of("first", code, workshop)
    with transaction(lock=[subject]) as (db, _):
        papers.lapse_turn(db, code, now=turn_of(code, "first").until)
    ask("first", code)
    do_duty(papers.PREPARE, subject, workshop)

    with pytest.raises(Refusal) as refused, transaction(lock=[subject]) as (db, now):
        papers.give_signature(db, viewer("first"), code, old, now=now)

    assert refused.value.code == "signing.wrong_signature"
    assert turn_of(code, "first").state is TurnState.PREPARED


@pytest.mark.parametrize("offset", [0, 1], ids=["at the end", "after it"])
def test_a_signature_at_the_end_of_the_turn_is_too_late(offset):
    end = datetime(2026, 9, 1, tzinfo=UTC)
    late = end + timedelta(microseconds=offset)

    assert rules.signing_problems(TurnState.PREPARED, end, end - timedelta(microseconds=1)) == []
    problems = rules.signing_problems(TurnState.PREPARED, end, late)
    assert [problem.code for problem in problems] == ["paper.not_prepared"]


def test_preparing_finishing_and_sealing_twice_is_doing_it_once(workshop):
    code = begin(workshop)
    subject = papers.subject_of(code)
    ask("first", code)
    for _ in range(2):
        do_duty(papers.PREPARE, subject, workshop)
    give("first", code, workshop)
    for _ in range(2):
        do_duty(papers.FINISH, subject, workshop)
    sign("second", code, workshop)
    for _ in range(2):
        do_duty(papers.SEAL, subject, workshop)

    assert examined(workshop.vault.read(paper_of(code).file)).verdict.value == "valid"
    assert due("done") == [LOT]


def test_a_revoked_certificate_gives_the_turn_up_and_says_why(workshop):
    code = begin(workshop)
    ask("first", code)
    with snapshot() as db:
        key = queries.key_by_code(db, turn_of(code, "first").key_code)
        now = real_now(db)
    certificate = x509.load_pem_x509_certificate(key.certificate.encode())
    workshop.authority.revoke(certificate, now=now - timedelta(seconds=2))

    do_duty(papers.PREPARE, papers.subject_of(code), workshop)

    turn = turn_of(code, "first")
    assert turn.state is TurnState.WAITING
    assert "吊销" in turn.finding


def test_strangers_do_not_learn_of_a_paper(workshop):
    code = begin(workshop)
    for attempt in (code, "PA0000000000"):
        with pytest.raises(NotFound) as refused:
            ask("stranger", attempt)
        assert refused.value.code == "paper.not_found"


def test_without_a_document_key_nobody_signs(workshop):
    code = begin(workshop)
    with transaction() as (db, now):
        db.execute(sa.update(SigningKey).values(revoked_at=now))

    with pytest.raises(Refusal) as refused:
        ask("first", code)
    assert refused.value.code == "key.no_document_key"


def test_the_fifth_wrong_pin_blocks_a_key_and_the_right_one_before_clears(workshop):
    code = begin(workshop)
    key = ask("first", code).key_code
    for _ in range(rules.WRONG_PINS - 1):
        with transaction() as (db, _):
            credentials.count_attempt(db, key)
    with transaction() as (db, _):
        credentials.forget_attempts(db, key)
    for _ in range(rules.WRONG_PINS):
        with transaction() as (db, _):
            credentials.count_attempt(db, key)

    with pytest.raises(NotAllowed) as refused, transaction() as (db, _):
        credentials.count_attempt(db, key)
    assert refused.value.code == "key.blocked"


def test_neither_pin_nor_open_key_is_in_the_database(workshop, database):
    code = begin(workshop)
    sign("first", code, workshop)

    with database.reader.connect() as connection:
        for table in (Paper, Turn, SigningKey, Fact):
            text = repr(connection.execute(sa.select(table.__table__)).all())
            assert PIN not in text
            assert "BEGIN PRIVATE" not in text
