"""The OCDS release package: valid by the published schemas, and nothing in it before its time."""

import dataclasses
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import referencing
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from identity.states import OrganisationKind, Role
from kernel.errors import NotFound
from kernel.money import LIMIT_FEN, yuan_from_fen
from storage.database import snapshot, transaction
from tests.factories.dossier import move
from tests.factories.hall import START
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.trading import make_cast, make_open_lot, make_tender
from trading import queries
from trading.actions.suspension import suspend_lot
from trading.rules import ocds
from trading.rules.opening import Outcome
from trading.states import Category, LotEvent, LotState, Regime

PUBLISHER = ocds.Publisher("昭标", "https://zhaobiao.invalid", "ocds-zhaobiao")
AT = datetime(2026, 9, 1, 2, 0, 0, 123456, UTC)
BUYER, AGENCY, FIRST, SECOND = (
    ocds.Organisation(CODES[number], f"单位{number}") for number in range(4)
)
SITE = "https://standard.open-contracting.org/schema/1__1__5"


def public_lot(**changes):
    facts = {
        "code": "TD7K3Q9FABC0-01",
        "name": "第1标段",
        "reached": LotState.ANNOUNCED,
        "ceiling_fen": 3_200_000_050,
        "deadline": datetime(2026, 9, 21, 1, 0, tzinfo=UTC),
    } | changes
    return ocds.PublicLot(**facts)


def public_tender(*lots, **changes):
    facts = {
        "code": "TD7K3Q9FABC0",
        "name": "临江大桥维修工程",
        "regime": Regime.CONSTRUCTION,
        "category": Category.WORKS,
        "is_rehearsal": False,
        "procuring_entity": BUYER,
        "agency": AGENCY,
        "announced_at": AT,
        "changed_at": AT,
        "lots": lots or (public_lot(),),
    } | changes
    return ocds.PublicTender(**facts)


def release(*lots, **changes):
    return ocds.release_package(public_tender(*lots, **changes), PUBLISHER)["releases"][0]


BIDS = (
    ocds.OpenedBid(FIRST, Outcome.OPENED, 3_141_592_653),
    ocds.OpenedBid(SECOND, Outcome.NOT_RELEASED, None),
)
AWARD = ocds.Award("AW0000000000", "TD7K3Q9FABC0-01", FIRST, 3_141_592_653, AT)
AWARDED = public_lot(reached=LotState.AWARDED, sealed=2, bids=BIDS, awards=(AWARD,))


def merged(schema, patch):
    """JSON merge patch (RFC 7396), as extensions of OCDS are applied."""
    if not isinstance(patch, dict):
        return patch
    result = dict(schema) if isinstance(schema, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


@pytest.fixture(scope="session")
def validator(outside_data):
    """The package schema over the release schema with the extensions that we name."""
    folder = outside_data / "ocds"

    def load(path):
        return json.loads((folder / path).read_text("utf-8"))

    schema = load("schema/release-schema.json")
    for extension in ("lots", "bid"):
        schema = merged(schema, load(f"extensions/{extension}/release-schema.json"))
    schema["definitions"].setdefault("SubmissionTerms", {"type": "object"})
    draft4 = referencing.jsonschema.DRAFT4
    registry = referencing.Registry().with_resources(
        [
            (f"{SITE}/release-schema.json", draft4.create_resource(schema)),
            ("http://json-schema.org/draft-04/schema", draft4.create_resource({})),
        ]
    )
    package = load("schema/release-package-schema.json")
    return Draft4Validator(package, registry=registry, format_checker=FormatChecker())


@pytest.fixture
def faults(validator):
    """What is wrong with a package after its way through JSON."""

    def faults(package):
        value = json.loads(json.dumps(package, ensure_ascii=False))
        found = [
            f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(value)
        ]
        return found + unknown_fields(validator, value)

    return faults


def unknown_fields(validator, package):
    """Fields that neither the schema nor an extension knows: the schema itself lets them pass."""
    registry = validator._registry
    release = registry.contents(f"{SITE}/release-schema.json")
    found = []

    def walk(value, schema, path):
        if "$ref" in schema:
            schema = release["definitions"][schema["$ref"].rpartition("/")[2]]
        if isinstance(value, dict):
            known = schema.get("properties", {})
            found.extend(f"{path}/{name}" for name in value if name not in known)
            for name, inner in value.items():
                walk(inner, known.get(name, {}), f"{path}/{name}")
        elif isinstance(value, list):
            for inner in value:
                walk(inner, schema.get("items", {}), path)

    for each in package["releases"]:
        walk(each, release, "")
    return found


@pytest.mark.parametrize(
    "tender",
    [
        public_tender(),
        public_tender(is_rehearsal=True, regime=Regime.GOVPROC, category=Category.GOODS),
        public_tender(public_lot(reached=LotState.RELEASING, sealed=4)),
        public_tender(AWARDED, public_lot(code="TD7K3Q9FABC0-02", reached=LotState.FAILED)),
        public_tender(public_lot(reached=LotState.TERMINATED, deadline=None)),
    ],
    ids=["announced", "rehearsal of goods", "closed", "awarded", "terminated"],
)
def test_a_package_is_valid_by_the_published_schemas(faults, tender):
    assert faults(ocds.release_package(tender, PUBLISHER)) == []


def test_the_schemas_refuse_what_is_wrong(faults):
    package = ocds.release_package(public_tender(AWARDED), PUBLISHER)
    package["releases"][0]["tender"]["status"] = "open"
    package["releases"][0]["bids"]["details"][0]["value"]["amount"] = "31415926.53"
    package["releases"][0]["awards"][0]["winner"] = "x"

    assert len(faults(package)) == 3


def test_a_package_says_what_the_notice_says():
    package = ocds.release_package(public_tender(), PUBLISHER)

    assert package["version"] == "1.1"
    assert package["uri"] == "https://zhaobiao.invalid/api/v1/tenders/TD7K3Q9FABC0/ocds"
    assert package["publishedDate"] == "2026-09-01T02:00:00Z"
    assert package["releases"][0]["ocid"] == "ocds-zhaobiao-TD7K3Q9FABC0"
    assert package["releases"][0]["tender"] == {
        "id": "TD7K3Q9FABC0",
        "title": "临江大桥维修工程",
        "status": "active",
        "procurementMethod": "open",
        "procurementMethodDetails": "公开招标（工程建设）",
        "mainProcurementCategory": "works",
        "submissionMethod": ["electronicSubmission"],
        "value": {"amount": 32000000.5, "currency": "CNY"},
        "tenderPeriod": {
            "startDate": "2026-09-01T02:00:00Z",
            "endDate": "2026-09-21T01:00:00Z",
        },
        "procuringEntity": {"id": f"CN-USCC-{CODES[0]}", "name": "单位0"},
        "documents": [
            {
                "id": "TD7K3Q9FABC0-notice",
                "documentType": "tenderNotice",
                "url": "https://zhaobiao.invalid/tenders/TD7K3Q9FABC0",
                "datePublished": "2026-09-01T02:00:00Z",
                "format": "text/html",
                "language": "zh",
            }
        ],
        "lots": [
            {
                "id": "TD7K3Q9FABC0-01",
                "title": "第1标段",
                "status": "active",
                "value": {"amount": 32000000.5, "currency": "CNY"},
                "tenderPeriod": {
                    "startDate": "2026-09-01T02:00:00Z",
                    "endDate": "2026-09-21T01:00:00Z",
                },
            }
        ],
    }


def test_everybody_stands_once_with_all_their_roles():
    parties = {each["name"]: each["roles"] for each in release(AWARDED)["parties"]}
    own = release(agency=BUYER)["parties"]

    assert parties == {
        "单位0": ["buyer", "procuringEntity"],
        "单位1": ["agency"],
        "单位2": ["tenderer", "supplier"],
        "单位3": ["tenderer"],
    }
    assert [each["roles"] for each in own] == [["buyer", "procuringEntity", "agency"]]


def test_bids_stand_with_price_or_as_withdrawn():
    bids = release(public_lot(reached=LotState.OPENED, sealed=2, bids=BIDS))["bids"]

    assert bids["statistics"] == [
        {
            "id": "TD7K3Q9FABC0-01-bids",
            "measure": "bids",
            "value": 2,
            "relatedLot": "TD7K3Q9FABC0-01",
        }
    ]
    assert [(each["status"], each.get("value")) for each in bids["details"]] == [
        ("pending", {"amount": 31415926.53, "currency": "CNY"}),
        ("withdrawn", None),
    ]


def test_an_award_names_supplier_price_and_lot():
    assert ocds.awards([AWARD]) == [
        {
            "id": "AW0000000000",
            "status": "active",
            "date": "2026-09-01T02:00:00Z",
            "value": {"amount": 31415926.53, "currency": "CNY"},
            "suppliers": [{"id": f"CN-USCC-{CODES[2]}", "name": "单位2"}],
            "relatedLots": ["TD7K3Q9FABC0-01"],
        }
    ]


@pytest.mark.parametrize("state", [s for s in LotState if s is not LotState.SUSPENDED])
def test_every_state_of_a_lot_has_its_status(state):
    expected = {
        LotState.AWARDED: "complete",
        LotState.ARCHIVED: "complete",
        LotState.FAILED: "unsuccessful",
        LotState.TERMINATED: "cancelled",
    }
    assert ocds.lot_status(state) == expected.get(state, "active")


@pytest.mark.parametrize(
    ("states", "status", "tag"),
    [
        ([LotState.ANNOUNCED], "active", ["tender"]),
        ([LotState.ANNOUNCED, LotState.FAILED], "active", ["tenderUpdate"]),
        ([LotState.FAILED, LotState.AWARDED], "complete", ["tenderUpdate"]),
        ([LotState.FAILED, LotState.TERMINATED], "unsuccessful", ["tenderUpdate"]),
        ([LotState.TERMINATED], "cancelled", ["tenderCancellation"]),
    ],
)
def test_a_tender_is_as_far_as_its_lots(states, status, tag):
    made = release(*(public_lot(reached=state) for state in states))

    assert (made["tender"]["status"], made["tag"]) == (status, tag)


def test_a_release_with_an_award_is_tagged_as_one():
    assert release(AWARDED)["tag"] == ["tenderUpdate", "award"]


@given(st.integers(0, LIMIT_FEN - 1))
def test_an_amount_has_exactly_the_decimals_of_the_fen(fen):
    assert Decimal(json.dumps(ocds.amount(fen))) == Decimal(yuan_from_fen(fen))


# What is gathered of a real tender


def package_of(lot):
    with snapshot() as db:
        public = queries.open_data(db, lot.rpartition("-")[0])
    return ocds.release_package(public, PUBLISHER)


def test_a_tender_is_told_step_by_step(hall, faults):
    announced = package_of(hall.lot)
    hall.ready().all_bid()
    assert package_of(hall.lot) == announced
    hall.close()
    closed = package_of(hall.lot)
    for bidder in hall.bidders[:-1]:
        hall.release(bidder)
    assert package_of(hall.lot) == closed
    hall.end_window().publish().open()
    opened = package_of(hall.lot)

    assert [faults(each) for each in (announced, closed, opened)] == [[], [], []]
    assert "bids" not in announced["releases"][0]
    assert list(closed["releases"][0]["bids"]) == ["statistics"]
    bids = opened["releases"][0]["bids"]["details"]
    assert [each["status"] for each in bids] == ["pending", "pending", "pending", "withdrawn"]
    assert [each["value"]["amount"] for each in bids[:3]] == [
        31415926.53,
        31415927.53,
        31415928.53,
    ]
    roles = [role for each in opened["releases"][0]["parties"] for role in each["roles"]]
    assert roles == ["buyer", "procuringEntity", "agency", *["tenderer"] * 4]


@pytest.mark.parametrize("archived", [False, True], ids=["failed", "and archived"])
def test_a_lot_that_failed_before_its_opening_never_tells_who_bid(hall, archived):
    hall.ready().all_bid().close()
    hall.all_release(2).end_window().publish().open()
    if archived:
        move(hall.lot, LotEvent.ARCHIVED)

    told = json.dumps(package_of(hall.lot), ensure_ascii=False)

    assert '"unsuccessful"' in told
    assert not any(CODES[number] in told for number in range(10, 14))


def test_a_suspended_lot_goes_on_being_told(hall):
    hall.ready().all_bid().close()
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        suspend_lot(db, hall.lot, actor="platform", data={"ground": "投诉"}, now=now)

    made = package_of(hall.lot)["releases"][0]

    assert (made["tender"]["status"], list(made["bids"])) == ("active", ["statistics"])


def test_a_tender_that_is_not_published_is_unknown(database):
    make_cast(1)
    tender = make_tender()

    with pytest.raises(NotFound) as refused, snapshot() as db:
        queries.open_data(db, tender)

    assert refused.value.code == "tender.not_found"


def test_page_and_command_give_the_same_package(app, faults):
    make_cast(1)
    lot = make_open_lot(start=START)
    make_organisation(CODES[40], "临江市监管局", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[40], Role.REGULATOR)
    tender = lot.rpartition("-")[0]

    done = app.test_cli_runner().invoke(args=["trading", "ocds", tender])
    pages = [
        app.test_client().get(
            f"/api/v1/tenders/{tender}/ocds",
            headers={"Authorization": f"Bearer {token(who)}"} if who else {},
        )
        for who in (None, "regulator")
    ]

    package = json.loads(done.stdout)
    assert (done.exit_code, faults(package)) == (0, [])
    assert [page.json for page in pages] == [package, package]
    assert package["publisher"]["uri"] == "https://zhaobiao.invalid"


def test_the_command_tells_that_there_is_no_such_tender(app):
    done = app.test_cli_runner().invoke(args=["trading", "ocds", "TD0000000000"])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "TD0000000000" in done.stderr


def test_values_stay_values():
    """Whoever wires awards replaces one field; nothing else of a lot depends on them."""
    lot = dataclasses.replace(AWARDED, awards=())

    assert "awards" not in release(lot)
