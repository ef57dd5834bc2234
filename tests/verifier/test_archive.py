"""A ZIP is read strictly: no byte of it can be changed, none is without a meaning."""

import io
import random
import zipfile

import pytest

from tests.factories import bundles as made
from tests.verifier.altering import codes
from verifier import archive

pytestmark = pytest.mark.attack("bundles")


def zip_of(rows, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as zipped:
        for name, content in rows:
            zipped.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def test_a_bundle_packed_anew_is_the_same_bundle(honest, judged):
    again = zip_of(honest.members.items(), zipfile.ZIP_DEFLATED)

    assert judged(again).verdict == "valid"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused(honest, judged):
    rows = [*honest.members.items(), ("checkpoint", b"another")]

    assert codes(judged(zip_of(rows))) == {"zip.duplicate"}


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "streams/../../up", "a\\b", "files/"])
def test_a_member_outside_of_the_bundle_is_refused(honest, judged, name):
    assert codes(judged(zip_of([*honest.members.items(), (name, b"x")]))) == {"zip.name"}


def test_a_bomb_is_refused_before_it_is_unpacked(honest, judged):
    rows = [*honest.members.items(), ("files/zeros", bytes(50_000_000))]

    assert codes(judged(zip_of(rows, zipfile.ZIP_DEFLATED))) == {"zip.bomb"}


def test_a_member_longer_than_it_says_is_refused(honest, judged):
    bomb = zip_of([("files/zeros", bytes(5_000_000))], zipfile.ZIP_DEFLATED)

    short = bomb.replace((5_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))

    assert codes(judged(short)) == {"zip.bomb"}


@pytest.mark.parametrize("place", ["before", "after"])
def test_nothing_stands_beside_the_archive(honest, judged, place):
    content = b"x" + honest.content if place == "before" else honest.content + b"x"

    assert judged(content).verdict != "valid"


def test_a_missing_and_an_unlisted_member_are_refused(honest, judged):
    missing = {n: c for n, c in honest.members.items() if n != honest.bid_file}
    unlisted = honest.members | {"files/more": b"x"}

    assert codes(judged(made.packed(missing))) == {"bundle.files"}
    assert codes(judged(made.packed(unlisted))) == {"bundle.files"}


def test_no_flipped_byte_of_any_member_is_valid(honest, judged, tried):
    chance = random.Random(7)
    names = list(honest.members)
    for number in range(150):
        name = names[number % len(names)]
        content = bytearray(honest.members[name])
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)

        findings = judged(made.packed(honest.members | {name: bytes(content)}))

        assert findings.verdict != "valid", name
    tried(150)


def test_no_flipped_byte_of_the_file_is_valid(honest, judged, tried):
    chance = random.Random(8)
    headers = [*range(50), *range(len(honest.content) - 800, len(honest.content))]
    places = [*chance.sample(range(len(honest.content)), 150), *headers]
    for at in places:
        content = bytearray(honest.content)
        content[at] ^= 1 << chance.randrange(8)

        assert judged(bytes(content)).verdict != "valid", at
    tried(len(places))


def test_no_cut_of_the_file_is_valid(honest, judged, tried):
    lengths = range(0, len(honest.content), 997)
    for length in lengths:
        assert judged(honest.content[:length]).verdict != "valid", length
    tried(len(lengths))


def test_a_zip_is_read_in_the_order_of_its_members(honest, tmp_path):
    path = tmp_path / "bundle.zip"
    path.write_bytes(honest.content)

    assert archive.read_archive(path) == honest.members
