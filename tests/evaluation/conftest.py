"""A confirmed lot with a pool of experts, for what comes after the opening."""

import pytest

from storage.vault import Vault
from tests.factories.evaluation import Evaluation


@pytest.fixture
def evaluation(database, tmp_path):
    return Evaluation(Vault(tmp_path / "files")).confirmed()
