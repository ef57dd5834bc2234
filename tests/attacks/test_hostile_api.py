"""Every operation of the OpenAPI document, asked with generated input by a person of every role.

Nothing may be a fault, and every answer is one that the document declares: its status, its media
type, its headers and its JSON. Codes in addresses are often those of things that there are.
"""

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from identity.rules.permissions import KIND_FOR_ROLE
from identity.states import Role
from storage.database import current_database
from tests.attacks.doors import MARK
from tests.factories.hall import START
from tests.factories.identity import ALL_KINDS, ALL_ROLES, CODES, make_organisation, make_person
from tests.factories.identity import token as token_of
from tests.factories.trading import make_cast, make_open_lot, make_tender
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from

pytestmark = pytest.mark.attack("hostile-input")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
IN_CI, AT_LENGTH = 8, 200
HOUSE = hypothesis.settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


class World:
    """The application, its document, tokens of a person of every role, codes of what there is."""

    def __init__(self, app):
        make_cast(1)
        make_organisation(CODES[3], "什么都是有限公司", *ALL_KINDS)
        make_person("everybody", CODES[3], *ALL_ROLES)
        for number, role in enumerate(Role, 30):
            make_organisation(CODES[number], f"单位{number}", KIND_FOR_ROLE[role])
            make_person(f"only-{role.value}", CODES[number], role)
        lot, draft = make_open_lot(start=START), make_tender()
        self.codes = (lot, lot.rpartition("-")[0], draft, f"{draft}-01")
        names = ["everybody", "bidder1", *(f"only-{role.value}" for role in Role)]
        self.tokens = {None: None, "nobody": "no token"} | {name: token_of(name) for name in names}
        # Half of it by those who pass every guard: most input is looked at only then.
        self.askers = [*self.tokens, *["everybody", "bidder1"] * (len(self.tokens) // 2)]
        self.schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
        self.faults, self.asked = [], 0

    def besiege(self, operation, examples):
        """Ask it so many times, half of them with what the document does not allow."""
        modes = [GenerationMode.POSITIVE]
        if operation.body or operation.query or operation.path_parameters:
            modes.append(GenerationMode.NEGATIVE)
        for mode in modes:
            cases = operation.as_strategy(generation_mode=mode)

            @hypothesis.settings(HOUSE, max_examples=examples // len(modes))
            @hypothesis.given(cases, st.sampled_from(self.askers), st.data())
            def ask(case, who, choice):
                self.ask(case, who, choice)

            ask()

    def ask(self, case, who, choice):
        if "code" in (case.path_parameters or {}):
            known = choice.draw(st.sampled_from((*self.codes, None)))
            if known:
                case.path_parameters["code"] = known
        if "Authorization" in (case.headers or {}):
            del case.headers["Authorization"]
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if self.tokens[who] else {}
        answer = case.call(headers=headers)
        self.asked += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            told = [str(each)[:300] for each in group.exceptions]
            self.faults.append((case.method, case.formatted_path, who, answer.status_code, told))


@pytest.fixture
def world(app):
    return World(app)


def operations(world):
    return [result.ok() for result in world.schema.get_all_operations()]


def test_every_operation_answers_as_the_document_says(world, tried):
    for operation in operations(world):
        world.besiege(operation, IN_CI)

    assert world.faults == []
    tried(world.asked)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_operation_answers_as_the_document_says_at_length(world, tried):
    for operation in operations(world):
        world.besiege(operation, AT_LENGTH)

    assert world.faults == []
    tried(world.asked)


@pytest.fixture
def strict(postgresql_url, tmp_path):
    """The application on the database that takes least."""
    given = {"ZHAOBIAO_VAR": str(tmp_path / "var"), "DATABASE_URL": postgresql_url}
    settings = settings_from(given)
    prepare_keys(settings)
    yield create_app(settings)
    current_database().dispose()


def test_a_nul_is_refused_wherever_it_stands(strict, tried):
    world, client = World(strict), strict.test_client()
    held = {"Authorization": f"Bearer {world.tokens['everybody']}"}
    mark = MARK.search(client.get("/sign-in").text)[1]
    expert = {"person": "\0", "name": "甲", "employer": CODES[3], "employer_name": "乙"}
    notice = {"deadline": "2026-10-01T00:00:00Z", "notice": {"a\0": "b"}}
    answers = [
        client.post("/api/v1/tokens", json={"username": "a\0", "password": "x"}),
        client.post("/api/v1/experts", json=expert, headers=held),
        client.post(f"/api/v1/tenders/{world.codes[2]}/publication", json=notice, headers=held),
        client.get("/api/v1/lots/%00/opening"),
        client.get("/api/v1/negative-list/check?name=%00"),
        client.get("/tenders?q=%00"),
        client.get("/tenders?q=a&q=%00"),
        client.get("/tenders/%00"),
        client.get("/organisations?q=%00", headers=held),
        client.post("/sign-in", data={"csrf_token": mark, "username": "a\0", "password": "x"}),
    ]

    assert {answer.status_code for answer in answers} <= {400, 404, 422}
    tried(len(answers))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_operation_answers_as_the_document_says_on_postgresql(strict, tried):
    world = World(strict)
    for operation in operations(world):
        world.besiege(operation, AT_LENGTH)

    assert world.faults == []
    tried(world.asked)
