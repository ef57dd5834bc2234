"""Witnesses' lines under the log's heads: whose they are, and what does not pass for one."""

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evidence import queries
from evidence.models.streams import PendingFact
from evidence.models.tree import Cosignature, Cosigner
from evidence.rules import checkpoints
from evidence.rules.checkpoints import COSIGNATURE_TYPE, LOG_TYPE
from identity.states import OrganisationKind, Role
from storage.database import snapshot
from tests.evidence.test_bundles import write
from tests.factories import bundles as made
from tests.factories.identity import CODES, make_organisation, make_person, token
from verifier import signatures
from verifier.bundle import Trust, check_bundle
from verifier.findings import Findings

pytestmark = pytest.mark.attack("witnesses")
NAME, SECONDS = "notary.example/witness", 1_764_200_000


class Witness:
    """Somebody of a witness's organisation, with keys to co-sign with."""

    def __init__(self, app, username, code):
        make_organisation(code, f"见证单位{username}", OrganisationKind.WITNESS)
        make_person(username, code, Role.WITNESS)
        self.app, self.token = app, token(username)
        self.key = Ed25519PrivateKey.generate()

    def post(self, path, body):
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.app.test_client().post(f"/api/v1/log/{path}", json=body, headers=headers)

    def verifier_key(self, name=NAME, kind=COSIGNATURE_TYPE):
        return checkpoints.verifier_key(name, self.key.public_key().public_bytes_raw(), kind)

    def enrol(self, name=NAME):
        return self.post("cosigners", {"key": self.verifier_key(name)})

    def line(self, size=None, *, name=NAME, key=None):
        return checkpoints.cosignature_line(name, key or self.key, text_of(head(size)), SECONDS)

    def cosign(self, size=None, line=None):
        body = {"size": size or head().size, "line": line or self.line(size)}
        return self.post("cosignatures", body)


def head(size=None):
    with snapshot() as db:
        return queries.head_of(db, size) if size else queries.latest_head(db)


def text_of(head):
    return head.note.partition("\n\n")[0] + "\n"


def code_of(answer):
    return answer.get_json()["error"]["code"]


def grow():
    write("lot:L")
    made.sequence()


@pytest.fixture
def witness(app):
    grow()
    return Witness(app, "notary", CODES[1])


@pytest.fixture
def other(app, witness):
    return Witness(app, "other", CODES[2])


def judged(tmp_path, *witnesses):
    """Problems of the newest bundle, and how many co-signatures hold."""
    path, findings = tmp_path / "bundle.zip", Findings()
    path.write_bytes(made.export("lot:L", ["lot:L"], scope="stream"))
    keys = [signatures.read_note_key(each.verifier_key()) for each in witnesses]
    log = signatures.read_note_key(made.verifier_key())
    check_bundle(path, Trust(log, bytes.fromhex(made.receipt_key()), None, (), keys), findings)
    return [problem.code for problem in findings.problems], findings.checked["cosignatures"]


def test_a_line_stands_under_its_head_in_bundle_and_page(app, witness, tmp_path):
    assert witness.enrol().status_code == witness.cosign().status_code == 201

    shown = app.test_client().get(f"/api/v1/log/checkpoints/{head().size}").get_data(as_text=True)
    assert shown == head().note + witness.line()
    assert witness.line() in app.test_client().get("/evidence").get_data(as_text=True)
    assert judged(tmp_path, witness) == ([], 1)
    assert judged(tmp_path) == ([], 1)
    told = app.test_client().get("/api/v1/log").get_json()["cosigners"]
    assert told == [{"organisation": CODES[1], "key": witness.verifier_key()}]


def test_a_witness_whose_line_is_missing_is_missed_by_who_knows_it(witness, other, tmp_path):
    witness.enrol()
    witness.cosign()

    assert judged(tmp_path, witness, other) == (["checkpoint.cosignature"], 1)


def test_a_line_given_again_changes_nothing_and_no_line_is_a_fact(witness):
    witness.enrol()
    made.sequence()
    witness.cosign()
    before = lines()

    assert witness.cosign().status_code == 201

    assert lines() == before
    with snapshot() as db:
        assert db.scalars(sa.select(PendingFact)).all() == []


def lines():
    with snapshot() as db:
        return [row.line for row in db.scalars(sa.select(Cosignature))]


def test_nobody_cosigns_before_the_key_is_known(witness):
    answer = witness.cosign()

    assert (answer.status_code, code_of(answer), lines()) == (409, "cosigner.none", [])


def of_another_head(witness):
    first = head().size
    grow()
    return witness.line(first)


def by_another_key(witness):
    return witness.line(key=Ed25519PrivateKey.generate())


def under_another_name(witness):
    return witness.line(name="somebody.example/else")


def two_lines(witness):
    return witness.line() + witness.line(name="somebody.example/else")


def without_an_end(witness):
    return witness.line()[:-1]


def of_the_log(witness):
    return checkpoints.signature_line(NAME, witness.key, text_of(head()))


WRONG = [of_another_head, by_another_key, under_another_name, two_lines, without_an_end, of_the_log]


@pytest.mark.parametrize("make", WRONG)
def test_what_is_no_line_of_this_witness_under_this_head_is_refused(witness, make):
    witness.enrol()

    answer = witness.cosign(line=make(witness))

    assert (answer.status_code, code_of(answer), lines()) == (422, "cosignature.wrong", [])


def test_no_character_of_a_line_can_be_changed(witness, tried):
    witness.enrol()
    line = witness.line()
    for at, letter in enumerate(line):
        bent = line[:at] + ("A" if letter != "A" else "B") + line[at + 1 :]
        assert code_of(witness.cosign(line=bent)) == "cosignature.wrong", at
    tried(len(line))

    assert lines() == []


def test_a_head_that_is_not_there_is_not_cosigned(witness):
    witness.enrol()

    answer = witness.cosign(size=10**6, line="— a b\n")

    assert (answer.status_code, code_of(answer)) == (404, "evidence.no_such_checkpoint")


def test_no_more_witnesses_cosign_than_a_note_may_have_lines(app, witness, tmp_path):
    """One more line, and nobody could read the checkpoint any more."""
    all_of_them = [witness, *(Witness(app, f"witness{n}", CODES[n]) for n in range(2, 18))]
    answers = []
    for number, each in enumerate(all_of_them):
        name = f"witness{number}.example"
        each.enrol(name)
        answers.append(each.cosign(line=each.line(name=name)))

    most = checkpoints.MOST_SIGNATURES - 1
    assert [answer.status_code for answer in answers] == [201] * most + [409] * 2
    assert code_of(answers[-1]) == "cosignature.enough"
    assert judged(tmp_path) == ([], most)


def test_no_witness_takes_the_name_or_the_key_of_another_or_of_the_log(app, witness, other):
    witness.enrol()
    origin = app.extensions["settings"].log_origin

    named = other.enrol()
    logs = other.enrol(origin)
    other.key = witness.key
    keyed = other.enrol("another.example/name")

    assert {code_of(each) for each in (named, logs, keyed)} == {"cosigner.taken"}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(lambda w: w.verifier_key(kind=LOG_TYPE), id="a key of a log"),
        pytest.param(lambda w: w.verifier_key("Notary"), id="capitals"),
        pytest.param(lambda w: w.verifier_key("a b"), id="a space"),
        pytest.param(lambda w: w.verifier_key("公证处"), id="not ASCII"),
        pytest.param(lambda w: w.verifier_key() + "=", id="a second form"),
        pytest.param(lambda w: w.verifier_key()[:-4], id="cut"),
        pytest.param(lambda _w: "notary", id="no key"),
    ],
)
def test_what_is_no_key_for_cosigning_is_refused(witness, key):
    answer = witness.post("cosigners", {"key": key(witness)})

    assert (answer.status_code, code_of(answer)) == (422, "cosigner.bad_key")


def test_another_key_takes_the_place_of_the_former_which_never_comes_back(witness, tmp_path):
    witness.enrol()
    witness.cosign()
    first, size = witness.key, head().size
    witness.key = Ed25519PrivateKey.generate()
    assert witness.enrol().status_code == witness.enrol().status_code == 201
    grow()
    assert witness.cosign().status_code == 201

    assert code_of(witness.cosign(line=witness.line(key=first))) == "cosignature.wrong"
    assert judged(tmp_path, witness) == ([], 1)
    with snapshot() as db:
        ended = {each.until is None for each in db.scalars(sa.select(Cosigner))}
        old = queries.cosignatures(db, size)
    witness.key = first
    assert ended == {True, False}
    assert old == [witness.line(size)]
    assert code_of(witness.enrol()) == "cosigner.taken"
