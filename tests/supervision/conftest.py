"""Judges of bundles, and the people that conduct is about."""

import json

import pytest

from identity.states import OrganisationKind, Role
from tests.factories import bundles as made
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.supervision import make_authority
from tests.factories.trading import make_cast
from verifier import verify


@pytest.fixture
def city(database):
    make_cast(1)
    make_authority()
    make_organisation(CODES[30], "临江另一招标代理有限公司", OrganisationKind.AGENCY)
    make_person("other_agent", CODES[30], Role.AGENT)


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
