"""Every kind of signed statement, each in a world in which its door takes it, and ways to bend one."""

import base64
import copy
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import pyrage

from evidence.rules.streams import canonical
from identity.rules.undertakings import current, statement_of
from identity.states import OrganisationKind, Role
from storage import database as doors
from tests.crashes import everything
from tests.factories.evaluation import Evaluation
from tests.factories.hall import START, Hall
from tests.factories.identity import CODES, make_organisation, make_person, token, viewer
from tests.factories.trading import Bidder, make_open_lot


@dataclass
class Signed:
    """A statement that its door takes as it is, from `who`, with what goes along with it.

    `elsewhere` is the same door of another subject; `other` somebody else who may use such a door;
    `free` are the fields that the signer alone decides about, so that signed anew they are right;
    `is_own`: whether it says whose it is, so that nobody else can sign the same.
    """

    path: str
    statement: dict[str, Any]
    who: Bidder
    other: Bidder
    elsewhere: str
    replayed: tuple[int, str]
    besides: dict[str, Any] = field(default_factory=dict)
    free: frozenset[str] = frozenset({"nonce"})
    is_own: bool = True

    def body(self, statement=None, signer=None, signature=None):
        statement = self.statement if statement is None else statement
        signature = signature or (signer or self.who).sign(canonical(statement))
        encoded = base64.b64encode(signature).decode()
        return self.besides | {"statement": statement, "signature": encoded}


class Poster:
    """Posts to doors as their people do, with tokens that are made beforehand."""

    def __init__(self, client, *usernames):
        self._client = client
        self._heads = {name: {"Authorization": f"Bearer {token(name)}"} for name in usernames}

    def __call__(self, path, username, body):
        """(status, code of the refusal or nothing)."""
        raw = body if isinstance(body, str) else json.dumps(body)
        answer = self._client.post(
            f"/api/v1{path}",
            data=raw,
            headers=self._heads[username],
            content_type="application/json",
        )
        return answer.status_code, (answer.json or {}).get("error", {}).get("code", "")


# A forbidden step is refused, and regulators hear of it: a fact and messages of its own.
TOLD = {
    *("refused_attempt", "outbox_wide", "outbox_message"),
    *("fact", "evidence_pending", "counter", "subject"),
}


class Door:
    """One kind of statement at its door; every refusal is compared with the whole database."""

    def __init__(self, app, kind):
        self.signed = KINDS[kind](app)
        names = {self.signed.who.username, self.signed.other.username}
        self.post = Poster(app.test_client(), *names)
        self.look()
        self._refusals = 0

    def look(self):
        """Names of the tables that are not as they were at the last look."""
        before = getattr(self, "_known", {})
        self._known = everything(doors.current_database())
        return {n.removeprefix("table ") for n in before if before[n] != self._known[n]}

    def refuses(self, body, *, who=None, path=None):
        """The code of the refusal; nothing may have changed."""
        status, code = self.post(path or self.signed.path, (who or self.signed.who).username, body)
        assert 400 <= status < 500, (status, body)
        touched = self.look()
        assert not touched or (touched <= TOLD and "refused_attempt" in touched), code
        assert code, body
        self._refusals += 1
        return code

    def takes(self):
        status, _ = self.post(self.signed.path, self.signed.who.username, self.signed.body())
        assert status in (200, 201)
        self.look()

    def told(self):
        """How often it refused since this was last asked."""
        refusals, self._refusals = self._refusals, 0
        return refusals


def submission(app):
    hall = Hall(app.extensions["vault"])
    first, second = hall.bidders[:2]
    seal, sealed = first.seal()
    upload = first.upload(hall.lot, sealed, hall.vault)
    return Signed(
        f"/lots/{hall.lot}/bids",
        first.statement(hall.lot, seal, sealed),
        first,
        second,
        f"/lots/{make_open_lot(start=START)}/bids",
        (201, ""),
        {"uploads": {"bid": upload}},
        frozenset({"nonce", "escrow_sha256", "manifest_sha256"}),
    )


def withdrawal(app):
    hall = Hall(app.extensions["vault"])
    first, second = hall.bidders[:2]
    bid, _ = first.submit(hall.lot, hall.vault)
    second.submit(hall.lot, hall.vault)
    statement = {
        "type": "bid-withdrawal/v1",
        "tender": hall.lot.rpartition("-")[0],
        "lot": hall.lot,
        "bidder": viewer("bidder1").organisation,
        "receipt": bid.receipt,
        "nonce": secrets.token_hex(16),
    }
    return Signed(
        f"/lots/{hall.lot}/withdrawal",
        statement,
        first,
        second,
        f"/lots/{make_open_lot(start=START)}/withdrawal",
        (409, "bid.transition_refused"),
    )


def opening_key(app):
    hall = Hall(app.extensions["vault"])
    make_organisation(CODES[39], "江北市公证处", OrganisationKind.WITNESS)
    make_person("witness2", CODES[39], Role.WITNESS)
    return Signed(
        f"/lots/{hall.lot}/opening-keys",
        hall.statement(),
        hall.witness,
        Bidder("witness2").enrol(),
        f"/lots/{make_open_lot(start=START)}/opening-keys",
        (409, "opening_key.used"),
        free=frozenset({"nonce"}),
        is_own=False,
    )


def release(app):
    hall = Hall(app.extensions["vault"]).ready().all_bid().close()
    first, second = hall.bidders[:2]
    keys = json.dumps(hall.keys["bidder1"]).encode()
    blob = pyrage.encrypt(keys, [hall.identity.to_public()])
    statement = {
        "type": "bid-release/v1",
        "receipt": hall.receipts["bidder1"],
        "release_sha256": hashlib.sha256(blob).hexdigest(),
    }
    return Signed(
        f"/bids/{hall.receipts['bidder1']}/release",
        statement,
        first,
        second,
        f"/bids/{hall.receipts['bidder2']}/release",
        (201, ""),
        {"release": base64.b64encode(blob).decode()},
    )


def _meeting(app):
    made = Evaluation(app.extensions["vault"]).confirmed().drawn().accept_all().convene()
    return made, *list(made.keys)[:2]


def commitment(app):
    made, first, second = _meeting(app)
    return Signed(
        f"/meetings/{made.meeting}/commitment",
        made.commitment(first),
        made.keys[first],
        made.keys[second],
        "/meetings/MT0000000000/commitment",
        (409, "commitment.signed"),
    )


def sheet(app):
    made, first, second = _meeting(app)
    marks = made.scoring().sheet()
    statement, salt = made.statement(first, marks)
    return Signed(
        f"/meetings/{made.meeting}/sheet",
        statement,
        made.keys[first],
        made.keys[second],
        "/meetings/MT0000000000/sheet",
        (409, "sheet.wrong_version"),
        {"sheet": marks, "salt": salt.hex(), "reason": ""},
    )


def undertaking(app):
    make_organisation(CODES[10], "临江建设有限公司", OrganisationKind.BIDDER)
    for name in ("bidder1", "bidder2"):
        make_person(name, CODES[10], Role.BIDDER)
    first, second = Bidder("bidder1").enrol(), Bidder("bidder2").enrol()
    return Signed(
        "/undertakings",
        statement_of(current(Role.BIDDER), viewer("bidder1").code),
        first,
        second,
        "/undertakings",
        (409, "undertaking.given_already"),
    )


KINDS = {
    "bid-submission": submission,
    "bid-withdrawal": withdrawal,
    "opening-key": opening_key,
    "bid-release": release,
    "expert-commitment": commitment,
    "score-sheet": sheet,
    "undertaking": undertaking,
}


def alterations(statement):
    """(what was done, the field, the statement): every field bent, of another kind, or missing."""
    for way in _ways(statement):
        name = next(step for step in reversed(way) if isinstance(step, str))
        value = _at(statement, way)
        for number, other in enumerate(_others(value)):
            yield f"{way} other {number}", name, _changed(statement, way, other)
        if isinstance(way[-1], str):
            yield f"{way} missing", "", _changed(statement, way, _MISSING)
    for way in ((), *(way for way in _ways(statement) if isinstance(_at(statement, way), dict))):
        yield f"{way} more", "", _changed(statement, (*way, "more"), 1)


_MISSING = object()


def _ways(value, way=()):
    listed = enumerate(value) if isinstance(value, list) else ()
    for step, inner in value.items() if isinstance(value, dict) else listed:
        yield (*way, step)
        yield from _ways(inner, (*way, step))


def _at(value, way):
    for step in way:
        value = value[step]
    return value


def _changed(statement, way, value):
    made = copy.deepcopy(statement)
    *before, last = way
    place = _at(made, before)
    if value is _MISSING:
        del place[last]
    else:
        place[last] = value
    return made


def _others(value):
    """A value of the same kind, and values of other kinds."""
    if isinstance(value, bool):
        return [not value, int(value), str(value)]
    if isinstance(value, int):
        return [value + 1, -value, str(value), value * 1.0, True]
    if value is None:
        return ["ab" * 32, 0, {}]
    if isinstance(value, str):
        last = "a" if value[-1:] != "a" else "b"
        return [value[:-1] + last, value + " ", "", None, 1, [value]]
    return [None, "", [] if isinstance(value, dict) else {}]
