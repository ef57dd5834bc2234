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


def data(facts, kind, stream="", number=0):
    """The data of this fact of that kind, to be changed."""
    return fact(facts, kind, stream, number)["data"]


def fact(facts, kind, stream="", number=0):
    found = [
        each
        for name, rows in facts.items()
        if name.startswith(stream)
        for each in rows
        if each["kind"] == kind
    ]
    return found[number]


def drop(facts, kind):
    for rows in facts.values():
        rows[:] = [each for each in rows if each["kind"] != kind]


def statement(facts, kind, **changes):
    """The signed text says something else; its signature stays."""
    told = data(facts, kind)
    told["statement"] = canonical(json.loads(told["statement"]) | changes).decode()


def row_with_another_price(facts):
    data(facts, "lot.opened")["table"][0]["price_fen"] = 1


def bidder_with_another_price(facts):
    data(facts, "bid.opened")["price_fen"] = 1


def row_left_out(facts):
    data(facts, "lot.opened")["table"].pop()


def row_of_a_stranger(facts):
    data(facts, "lot.opened")["table"][-1]["bidder"] = "91350100MA00000001"


def table_without_bidders(facts):
    data(facts, "lot.opened")["table"] = [1]


def key_of_another_lot(facts):
    statement(facts, "opening_key.registered", lot="TD0000000000-01")


def key_published_early(facts):
    rows = next(rows for name, rows in facts.items() if name.endswith("-01"))
    kinds = [each["kind"] for each in rows]
    first, second = kinds.index("lot.window_ended"), kinds.index("opening_key.published")
    rows[first], rows[second] = rows[second], rows[first]
    rows[first]["at"], rows[second]["at"] = rows[second]["at"], rows[first]["at"]


def key_that_opens_something_else(facts):
    identity = str(pyrage.x25519.Identity.generate())
    data(facts, "opening_key.published")["identity"] = identity


def key_with_a_slip(facts):
    told = data(facts, "opening_key.published")
    told["identity"] = told["identity"][:-1] + ("Q" if told["identity"][-1] != "Q" else "P")


def release_signed_by_nobody(facts):
    data(facts, "bid.released")["signature"] = data(facts, "bid.submitted")["signature"]


def release_of_another_bid(facts):
    statement(facts, "bid.released", receipt="RC0000000000")


def release_before_the_close(facts):
    released = fact(facts, "bid.released")
    released["at"] = fact(facts, "bid.submitted")["at"]


def nonce_that_was_not_committed(facts):
    data(facts, "draw.nonce_revealed")["nonce"] = "00" * 32


def seed_of_something_else(facts):
    data(facts, "draw.seeded")["seed"] = "00" * 32


def seed_of_another_list(facts):
    data(facts, "draw.frozen")["sha256"] = "00" * 32


def draw_without_round(facts):
    del data(facts, "draw.frozen")["round"]


def commitment_of_another_meeting(facts):
    statement(facts, "meeting.commitment_signed", meeting="MT0000000000")


def commitment_signed_twice(facts):
    told = data(facts, "meeting.commitment_signed", number=1)
    told |= data(facts, "meeting.commitment_signed")


def commitment_by_somebody_else(facts):
    signed = fact(facts, "meeting.commitment_signed")
    signed["actor"] = fact(facts, "meeting.commitment_signed", number=1)["actor"]


def chair_without_votes(facts):
    drop(facts, "meeting.chair_voted")


def chair_of_a_minority(facts):
    data(facts, "meeting.chair_elected")["votes"] = {"EX0000000000": 5}


def member_put_out_later(facts):
    data(facts, "meeting.convened")["members"].pop()


def sheet_signed_by_another(facts):
    first, second = (data(facts, "score_sheet.committed", number=n) for n in (0, 1))
    first["signature"] = second["signature"]


def sheet_of_another_lot(facts):
    statement(facts, "score_sheet.committed", meeting="MT0000000000")


def sheet_with_another_digest(facts):
    data(facts, "score_sheet.committed")["sheet_sha256"] = "00" * 32


def sheet_changed_without_a_reason(facts):
    data(facts, "score_sheet.changed")["reason"] = ""


def sheet_left_out(facts):
    drop(facts, "score_sheet.changed")


def sheet_changed_after_the_lock(facts):
    rows = facts[next(name for name in facts if name.startswith("meeting:"))]
    changed = next(each for each in rows if each["kind"] == "score_sheet.changed")
    rows.remove(changed)
    lock = next(n for n, each in enumerate(rows) if each["kind"] == "meeting.locked")
    changed["at"] = rows[lock]["at"]
    rows.insert(lock + 1, changed)


def locked_sheets_of_other_digests(facts):
    data(facts, "meeting.locked")["sheets"][0]["sheet_sha256"] = "00" * 32


def locked_sheets_without_one(facts):
    data(facts, "meeting.locked")["sheets"].pop()


def locked_sheets_unreadable(facts):
    data(facts, "meeting.locked")["sheets"] = None


def ranked_without_a_lock(facts):
    drop(facts, "meeting.locked")


def ranking_of_another_digest(facts):
    data(facts, "meeting.ranked")["sha256"] = "00" * 32


def blind_map_of_another_bid(facts):
    bids = data(facts, "meeting.bids_blinded")["bids"]
    bids[min(bids)] = "RC0000000000"


def blind_map_unreadable(facts):
    data(facts, "meeting.bids_blinded")["bids"] = []


def meeting_of_another_lot(facts):
    for name, rows in facts.items():
        for each in rows:
            if name.startswith("meeting:") and "lot" in each["data"]:
                each["data"]["lot"] = "TD0000000000-01"


def meeting_of_two_lots(facts):
    data(facts, "meeting.convened")["lot"] = "TD0000000000-01"


LIES = [
    (row_with_another_price, "opening.row"),
    (bidder_with_another_price, "opening.row"),
    (row_left_out, "opening.count"),
    (row_of_a_stranger, "opening.table"),
    (table_without_bidders, "opening.table"),
    (key_of_another_lot, "opening_key.addressed_elsewhere"),
    (key_of_another_lot, "opening_key.signature"),
    (key_published_early, "opening_key.too_early"),
    (key_that_opens_something_else, "opening_key.wrong_half"),
    (key_with_a_slip, "opening_key.unreadable"),
    (release_signed_by_nobody, "release.signature"),
    (release_of_another_bid, "release.addressed_elsewhere"),
    (release_before_the_close, "release.too_early"),
    (nonce_that_was_not_committed, "draw.nonce"),
    (seed_of_something_else, "draw.seed"),
    (seed_of_another_list, "draw.seed"),
    (draw_without_round, "draw.fields"),
    (commitment_of_another_meeting, "commitment.addressed_elsewhere"),
    (commitment_signed_twice, "commitment.twice"),
    (commitment_by_somebody_else, "commitment.key"),
    (commitment_by_somebody_else, "meeting.other_person"),
    (chair_without_votes, "meeting.chair"),
    (chair_of_a_minority, "meeting.chair"),
    (member_put_out_later, "meeting.not_a_member"),
    (sheet_signed_by_another, "sheet.signature"),
    (sheet_of_another_lot, "sheet.addressed_elsewhere"),
    (sheet_with_another_digest, "sheet.addressed_elsewhere"),
    (sheet_changed_without_a_reason, "sheet.reason"),
    (sheet_left_out, "sheet.not_the_last"),
    (sheet_changed_after_the_lock, "sheet.after_the_lock"),
    (locked_sheets_of_other_digests, "sheet.other_digest"),
    (locked_sheets_without_one, "sheet.not_the_last"),
    (locked_sheets_unreadable, "meeting.fields"),
    (ranked_without_a_lock, "evaluation.not_locked"),
    (ranking_of_another_digest, "evaluation.other_digest"),
    (blind_map_of_another_bid, "blind.bids"),
    (blind_map_unreadable, "blind.fields"),
    (meeting_of_another_lot, "evaluation.other_lot"),
    (meeting_of_two_lots, "evaluation.other_lot"),
]


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
