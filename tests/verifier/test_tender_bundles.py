"""The bundle of a whole tender: no alteration of it passes, and no lie that the log tells itself."""

import hashlib
import json
import shutil
import sys

import pyrage
import pytest

from evidence.rules import checkpoints
from evidence.rules.streams import canonical
from storage import database as doors
from storage.vault import Vault
from tests.factories import bundles as made
from tests.factories import dossier
from tests.verifier.altering import altered_lines, codes
from tests.verifier.lies import LIES
from trading.rules.disclosure import Audience
from verifier import age, merkle

pytestmark = pytest.mark.attack("bundles")


@pytest.fixture(scope="module")
def played(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tender")
    shutil.copy(sqlite_template, folder / "zhaobiao.db")
    opened = doors.open_database(f"sqlite:///{folder / 'zhaobiao.db'}")
    result = dossier.play(Vault(folder / "files"))
    opened.dispose()
    return result


@pytest.fixture
def party(played):
    """Members of the party's bundle with the report in it; some facts are withheld."""
    return made.members_in(played.bundles["reported", Audience.PARTY])


@pytest.fixture
def everything(played):
    """Members of the regulator's bundle, with nothing withheld."""
    return made.members_in(played.bundles["awarded", Audience.REGULATOR])


def streams_of(members):
    return json.loads(members["bundle.json"])["streams"]


def name_of(members, prefix):
    return next(each["name"] for each in streams_of(members) if each["name"].startswith(prefix))


def file_of(members, prefix):
    return made.file_of(members, name_of(members, prefix))


# Alterations that only change bytes: the signature of the platform no longer fits.


def test_one_byte_of_any_member_is_seen(party, judged):
    for name, content in party.items():
        changed = content[:-2] + bytes([content[-2] ^ 1]) + content[-1:]
        findings = judged(made.packed(party | {name: changed}))
        assert findings.verdict == "invalid", name


def test_a_stream_cut_at_its_end_is_seen(party, judged):
    for prefix in ("tender:", "meeting:", "draw:"):
        file = file_of(party, prefix)
        cut = made.with_lines(party, file, made.lines_of(party, file)[:-1])

        assert {"bundle.digest", "bundle.count"} <= codes(judged(made.packed(cut)))
        assert codes(judged(made.packed(made.resealed(cut, made.OTHER_KEY)))) >= {
            "bundle.signature"
        }


def without_stream(members, name, key):
    """The members as if there were no such stream, signed by this key."""
    described = json.loads(members["bundle.json"])
    kept = [each for each in described["streams"] if each["name"] != name]
    files = {member: c for member, c in members.items() if not member.startswith("streams/")}
    for number, each in enumerate(kept, 1):
        content = members[each["file"]]
        each["file"] = f"streams/{number:03d}.jsonl"
        files[each["file"]] = content
    return made.resealed(files | {"bundle.json": canonical(described | {"streams": kept})}, key)


def test_a_stream_that_was_taken_out_is_seen(party, judged):
    meeting = name_of(party, "meeting:")
    bidder = next(each["name"] for each in streams_of(party) if "/bidder:" in each["name"])

    taken = without_stream(party, meeting, made.OTHER_KEY)
    assert codes(judged(made.packed(taken))) == {"bundle.signature"}
    assert "close.root" in codes(
        judged(made.packed(without_stream(party, bidder, made.RECEIPT_KEY)))
    )


def test_another_report_is_seen_even_if_the_platform_signed_it(party, judged):
    name = next(member for member in party if member.startswith("files/"))
    other = made.resealed(party | {name: dossier.PDF + b"x"})
    rows = json.loads(party["archives.json"])
    rows[0]["sha256"] = hashlib.sha256(dossier.PDF + b"x").hexdigest()

    assert codes(judged(made.packed(other))) == {"archive.digest"}
    renamed = made.resealed(other | {"archives.json": canonical(rows)})
    assert codes(judged(made.packed(renamed))) == {"archive.not_in_fact"}


def test_the_checkpoint_of_another_log_is_seen(party, judged):
    text = party["checkpoint"].decode().partition("\n\n")[0] + "\n"
    line = checkpoints.signature_line(made.ORIGIN, made.OTHER_KEY, text)
    other = made.resealed(party | {"checkpoint": checkpoints.note(text, line).encode()})

    assert codes(judged(made.packed(other))) == {"checkpoint.signature"}


def test_a_stream_of_another_tender_is_seen(party, judged):
    described = json.loads(party["bundle.json"]) | {"subject": "TD0000000000"}
    other = made.resealed(party | {"bundle.json": canonical(described)})

    assert codes(judged(made.packed(other))) == {"bundle.scope"}


# Alterations of a line that the platform signed again.


def fact_changed(lines):
    fact = json.loads(lines[1]["fact"])
    return [lines[0], lines[1] | {"fact": canonical(fact | {"actor": "x"}).decode()}, *lines[2:]]


def row_dropped(lines):
    return [lines[0], *lines[2:]]


def order_swapped(lines):
    return [lines[1], lines[0], *lines[2:]]


def salt_changed(lines):
    return [lines[0] | {"salt": "00" * 32}, *lines[1:]]


def fact_added(lines):
    last = json.loads(lines[-1]["fact"])
    fact = last | {"seq": last["seq"] + 1, "prev": lines[-1]["commitment"]}
    leaf = merkle.commitment(bytes(32), canonical(fact)).hex()
    line = {"fact": canonical(fact).decode(), "salt": "00" * 32, "commitment": leaf}
    return [*lines, lines[-1] | line]


def disclosed_replaced_by_withheld(lines):
    line = {name: lines[1][name] for name in ("index", "proof")}
    return [lines[0], {"withheld": True, "commitment": "00" * 32, **line}, *lines[2:]]


LINE_CHANGES = [
    (fact_changed, "fact.commitment"),
    (row_dropped, "chain.previous"),
    (order_swapped, "chain.number"),
    (salt_changed, "fact.commitment"),
    (fact_added, "tree.not_included"),
    (disclosed_replaced_by_withheld, "tree.not_included"),
]


@pytest.mark.parametrize(("change", "code"), LINE_CHANGES)
@pytest.mark.parametrize("prefix", ["draw:", "lot:", "meeting:"])
def test_no_altered_line_of_any_stream_passes(everything, judged, prefix, change, code):
    findings = judged(made.packed(altered_lines(everything, file_of(everything, prefix), change)))

    assert findings.verdict == "invalid"
    assert code in codes(findings)


def test_a_withheld_fact_cannot_be_replaced(party, judged):
    file = file_of(party, "meeting:")
    lines = made.lines_of(party, file)
    at = next(number for number, line in enumerate(lines) if "withheld" in line)
    lines[at] |= {"commitment": "11" * 32}

    findings = judged(made.packed(made.resealed(made.with_lines(party, file, lines))))

    assert {"tree.not_included", "chain.previous"} & codes(findings)


# Lies that stand in the log itself, with all keys of the platform.


@pytest.mark.parametrize(("lie", "code"), LIES)
def test_a_log_that_lies_about_opening_or_evaluation_is_refused(everything, judged, lie, code):
    facts = made.facts_in(everything)
    lie(facts)

    findings = judged(made.packed(made.relogged(everything, facts)))

    assert findings.verdict == "invalid"
    assert code in codes(findings)


def test_the_same_tender_in_another_tree_is_valid(everything, judged):
    members = made.relogged(everything, made.facts_in(everything))

    findings = judged(made.packed(members))

    assert (findings.verdict, findings.problems) == ("valid", [])


def test_halves_of_age_keys_are_told_apart():
    for _ in range(20):
        one, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()

        assert age.is_pair(str(one), str(one.to_public()))
        assert not age.is_pair(str(one), str(other.to_public()))


def test_without_the_library_nothing_signed_is_called_valid(played, run):
    content = played.bundles["awarded", Audience.REGULATOR]

    code, result, _ = run(content, python=(sys.executable, "-S"))

    assert (code, result["verdict"], result["problems"]) == (2, "indeterminate", [])
    assert (result["checked"]["draw_seeds"], result["checked"]["close_roots"]) == (1, 1)
