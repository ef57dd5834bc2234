"""With no bidder and with nine, what anybody else can fetch before the deadline is the same.

Each world has the same organisations, keys and tender; in one of them nobody bids, in the other
nine do, one of them twice, and one withdraws. Random codes, digests, signatures and times are
blotted out; of a bundle every member is read.
"""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest

from identity.states import OrganisationKind, Role
from storage.database import snapshot
from storage.vault import Vault
from tests.factories.identity import CODES, make_organisation, make_person, token
from tests.factories.trading import Bidder, make_cast, make_open_lot
from trading import queries
from webapp.factory import create_app
from webapp.settings import prepare_keys, settings_from
from webapp.worker import Worker

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
OTHERS = {
    "outsider": (OrganisationKind.BIDDER, Role.BIDDER),
    "buyer": (OrganisationKind.PROCURING_ENTITY, Role.PROCURING_OFFICER),
    "issuer": (OrganisationKind.ISSUER, Role.ISSUER),
    "expert": (OrganisationKind.EXPERT_POOL, Role.EXPERT),
    "regulator": (OrganisationKind.REGULATOR, Role.REGULATOR),
    "witness": (OrganisationKind.WITNESS, Role.WITNESS),
    "host": (OrganisationKind.TRADING_CENTRE, Role.HOST),
    "operator": (OrganisationKind.TRADING_CENTRE, Role.OPERATOR),
}
BLOTS = (
    (r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----", "CERTIFICATE"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+\d\d:\d\d|Z)?", "TIME"),
    (r"\b[A-Z]{2}[0-9A-HJKMNP-TV-Z]{10}\b", "CODE"),
    (r"\b[0-9a-f]{128}\b", "SIGNATURE"),
    (r"\b[0-9a-f]{64}\b", "DIGEST"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}", "+KEY"),
    (r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{91}=", "SIGNED"),
    (r'name="csrf_token" value="[^"]+"', "MARK"),
    (r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=", "KEY"),
)


def blotted(text):
    for pattern, word in BLOTS:
        text = re.sub(pattern, word, text)
    return text


def text_of(answer):
    """What stands in an answer: its text, or names and texts of the members of a bundle."""
    if answer.mimetype != "application/zip":
        return answer.get_data(as_text=True)
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode()}" for name in archive.namelist())


def people():
    bidders = [Bidder(name).enrol() for name in make_cast(9)]
    for number, (username, (kind, role)) in enumerate(OTHERS.items(), 40):
        make_organisation(CODES[number], f"单位{number}", kind)
        make_person(username, CODES[number], role)
    return bidders


def bids(bidders, lot, vault):
    first, _ = bidders[0].submit(lot, vault)
    bidders[0].submit(lot, vault, replaces=first.receipt)
    for bidder in bidders[1:8]:
        bidder.submit(lot, vault)
    gone, _ = bidders[8].submit(lot, vault)
    bidders[8].withdraw(lot, gone.receipt)


def seen(app, lot):
    """(who, address) → what they get, over every address that can be fetched."""
    tender = lot.rpartition("-")[0]
    client = app.test_client()
    answers = {}
    for who in (None, "agent", *OTHERS):
        headers = {"Authorization": f"Bearer {token(who)}"} if who else {}
        for rule in app.url_map.iter_rules():
            if "GET" not in rule.methods or rule.endpoint.startswith(
                ("static", "openapi", "swagger")
            ):
                continue
            for code in (tender, lot, "RC0000000000"):
                address = re.sub(r"<[^>]+>", code, rule.rule)
                answer = client.get(address, headers=headers)
                answers[who, rule.rule, address.replace(tender, "T")] = (
                    answer.status_code,
                    blotted(text_of(answer)).replace(tender, "T"),
                )
    return answers


def world(folder, sqlite_copy, *, with_bids):
    settings = settings_from(
        {"ZHAOBIAO_VAR": str(folder / "var"), "DATABASE_URL": f"sqlite:///{sqlite_copy}"}
    )
    prepare_keys(settings)
    app = create_app(settings)
    bidders = people()
    lot = make_open_lot(start=START)
    if with_bids:
        bids(bidders, lot, Vault(settings.files))
    worker = Worker(settings)
    while worker.sweep():
        pass
    with snapshot() as db:
        assert len(queries.standing_bids(db, queries.lot_by_code(db, lot).id)) == 8 * with_bids
    return seen(app, lot)


@pytest.fixture
def copies(tmp_path, sqlite_template):
    paths = []
    for name in ("empty", "busy"):
        folder = tmp_path / name
        folder.mkdir()
        copy = folder / "zhaobiao.db"
        copy.write_bytes(sqlite_template.read_bytes())
        paths.append((folder, copy))
    return paths


def test_nobody_can_tell_nine_bidders_from_none_before_the_deadline(copies):
    empty = world(*copies[0], with_bids=False)
    busy = world(*copies[1], with_bids=True)

    assert len(empty) > 100
    for who in (None, "agent", "buyer", "regulator", "outsider"):
        for what in ("bundle", "ocds"):
            address = f"/api/v1/tenders/<code>/{what}"
            assert empty[who, address, address.replace("<code>", "T")][0] == 200
    assert {status for status, _ in empty.values()} >= {200, 401, 403, 404}
    assert busy == empty


def test_the_blots_do_not_hide_a_count():
    assert blotted("3 bids of TD7K3Q9FABC0 at 2026-11-24T08:00:00Z") == "3 bids of CODE at TIME"
