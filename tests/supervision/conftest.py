"""Judges of bundles."""

import json

import pytest

from tests.factories import bundles as made
from verifier import verify


@pytest.fixture
def judged(tmp_path, capsys):
    """(exit code, result) of the verifier on these bytes."""

    def judged(content):
        path = tmp_path / "bundle.zip"
        path.write_bytes(content)
        keys = ["--log-key", made.verifier_key(), "--receipt-key", made.receipt_key()]
        code = verify.main([str(path), *keys])
        return code, json.loads(capsys.readouterr().out)

    return judged
