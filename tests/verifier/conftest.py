"""An honest bundle of a lot that was really played, and two ways to have it judged."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage import database as doors
from storage.vault import Vault
from tests.factories import bundles as made
from verifier import signatures
from verifier.bundle import Trust, check_bundle
from verifier.findings import Findings, Unreadable

ROOT = Path(__file__).parents[2]
TRUST = Trust(
    log=signatures.read_note_key(made.verifier_key()),
    receipt=bytes.fromhex(made.receipt_key()),
)


@dataclass(frozen=True)
class Honest:
    content: bytes
    members: dict[str, bytes]
    played: made.Played

    @property
    def lot_file(self):
        return made.file_of(self.members, f"lot:{self.played.lot}")

    @property
    def bid_stream(self):
        return json.loads(self.played.receipts["replaced"]["fact"])["stream"]

    @property
    def bid_file(self):
        return made.file_of(self.members, self.bid_stream)


@pytest.fixture(scope="module")
def honest(sqlite_template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("honest")
    shutil.copy(sqlite_template, folder / "zhaobiao.db")
    opened = doors.open_database(f"sqlite:///{folder / 'zhaobiao.db'}")
    played = made.play(Vault(folder / "files"))
    content = made.export(played.tender, played.streams)
    opened.dispose()
    return Honest(content, made.members_in(content), played)


@pytest.fixture
def run(tmp_path):
    """Run the verifier as its own process on this bundle; returns (exit code, result, stderr)."""

    def run(content, *options, python=(sys.executable,)):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        script = str(ROOT / "verifier" / "verify.py")
        command = [*python, script, str(path), *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        return done.returncode, json.loads(done.stdout), done.stderr

    return run


@pytest.fixture
def judged(tmp_path):
    """Findings of the verifier, run here, on this bundle."""

    def judged(content, trust=TRUST):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        findings = Findings()
        try:
            check_bundle(path, trust, findings)
        except Unreadable:
            findings.undecided = True
        return findings

    return judged
