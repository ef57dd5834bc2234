"""Sealed bids, bent: at the door, at the opening, and in the library of the page.

A bidder signs whatever it uploads, so nothing here fails for its digest: what is refused is refused
because it is not one sealed envelope, and never opens to anything but what was sealed.
"""

import base64
import hashlib
import json
import random
import subprocess

import pyrage
import pytest

from evidence.rules.sealing import HEADER_BYTES, header_problems
from kernel.errors import InvalidInput, Refusal
from storage.vault import Vault
from tests.attacks import age_files
from tests.attacks.bent_files import bent_envelopes, two_faced
from tests.browser.test_scripts import NODE, ROOT
from tests.crashes import everything
from tests.factories.hall import START, Hall, packed
from tests.factories.trading import make_open_lot
from trading.actions.unsealing import unseal
from trading.rules.bidding import Envelope
from trading.rules.opening import Outcome, SealedBid
from trading.states import LotState

pytestmark = pytest.mark.attack("sealed-bids")

IDENTITY, OTHER = (pyrage.x25519.Identity.generate() for _ in range(2))
SEAL, OTHER_SEAL = str(IDENTITY.to_public()), str(OTHER.to_public())
OPENING = pyrage.x25519.Identity.generate()
PLAIN, MANIFEST = packed(files={"技术标.bin": random.Random(1).randbytes(140_000)})
GOOD = pyrage.encrypt(PLAIN, [IDENTITY.to_public()])
BENT = bent_envelopes(SEAL, OTHER_SEAL, PLAIN)
# Public vectors that are good age files and no sealed bid: armour, passphrases, several or other
# recipients, more than one unknown stanza.
NO_BIDS = {
    *("armor_crlf", "armor_full_last_line", "armor_hybrid", "armor_no_eol", "armor_scrypt"),
    *("armor_whitespace_outside", "armor_x25519", "hybrid", "hybrid_and_x25519", "hybrid_grease"),
    *("hybrid_multiple_recipients", "scrypt", "stanza_empty_body", "stanza_empty_last_line"),
    *("stanza_valid_characters", "x25519_grease", "x25519_multiple_recipients"),
}


def release(identity=IDENTITY):
    return pyrage.encrypt(json.dumps({"bid": str(identity)}).encode(), [OPENING.to_public()])


RELEASE = release()


def opened(vault, raw, *, seal=SEAL, blob=RELEASE, stored=None):
    """What the worker makes of a bid whose statement fits the file; `stored`: what lies there."""
    vault._folder.joinpath("bid").write_bytes(stored or raw)
    digest = hashlib.sha256(raw).hexdigest()
    place = vault._path(digest)
    place.parent.mkdir(exist_ok=True)
    vault._folder.joinpath("bid").replace(place)
    envelope = Envelope("bid", seal, len(raw), (digest,), MANIFEST)
    return unseal(SealedBid("RC", (envelope,), {"bid": [digest]}, blob), [str(OPENING)], vault)


def flipped(raw, place, mask):
    return raw[:place] + bytes([raw[place] ^ mask]) + raw[place + 1 :]


def flips(count):
    """Places and masks: every byte of the header once, then anywhere; a bit, or the whole byte."""
    chance, header = random.Random(count), GOOD.index(b"\n--- ") + 49
    places = [*range(header), *(chance.randrange(len(GOOD)) for _ in range(count - header))]
    return [(at, chance.choice([1 << chance.randrange(8), 0xFF])) for at in places[:count]]


@pytest.fixture
def vault(tmp_path):
    made = Vault(tmp_path / "files")
    made._folder.mkdir()
    return made


@pytest.fixture(scope="module")
def page():
    """What the page's own library opens: of the public vectors, bent files, flipped bytes."""
    files = BENT | {"good": GOOD, "two-faced": two_faced(OTHER_SEAL, SEAL, PLAIN)}
    given = {
        "identity": str(IDENTITY),
        "files": {name: base64.b64encode(raw).decode() for name, raw in files.items()},
        "flips": flips(400),
    }
    command = [NODE, ROOT / "tests/attacks/age_files.mjs"]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_reads_every_public_age_vector_as_published(page, tried):
    for name, vector in page["vectors"].items():
        says = vector["says"]
        payload = says["payload"][0] if says["expect"] == ["success"] else None
        assert vector["opened"] == payload, name

    assert len(page["vectors"]) == 143
    tried(143)


def opened_by_server(vector):
    body = base64.b64decode(vector["body"])
    if header_problems(body[:HEADER_BYTES]):
        return None
    keys = [pyrage.x25519.Identity.from_str(text) for text in vector["says"].get("identity", [])]
    try:
        return hashlib.sha256(pyrage.decrypt(body, keys)).hexdigest()
    except pyrage.DecryptError:
        return None


def test_the_server_opens_of_the_public_vectors_only_what_is_one_sealed_bid(page, tried):
    for name, vector in page["vectors"].items():
        says = vector["says"]
        is_bid = says["expect"] == ["success"] and name not in NO_BIDS
        assert opened_by_server(vector) == (says["payload"][0] if is_bid else None), name
    tried(len(page["vectors"]))


def test_what_is_sealed_by_hand_as_specified_opens_everywhere(page, vault):
    by_hand = age_files.sealed(SEAL, PLAIN)

    assert header_problems(by_hand[:HEADER_BYTES]) == []
    assert opened(vault, by_hand).outcome is opened(vault, GOOD).outcome is Outcome.OPENED
    assert page["files"]["good"] == hashlib.sha256(PLAIN).hexdigest()


def test_no_header_outside_the_allow_list_comes_through_the_door(tried):
    told = {n: [p.code for p in header_problems(raw[:HEADER_BYTES])] for n, raw in BENT.items()}
    refused = [name for name, codes in told.items() if codes == ["seal.not_one_recipient"]]

    assert {code for codes in told.values() for code in codes} == {
        "seal.not_one_recipient",
        "seal.cut_short",
    }
    assert len(refused) >= 28
    assert {"passphrase instead", "second recipient", "plugin alone", "armoured"} <= set(refused)
    tried(len(refused))


def test_no_bent_envelope_opens_even_behind_the_door(vault, tried):
    for name, raw in BENT.items():
        found = opened(vault, raw)

        assert (found.outcome, found.manifest, found.files) == (Outcome.UNREADABLE, None, {}), name
        assert found.finding, name
    tried(len(BENT))


def test_the_page_opens_no_bent_envelope_to_what_was_not_sealed(page, tried):
    """It may open what has other stanzas beside its own, which only the door refuses."""
    whole = hashlib.sha256(PLAIN).hexdigest()
    read = {name for name in BENT if page["files"][name] == whole}
    empty = {name for name in BENT if page["files"][name] == hashlib.sha256(b"").hexdigest()}

    assert {page["files"][name] for name in set(BENT) - read - empty} == {None}
    assert empty == {"nothing inside"}
    assert read <= {
        *("second recipient", "the same recipient twice", "plugin before", "plugin after"),
        "passphrase beside",
        *("grease before", "grease twice", "grease with 30 words", "grease that is not called so"),
    }
    tried(len(BENT))


def test_a_flipped_byte_never_opens_a_bid(vault, tried):
    assert _opened_by_flips(vault, 400) == []
    tried(400)


@pytest.mark.slow
def test_a_flipped_byte_never_opens_a_bid_at_length(vault, tried):
    assert _opened_by_flips(vault, 1000) == []
    tried(1000)


def _opened_by_flips(vault, count):
    """The flips after which more was to be had than that the file is broken."""
    wrong = []
    for place, mask in flips(count):
        raw = flipped(GOOD, place, mask)
        codes = {problem.code for problem in header_problems(raw[:HEADER_BYTES])}
        found = opened(vault, raw)
        told = (codes <= {"seal.not_one_recipient"}, found.outcome, found.files)
        if told != (True, Outcome.UNREADABLE, {}):
            wrong.append((place, mask))
    return wrong


def test_the_page_opens_no_envelope_with_a_flipped_byte(page, tried):
    assert page["flips"] == [None] * 400
    tried(400)


def test_bytes_that_changed_where_they_lie_are_told_and_never_opened(vault, tried):
    for place, mask in flips(240)[::12]:
        found = opened(vault, GOOD, stored=flipped(GOOD, place, mask))

        assert found.outcome is Outcome.UNREADABLE
        assert "摘要不符" in found.finding
    tried(20)


def test_a_two_faced_file_opens_for_one_key_at_most_and_never_as_a_bid(page, vault, tried):
    """Its maker can fit payload and MAC to one of the two file keys only."""
    raw = two_faced(SEAL, OTHER_SEAL, PLAIN)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(raw, [OTHER])

    assert [p.code for p in header_problems(raw[:HEADER_BYTES])] == ["seal.not_one_recipient"]
    for identity, seal in ((IDENTITY, SEAL), (OTHER, OTHER_SEAL)):
        found = opened(vault, raw, seal=seal, blob=release(identity))
        assert found.outcome is Outcome.UNREADABLE
    assert page["files"]["two-faced"] is None
    tried(4)


def test_a_release_that_names_two_keys_is_a_wrong_release(vault, tried):
    for keys in (
        {"bid": str(OTHER)},
        {"bid": str(IDENTITY), "more": str(OTHER)},
        {"bid": f"{IDENTITY}\n{OTHER}"},
        {"bid": f" {IDENTITY}"},
        {"bid": str(IDENTITY).lower()[:-1]},
    ):
        blob = pyrage.encrypt(json.dumps(keys).encode(), [OPENING.to_public()])
        assert opened(vault, GOOD, blob=blob).outcome is Outcome.WRONG_RELEASE
    tried(5)


@pytest.fixture
def hall(sqlite_database, tmp_path):
    return Hall(Vault(tmp_path / "hall"), bidders=24).ready()


def brought(hall, bidder, raw, seal, identity):
    """A bidder brings this very file under this seal, all signed by itself."""
    statement = bidder.statement(hall.lot, seal, raw)
    statement["envelopes"][0]["manifest_sha256"] = MANIFEST
    upload = bidder.upload(hall.lot, raw, hall.vault)
    made, _ = bidder.hand_in(hall.lot, statement, upload, raw)
    hall.receipts[bidder.username] = made.receipt
    hall.keys[bidder.username] = {"bid": str(identity)}


def test_bent_bids_are_refused_at_the_door_or_found_unreadable_and_the_others_open(
    hall, sqlite_database, tried
):
    honest, bent = hall.bidders[:3], iter(hall.bidders[3:])
    for bidder in honest:
        hall.bid(bidder, *packed())
    kept, at_the_door = [], 0
    for number, name in enumerate(BENT):
        identity = pyrage.x25519.Identity.generate()
        seal = str(identity.to_public())
        raw = bent_envelopes(seal, OTHER_SEAL, PLAIN)[name]
        if not header_problems(raw[:HEADER_BYTES]):
            bidder = next(bent)
            brought(hall, bidder, raw, seal, identity)
            kept.append(bidder)
        elif number % 4 == 0:
            _refused_at_the_door(hall, sqlite_database, raw, seal)
            at_the_door += 1
    hall.close()
    for bidder in (*honest, *kept):
        hall.release(bidder)
    hall.end_window().publish().open()

    found = hall.outcomes()
    assert hall.state() is LotState.OPENED
    assert {found[hall.receipts[b.username]].outcome for b in honest} == {Outcome.OPENED}
    assert {found[hall.receipts[b.username]].outcome for b in kept} == {Outcome.UNREADABLE}
    assert {found[hall.receipts[b.username]].price_fen for b in kept} == {None}
    assert (len(kept), at_the_door > 5) == (17, True)
    tried(len(kept) + at_the_door)


def _refused_at_the_door(hall, database, raw, seal):
    bidder = hall.bidders[-1]
    upload = bidder.upload(hall.lot, raw, hall.vault)
    before = everything(database)
    with pytest.raises(InvalidInput) as refused:
        bidder.hand_in(hall.lot, bidder.statement(hall.lot, seal, raw), upload, raw)

    assert refused.value.code in ("seal.not_one_recipient", "seal.cut_short")
    assert everything(database) == before


def test_nobody_brings_the_sealed_bid_of_another(hall, sqlite_database, tried):
    """With the operator's help a bid could be copied unread: ciphertext, seal, release and all."""
    first, second = hall.bidders[:2]
    seal, sealed = first.seal(PLAIN)
    brought(hall, first, sealed, seal, first.identities[seal])
    upload = second.upload(hall.lot, sealed, hall.vault)
    before = everything(sqlite_database)

    with pytest.raises(Refusal) as refused:
        second.hand_in(hall.lot, second.statement(hall.lot, seal, sealed), upload, sealed)

    assert refused.value.code == "seal.used"
    assert everything(sqlite_database) == before
    replaced = first.statement(hall.lot, seal, sealed, replaces=hall.receipts[first.username])
    again, _ = first.hand_in(hall.lot, replaced, first.upload(hall.lot, sealed, hall.vault), sealed)
    assert again.receipt
    tried()


def test_another_bidders_ciphertext_or_release_under_an_own_seal_opens_nothing(hall, tried):
    first, copier, thief = hall.bidders[:3]
    for bidder in (first, thief, *hall.bidders[3:5]):
        hall.bid(bidder, *packed())
    _seal, sealed = first.seal(PLAIN)
    own, _ = copier.seal()
    brought(hall, copier, sealed, own, copier.identities[own])
    hall.close()
    blob = pyrage.encrypt(
        json.dumps(hall.keys[first.username]).encode(), [hall.identity.to_public()]
    )
    hall.release(thief, blob=blob)
    for bidder in (first, copier, *hall.bidders[3:5]):
        hall.release(bidder)
    hall.end_window().publish()
    hall.do("lot.check_releases")
    hall.do("lot.open")

    found = hall.outcomes()
    assert found[hall.receipts[copier.username]].outcome is Outcome.UNREADABLE
    assert found[hall.receipts[thief.username]].outcome is Outcome.WRONG_RELEASE
    assert found[hall.receipts[first.username]].outcome is Outcome.OPENED
    tried(2)


def test_envelopes_swapped_between_uploads_bidders_and_lots_are_refused(
    hall, sqlite_database, tried
):
    first, second = hall.bidders[:2]
    seal, sealed = SEAL, age_files.sealed(SEAL, b"a" * 100)
    other = age_files.sealed(SEAL, b"b" * 100)
    mine = first.statement(hall.lot, seal, sealed)
    cases = (
        (first.upload(hall.lot, other, hall.vault), "envelope.part_differs"),
        (second.upload(hall.lot, sealed, hall.vault), "upload.not_found"),
        (first.upload(make_open_lot(start=START), sealed, hall.vault), "upload.other_lot"),
        ("UP0000000000", "upload.not_found"),
    )
    for upload, code in cases:
        before = everything(sqlite_database)
        with pytest.raises(Refusal) as refused:
            first.hand_in(hall.lot, mine, upload, sealed)
        assert (refused.value.code, everything(sqlite_database)) == (code, before)
    tried(len(cases))
