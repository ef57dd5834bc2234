"""A signed PDF taken apart: exactly the covered bytes, and nothing behind the last signature."""

import subprocess
import sys

import pytest

from tests.verifier.conftest import ROOT
from verifier.findings import Broken
from verifier.pdf import take_apart

DER = bytes.fromhex("3003020107")
HEAD = b"%PDF-1.7\n/ByteRange [0 0100 0130 0020]\n".ljust(100, b" ")
SIGNED = HEAD + b"<" + DER.hex().encode().ljust(28, b"0") + b">" + b"\n%%EOF".ljust(20, b"\n")


def test_each_signature_is_written_without_its_padding_beside_what_it_covers(tmp_path):
    told = take_apart(SIGNED, tmp_path / "parts")

    assert told == ["01 covers 150 of 150 bytes"]
    assert (tmp_path / "parts/01.der").read_bytes() == DER
    assert (tmp_path / "parts/01.signed").read_bytes() == SIGNED[:100] + SIGNED[130:]


BENT = {
    "something behind the last signature": SIGNED + b"x",
    "no signature at all": b"%PDF-1.7\n%%EOF",
    "a range beyond the end": SIGNED.replace(b"0020]", b"0090]"),
    "a range that does not begin with the file": SIGNED.replace(b"[0 0", b"[1 0"),
    "something hidden in the padding": SIGNED[:127] + b"7" + SIGNED[128:],
    "a signature that is no hex": SIGNED[:105] + b"zz" + SIGNED[107:],
    "a signature longer than its place": SIGNED.replace(b"<3003", b"<30ff"),
}


@pytest.mark.attack("bundles")
@pytest.mark.parametrize("content", BENT.values(), ids=BENT)
def test_a_file_that_is_not_wholly_covered_is_not_taken_apart(tmp_path, content):
    with pytest.raises(Broken):
        take_apart(content, tmp_path / "parts")


def test_the_program_ends_with_a_fault_and_says_why(tmp_path):
    (tmp_path / "bent.pdf").write_bytes(BENT["something behind the last signature"])
    command = [sys.executable, str(ROOT / "verifier/pdf.py"), "bent.pdf", "parts"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.partition(":")[0]) == (1, "pdf.coverage")
