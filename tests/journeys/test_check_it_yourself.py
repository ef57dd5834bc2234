"""One tender, as `flask journey` leaves it on PostgreSQL: its summary is the contract (design §5).

On it docs/check-it-yourself.md is followed to the letter, over HTTP, by somebody who has no more
than it asks for; and each of its checks is shown a file that differs in one byte.
"""

import json
import os
import re
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.journey.cast import DEMO_ACCOUNTS
from client.journey.programs import ROOT
from client.session import Platform
from evidence.rules import checkpoints
from tests.journeys.document import Reader, blocks_of
from tests.journeys.test_journey_command import OUTPUTS, check_ranking, journey
from tests.journeys.town import Town

OPTIONS = ("--regime", "GOVPROC", "--bidders", "7", "--experts", "7", "--bid-mb", "1")
GUIDE = blocks_of((ROOT / "docs/check-it-yourself.md").read_text("utf-8"))
TOOLS = ("bash", "curl", "unzip", "sha256sum", "openssl", "age", "pdfsig", "pdfdetach")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
LOSER = "bidder2"
ACCOUNTS = json.loads(DEMO_ACCOUNTS.read_text("utf-8"))["accounts"]


@dataclass(frozen=True)
class Story:
    """What a journey left: its folder, the end of its output, and where its database is."""

    out: Path
    line: str
    database: str

    @property
    def tender(self):
        return json.loads(self.line)["tender"]

    def kept(self, name):
        return json.loads((self.keys_of(name) / f"receipt-{self.tender}-01.json").read_text())

    def keys_of(self, name):
        return self.out / "run/keys" / name


@pytest.fixture(scope="module")
def story(postgresql_server, tmp_path_factory):
    out = tmp_path_factory.mktemp("story") / "out"
    code, line, told = journey(out, {"DATABASE_URL": postgresql_server}, *OPTIONS)
    assert code == 0, told
    return Story(out, line, postgresql_server)


@pytest.fixture(scope="module")
def town(story):
    """The site on which it was played, served again."""
    schema = (story.out / "run/schema").read_text()
    url = sa.make_url(story.database).update_query_dict({"options": f"-csearch_path={schema}"})
    town = Town(story.out / "run", url.render_as_string(hide_password=False))
    try:
        town.start("web")
        town.wait_until_ready()
        yield town
    finally:
        town.stop()


@pytest.fixture(scope="module")
def site(town):
    return town.url


@pytest.fixture(scope="module")
def stranger(story, site, tmp_path_factory):
    """A folder with nothing in it but the verifier, and the names that the guide asks for."""
    need_the_tools()
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "verifier").symlink_to(ROOT / "verifier")
    noted = tmp_path_factory.mktemp("noted") / "checkpoint.txt"
    noted.write_text(an_older_checkpoint(site))
    kept = story.kept(LOSER)
    given = {
        "SITE": site,
        "TENDER": story.tender,
        "NOTED": str(noted),
        "RECEIPT": kept["receipt"]["code"],
        "TOKEN": token_of_a_colleague(site, kept["receipt"]),
        "IDENTITY": str(story.keys_of(LOSER) / f"{kept['seals']['bid']}.key"),
        "READER": token(site, "agency"),
        "REGULATOR": token(site, "regulator"),
        "PATH": PATH,
    }
    return Reader(folder, {**os.environ, **given})


def need_the_tools():
    if MISSING:
        assert os.environ.get("REQUIRE_BROWSER") != "1", f"not installed: {MISSING}"
        pytest.skip(f"not installed: {', '.join(MISSING)}")


def token(site, name):
    return Platform(site).sign_in(**ACCOUNTS[name])


def token_of_a_colleague(site, receipt):
    """The journey keeps no passwords: somebody else of the bidder's house reads its receipt."""
    centre, name, password = Platform(site), "colleague", secrets.token_urlsafe(16)
    centre.sign_in(**ACCOUNTS["centre"])
    code = json.loads(receipt["fact"])["stream"].rpartition(":")[2]
    body = {"username": name, "name": "同事", "credit_code": code, "roles": ["bidder"]}
    centre.post("/people", body | {"password": password})
    return Platform(site).sign_in(name, password)


def an_older_checkpoint(site):
    """One of those that the public page lists."""
    page = requests.get(f"{site}/evidence", timeout=30).text
    sizes = sorted({int(size) for size in re.findall(r'scope="row" class="zb-num">(\d+)<', page)})
    assert len(sizes) > 2
    return requests.get(f"{site}/api/v1/log/checkpoints/{sizes[0]}", timeout=30).text


def test_the_journey_runs_government_procurement_and_sums_it_up(story):
    summary = json.loads(story.line)

    assert summary == json.loads((story.out / "summary.json").read_text())
    assert re.fullmatch(r"TD[0-9A-Z]{10}", summary["tender"])
    lot = {name: summary[name] for name in ("bids", "opened", "winner", "ranking")}
    assert summary["by_lot"] == {f"{summary['tender']}-01": lot}
    assert (summary["regime"], summary["lots"]) == ("GOVPROC", 1)
    assert (summary["bids"], summary["opened"]) == (6, 5)
    assert summary["winner"] == summary["ranking"][0]["bidder"]
    check_ranking(summary["ranking"])
    assert set(summary["archive"]) == {"sha256", "verdict"}
    assert summary["archive"]["verdict"] == summary["evidence"]["verdict"] == "valid"
    assert summary["evidence"]["leaves"] > 50
    feed = summary["feed"]
    assert set(feed) == {"watchers", "messages", "gaps", "duplicates", "resent"}
    assert (feed["watchers"], feed["gaps"], feed["duplicates"]) == (2, 0, 0)
    assert feed["messages"] > 0 < feed["resent"]
    assert summary["seconds"] > 0


@pytest.mark.parametrize("number", range(len(GUIDE)), ids=[block.title for block in GUIDE])
def test_every_step_of_the_guide_does_what_the_guide_says(stranger, number):
    """In order: a step goes on with what those before it left in the folder."""
    ran = stranger.run(GUIDE[number])

    assert ran.fits, f"{ran.code}\n{ran.printed}\n{ran.complained}"


EVERYWHERE = 8
"""At so many places, evenly spread, a byte of a file is altered of which every byte counts."""
OF_THE_LOG = -1
"""The same, but in what the log signed and its line: a witness's needs that witness's key."""
ALTERED = {
    ("Before you start: keys", 1): {"public.zip": EVERYWHERE},
    ("1. My receipt", 0): {
        "receipt.json": [
            b'"salt":"',
            b'"commitment":"',
            b'"signature":"',
            b'"proof":["',
            b"\\n\\n",
        ],
        "public.zip": EVERYWHERE,
    },
    ("1. My receipt", 1): {"receipt.json": [b'"salt":"', b'"signature":"', b'\\"actor\\":\\"']},
    ("2. The close", 0): {
        "sealed.json": [b'"commitments":["', b'"root":"', b'"count":'],
        "receipt.json": [b'"salt":"', b'"signature":"'],
        "public.zip": EVERYWHERE,
    },
    ("3. The draw of experts", 0): {"draw:": [b'nonce\\":\\"', b'commitment\\":\\"']},
    ("3. The draw of experts", 1): {"draw:": [b'"nonces\\":[\\"', b'seed\\":\\"']},
    ("3. The draw of experts", 2): {
        "replay.json": [b'\\"expert\\":\\"EX', b'"nonce":"', b'"commitment":"', b'"seed":"'],
    },
    ("4. The ranking", 0): {"public.zip": EVERYWHERE},
    ("4. The ranking", 1): {"result.json": [b'"price_score":"'], "public.zip": EVERYWHERE},
    ("4. The ranking", 2): {"evaluation.json": EVERYWHERE},
    ("5. The archive", 0): {"evaluation.pdf": EVERYWHERE},
    ("5. The archive", 1): {"evaluation.pdf": EVERYWHERE},
    ("5. The archive", 2): {"opening.pdf": EVERYWHERE},
    ("6. History", 0): {"noted.txt": OF_THE_LOG, "proof.json": [b'"proof":["']},
    ("6. History", 1): {"noted.txt": OF_THE_LOG},
    ("7. My sealed envelope", 0): {"bid.age": EVERYWHERE, "receipt.json": [b"manifest_sha256"]},
}
"""Of each check the files that it is about, and after which words a byte is altered."""


@pytest.mark.attack("bundles")
@pytest.mark.parametrize(("title", "place"), ALTERED)
def test_a_file_with_one_byte_altered_fails_its_check(stranger, tried, title, place):
    block = [each for each in GUIDE if each.title == title][place].of_what_is_here
    assert stranger.run(block).fits

    passed, cases = [], 0
    for name, wanted in ALTERED[title, place].items():
        path = file_of(stranger.folder, name)
        content = path.read_bytes()
        for at in places_in(content, wanted):
            path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            cases += 1
            passed += [(name, at)] if stranger.run(block).fits else []
        path.write_bytes(content)

    assert passed == []
    assert stranger.run(block).fits  # and what the next ones go on with is as it was
    tried(cases)


def file_of(folder, name):
    """A file of the folder; a stream of the bundle by how its name begins."""
    if not name.endswith(":"):
        return folder / name
    streams = json.loads((folder / "public/bundle.json").read_text())["streams"]
    return folder / "public" / next(s["file"] for s in streams if s["name"].startswith(name))


def places_in(content, wanted):
    """So many places evenly spread, or those just after these words; each word is there."""
    if wanted == OF_THE_LOG:
        ends = content.index(b"\n", content.index(b"\n\n") + 2)
        return places_in(content[: ends + 1], EVERYWHERE)
    if wanted == EVERYWHERE:
        return [len(content) * number // EVERYWHERE for number in range(EVERYWHERE)]
    assert all(word in content for word in wanted)
    return [content.index(word) + len(word) for word in wanted]


def test_every_check_of_the_guide_is_shown_a_file_that_it_must_refuse():
    titles = {block.title for block in GUIDE}

    assert titles == {title for title, _ in ALTERED}


@pytest.fixture
def cosigned(tmp_path):
    """A folder with a checkpoint that a witness co-signed, and that witness's key as the signer's."""
    need_the_tools()
    log, witness = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
    text = checkpoints.checkpoint_text("log.example", 9, bytes(32))
    lines = [
        checkpoints.signature_line("log.example", log, text),
        checkpoints.cosignature_line("witness.example", witness, text, 1_800_000_000),
    ]
    (tmp_path / "noted.txt").write_text(checkpoints.note(text, *lines), "utf-8")
    public = witness.public_key().public_bytes_raw()
    key = checkpoints.verifier_key("witness.example", public, checkpoints.COSIGNATURE_TYPE)
    (tmp_path / "log.key").write_text(key)
    return Reader(tmp_path, {**os.environ, "PATH": PATH})


@pytest.mark.attack("log")
def test_the_guide_checks_a_witness_s_line_as_it_does_the_log_s(cosigned, tried):
    block = [each for each in GUIDE if each.title == "6. History"][1]
    assert cosigned.run(block).fits
    noted = cosigned.folder / "noted.txt"
    content = noted.read_bytes()
    line = content.index(b"witness.example ") + len(b"witness.example ")
    places = [line + number for number in range(12, len(content) - line - 4, 8)]

    passed = []
    for at in places:
        other = b"A" if content[at : at + 1] != b"A" else b"B"
        noted.write_bytes(content[:at] + other + content[at + 1 :])
        passed += [at] if cosigned.run(block).fits else []

    assert passed == []
    tried(len(places))


def test_a_second_journey_into_the_same_folder_replaces_the_first_and_nothing_else(story, town):
    """The last here: it takes away what the others look at."""
    town.stop()
    (story.out / "notes.txt").write_text("not of the journey")
    assert {path.name for path in story.out.iterdir()} >= OUTPUTS
    assert len(schemas(story.database)) == 1

    again = ("--url", "http://127.0.0.1:1")
    code, line, _ = journey(story.out, {"DATABASE_URL": story.database}, *again)

    assert (code, line) == (1, "")
    assert {path.name for path in story.out.iterdir()} == {"run", "notes.txt"}
    assert schemas(story.database) == set()


def schemas(url):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        return {name for name in sa.inspect(engine).get_schema_names() if "journey" in name}
    finally:
        engine.dispose()
