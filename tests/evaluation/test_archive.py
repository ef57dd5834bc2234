"""Our own archives: exactly our shape, and the log must know them; the command's contract."""

import dataclasses
import hashlib
import itertools
import json
import zipfile

import pytest

from evaluation.actions.archive import MEMBER_LIMIT_BYTES, read_bundle, verify_pdf
from evaluation.rules.archive import (
    archive_verdict,
    is_archive,
    is_order_of_signing,
    log_status,
    shape_problems,
)
from evidence.actions import signing
from kernel.errors import InvalidInput
from tests.evidence import attacks, signed_papers
from tests.evidence.signed_papers import NOW, authority, examined, timestamper
from webapp.factory import create_app


@pytest.fixture(scope="module")
def good():
    return examined(signed_papers.archive())


def codes(examination):
    return [problem.code for problem in shape_problems(examination)]


EXPERTS = ["expert1", "expert2", "expert3"]


@pytest.mark.parametrize("people", list(itertools.permutations(EXPERTS)), ids="".join)
def test_experts_sign_in_whatever_order_they_are_ready(people):
    assert is_order_of_signing(["certification", *people, "seal", "timestamp"], 3)


@pytest.mark.parametrize(
    "names",
    [
        ["expert1", "certification", "expert2", "expert3", "seal", "timestamp"],
        ["certification", "expert1", "expert2", "seal", "expert3", "timestamp"],
        ["certification", "expert1", "expert2", "expert3", "timestamp", "seal"],
        ["certification", "expert1", "expert1", "expert3", "seal", "timestamp"],
        ["certification", "expert1", "expert2", "seal", "timestamp"],
        ["certification", *EXPERTS, "expert4", "seal", "timestamp"],
        ["certification", "seal", "timestamp"],
        [],
    ],
    ids=["expert first", "seal early", "stamp early", "one twice", "one missing", "one more", "nobody", "nothing"],
)  # fmt: skip
def test_any_other_order_is_not_an_archive(names):
    assert not is_order_of_signing(names, 3)


def test_what_we_produce_has_the_shape_of_an_archive(good):
    assert is_archive(good)
    assert shape_problems(good) == []


def test_an_archive_whose_seal_was_dropped_has_the_wrong_fields():
    assert codes(examined(signed_papers.archive_steps()[-2])) == ["archive.wrong_fields"]


def test_an_archive_that_one_expert_has_not_signed_has_the_wrong_fields():
    steps = signed_papers.archive_steps()
    sealed = signing.seal(
        steps[-3],
        authority(),
        timestamper(),
        context=authority().validation_context(NOW),
        stamp=None,
    )

    assert codes(examined(sealed)) == ["archive.wrong_fields"]


def test_a_seal_before_the_experts_has_the_wrong_fields(good):
    first, *people, seal, stamp = good.findings
    swapped = dataclasses.replace(good, findings=(first, seal, *people, stamp))

    assert codes(swapped) == ["archive.wrong_fields"]


def test_one_revision_more_than_the_signatures_is_one_too_many(good):
    assert codes(dataclasses.replace(good, revisions=good.revisions + 1)) == [
        "archive.wrong_revisions"
    ]


def test_one_revision_before_the_certification_more_is_one_too_many(good):
    later = tuple(
        dataclasses.replace(finding, revision=finding.revision + 1) for finding in good.findings
    )

    assert codes(dataclasses.replace(good, findings=later, revisions=good.revisions + 1)) == [
        "archive.wrong_revisions"
    ]


def test_a_signature_without_time_stamp_is_not_enough(good):
    first, *others = good.findings
    claimed = dataclasses.replace(first, time_proof="claimed")

    assert codes(dataclasses.replace(good, findings=(claimed, *others))) == [
        "archive.no_time_stamp"
    ]


def test_a_person_in_the_place_of_the_document_time_stamp_is_refused(good):
    *others, last = good.findings
    person = dataclasses.replace(last, kind="signature")

    assert codes(dataclasses.replace(good, findings=(*others, person))) == ["archive.wrong_kinds"]


def test_anything_after_the_end_is_named(good):
    assert codes(dataclasses.replace(good, ends_clean=False)) == ["archive.tail"]


def test_a_file_without_experts_is_no_archive():
    assert not is_archive(examined(signed_papers.letter()))
    assert codes(examined(signed_papers.letter())) == ["archive.wrong_fields"]


@pytest.mark.parametrize(
    ("logged", "status"),
    [
        pytest.param(None, "indeterminate", id="no log"),
        pytest.param([], "indeterminate", id="an empty log"),
        pytest.param(["ab" * 32], "valid", id="known"),
        pytest.param(["AB" * 32], "valid", id="known in capitals"),
        pytest.param(["cd" * 32], "invalid", id="only others known"),
    ],
)
def test_the_log_must_know_the_file(logged, status):
    assert log_status("ab" * 32, logged) == status


def test_a_good_file_is_no_better_than_what_the_log_says(good):
    assert archive_verdict(good, [], None) == "valid"
    assert archive_verdict(good, [], log_status("ab" * 32, [])) == "indeterminate"
    assert archive_verdict(good, [], log_status("ab" * 32, ["cd" * 32])) == "invalid"


def test_a_dropped_seal_is_seen_without_the_log_too():
    result = verify_pdf(
        signed_papers.archive_steps()[-2],
        trust=[authority().trust_pem],
        logged=None,
        now=NOW,
    )

    assert result["verdict"] == "invalid"
    assert result["facts"]["coverage"] == "invalid"
    assert [row["code"] for row in result["archive"]] == ["archive.wrong_fields"]


@pytest.fixture
def files(tmp_path):
    """An archive, its bundle and the trust root, as a regulator has them on disk."""
    pdf = signed_papers.archive()
    (tmp_path / "archive.pdf").write_bytes(pdf)
    (tmp_path / "root.pem").write_bytes(authority().trust_pem)
    write_bundle(tmp_path / "bundle.zip", [{"sha256": hashlib.sha256(pdf).hexdigest()}])
    return tmp_path


def write_bundle(path, rows, *, trust=True):
    with zipfile.ZipFile(path, "w") as bundle:
        if rows is not None:
            bundle.writestr("archives.json", rows if isinstance(rows, str) else json.dumps(rows))
        if trust:
            bundle.writestr("trust.pem", authority().trust_pem)


def verify(files, name, *options):
    """Run the command; returns exit code, its one JSON object, and what was said beside it."""
    result = (
        create_app()
        .test_cli_runner()
        .invoke(args=["evaluation", "verify", str(files / name), *map(str, options)])
    )
    return result.exit_code, json.loads(result.stdout), result.stderr


def test_an_archive_with_its_bundle_is_valid(files):
    code, said, beside = verify(files, "archive.pdf", "--evidence", files / "bundle.zip")

    assert (code, said["verdict"], said["log"], said["archive"]) == (0, "valid", "valid", [])
    assert said["facts"] == dict.fromkeys(("digest", "signature", "trust", "coverage"), "valid")
    assert len(said["signatures"]) == 8
    assert beside == ""


def test_an_archive_with_the_root_alone_is_valid_and_says_nothing_of_the_log(files):
    code, said, _ = verify(files, "archive.pdf", "--trust", files / "root.pem")

    assert (code, said["verdict"]) == (0, "valid")
    assert "log" not in said


def test_an_archive_alone_is_indeterminate(files):
    code, said, _ = verify(files, "archive.pdf")

    assert (code, said["verdict"], said["facts"]["trust"]) == (
        2,
        "indeterminate",
        "indeterminate",
    )


def test_an_archive_of_another_log_is_invalid(files):
    write_bundle(files / "bundle.zip", [{"sha256": "ab" * 32}])

    code, said, _ = verify(files, "archive.pdf", "--evidence", files / "bundle.zip")

    assert (code, said["verdict"], said["log"]) == (1, "invalid", "invalid")


def test_a_bundle_without_archives_leaves_the_log_open(files):
    write_bundle(files / "bundle.zip", None)

    code, said, _ = verify(files, "archive.pdf", "--evidence", files / "bundle.zip")

    assert (code, said["verdict"], said["log"]) == (2, "indeterminate", "indeterminate")


def test_a_root_of_ones_own_comes_before_the_bundles(files):
    write_bundle(files / "bundle.zip", [], trust=False)

    options = ("--evidence", files / "bundle.zip", "--trust", files / "root.pem")
    _, said, _ = verify(files, "archive.pdf", *options)

    assert said["facts"]["trust"] == "valid"


@pytest.mark.parametrize(
    "attack", [attacks.add_page, attacks.white_box, attacks.annotate, attacks.append_tail]
)
def test_a_changed_archive_is_invalid_and_exit_1(files, attack):
    (files / "bad.pdf").write_bytes(attack(signed_papers.archive()))

    code, said, _ = verify(files, "bad.pdf", "--evidence", files / "bundle.zip")

    assert (code, said["verdict"], said["facts"]["coverage"]) == (1, "invalid", "invalid")
    assert said["reasons"]["coverage"]["zh"]
    assert said["reasons"]["coverage"]["en"]


def test_anybodys_letter_with_its_root_is_valid(files):
    (files / "letter.pdf").write_bytes(signed_papers.letter())

    code, said, _ = verify(files, "letter.pdf", "--trust", files / "root.pem")

    assert (code, said["verdict"]) == (0, "valid")
    assert "archive" not in said


@pytest.mark.parametrize(
    ("name", "content", "options", "error"),
    [
        ("missing.pdf", None, [], "file.unreadable"),
        ("text.pdf", b"no PDF", [], "file.unreadable"),
        ("unsigned.pdf", signed_papers.plain_letter(), [], "file.unsigned"),
        ("archive.pdf", None, ["--trust", "archive.pdf"], "trust.unreadable"),
        ("archive.pdf", None, ["--trust", "missing.pem"], "file.unreadable"),
        ("archive.pdf", None, ["--evidence", "archive.pdf"], "bundle.unreadable"),
        ("archive.pdf", None, ["--evidence", "missing.zip"], "bundle.unreadable"),
        ("folder", None, [], "file.unreadable"),
    ],
)
def test_unreadable_input_gives_json_and_exit_2(files, name, content, options, error):
    (files / "folder").mkdir()
    if content is not None:
        (files / name).write_bytes(content)
    places = [option if option.startswith("-") else files / option for option in options]

    code, said, beside = verify(files, name, *places)

    assert (code, said["verdict"], said["error"]["code"]) == (2, "indeterminate", error)
    assert set(said["facts"].values()) == {"indeterminate"}
    at_fault = places[-1] if places else files / name
    assert beside == f"{at_fault}：{said['error']['zh']}\n"
    assert said["error"]["en"] != said["error"]["zh"]


def damaged(content, mark, offset, value):
    """The bytes with `value` written so far behind the first `mark`."""
    place = content.index(mark) + offset
    return content[:place] + value + content[place + len(value) :]


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
# The flag that says a name is UTF-8, and 36 bytes later a name of one byte that is not.
NO_UTF8 = b"\0\x08" + bytes(18) + b"\x01" + bytes(17) + b"\xff"


@pytest.mark.parametrize(
    ("method", "mark", "offset", "value"),
    [
        pytest.param(zipfile.ZIP_DEFLATED, LOCAL, 60, b"\xff" * 40, id="deflated"),
        pytest.param(zipfile.ZIP_LZMA, LOCAL, 60, b"\xff" * 40, id="lzma"),
        pytest.param(zipfile.ZIP_LZMA, LOCAL, 43, b"\0\0\0\0", id="lzma header"),
        pytest.param(zipfile.ZIP_BZIP2, LOCAL, 60, b"\xff" * 40, id="bzip2"),
        pytest.param(zipfile.ZIP_STORED, LOCAL, 60, b"\xff" * 40, id="checksum"),
        pytest.param(zipfile.ZIP_STORED, LOCAL, 0, b"\0" * 4, id="no local header"),
        pytest.param(zipfile.ZIP_STORED, CENTRAL, 8, b"\1", id="encrypted"),
        pytest.param(zipfile.ZIP_STORED, CENTRAL, 10, b"\x63", id="unknown method"),
        pytest.param(zipfile.ZIP_STORED, CENTRAL, 20, b"\xff\xff\xff\x7f" * 2, id="cut off"),
        pytest.param(zipfile.ZIP_STORED, CENTRAL, 42, b"\xff\xff\xff\x7f", id="wrong place"),
        pytest.param(zipfile.ZIP_STORED, CENTRAL, 8, NO_UTF8, id="name"),
    ],
)
def test_a_damaged_bundle_is_indeterminate_never_invalid(files, method, mark, offset, value):
    rows = json.dumps([{"sha256": hashlib.sha256(bytes([n])).hexdigest()} for n in range(40)])
    with zipfile.ZipFile(files / "bad.zip", "w", method) as bundle:
        bundle.writestr("archives.json", rows)
    content = (files / "bad.zip").read_bytes()
    (files / "bad.zip").write_bytes(damaged(content, mark, offset, value))

    code, said, _ = verify(files, "archive.pdf", "--evidence", files / "bad.zip")

    assert (code, said["verdict"]) == (2, "indeterminate")
    assert said["error"]["code"] == "bundle.unreadable"


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("no json", id="no JSON"),
        pytest.param("[1]", id="no objects"),
        pytest.param("[{}]", id="no hash"),
        pytest.param("7", id="no list"),
        pytest.param(" " * (MEMBER_LIMIT_BYTES + 1), id="too large"),
        pytest.param("[" * 100_000, id="too deep"),
    ],
)
def test_a_bundle_with_a_broken_list_is_named(tmp_path, rows):
    write_bundle(tmp_path / "bundle.zip", rows)

    with pytest.raises(InvalidInput) as refusal:
        read_bundle(tmp_path / "bundle.zip")

    assert refusal.value.code == "bundle.unreadable"
    assert refusal.value.problems[0].values["name"] == "archives.json"


def test_the_command_explains_itself_with_an_example():
    shown = create_app().test_cli_runner().invoke(args=["evaluation", "verify", "--help"])

    assert shown.exit_code == 0
    assert "Example: flask evaluation verify" in shown.stdout


def test_an_unknown_option_is_a_usage_error():
    result = create_app().test_cli_runner().invoke(args=["evaluation", "verify", "--nothing"])

    assert result.exit_code == 2
