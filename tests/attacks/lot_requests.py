"""What is sent through the doors of a lot: whole, right, and signed by whom it should be.

Each takes the walk, for its keys, and what is known at its present stage.
"""

import base64
import hashlib
import io
import json
import secrets
from datetime import timedelta

import pyrage

from evaluation.rules.draw import Party
from evidence.rules.sealing import nonce_commitment
from evidence.rules.streams import canonical
from kernel.periods import minute_text
from storage.database import snapshot
from storage.subjects import legal_now
from tests.factories.identity import viewer
from tests.factories.trading import NOTICE
from tests.factories.walk_steps import ORDER
from trading.rules import bidding, opening
from trading.rules.documents import earliest_after_amendment
from trading.rules.guarantee import order_code
from trading.rules.tendering import earliest_deadline

YES = {"confirm": "yes"}


def plain(**fields):
    return lambda walk, known: dict(fields)


def _b64(raw):
    return base64.b64encode(raw).decode()


def _now(known):
    with snapshot() as db:
        return legal_now(db, f"lot:{known['lot']}")


def publication(walk, known):
    deadline = earliest_deadline(walk.row().tender.regime, _now(known))
    return {"notice": NOTICE, "deadline": (deadline + timedelta(days=1)).isoformat()}


def notice_form(walk, known):
    deadline = earliest_deadline(walk.row().tender.regime, _now(known)) + timedelta(days=1)
    return {**NOTICE, **YES, "deadline": minute_text(deadline)}


def amendment(walk, known):
    row = walk.row()
    least = max(earliest_after_amendment(row.tender.regime, _now(known)), row.deadline)
    moved = minute_text(least + timedelta(days=1))
    return {**YES, "text": "补充说明", "affects_bids": "yes", "deadline": moved}


def document(walk, known):
    return {"data": {"file": (io.BytesIO(b"%PDF-1.7"), "图纸.pdf")}}


def part(walk, known):
    return {"data": walk.sealed, "query_string": {"offset": 0}}


def submission(number, replaces, upload):
    def given(walk, known):
        who = walk.bidders[number]
        stands = known[replaces] if replaces else None
        statement = who.statement(known["lot"], walk.seal, walk.sealed, replaces=stands)
        signature = _b64(who.sign(canonical(statement)))
        uploads = {"bid": known[upload]}
        return {"statement": statement, "signature": signature, "uploads": uploads}

    return given


def withdrawal(walk, known):
    who = walk.bidders[0]
    statement = {
        "type": bidding.WITHDRAWAL_TYPE,
        "tender": known["lot"][:-3],
        "lot": known["lot"],
        "bidder": viewer(who.username).organisation,
        "receipt": known["receipt"],
        "nonce": secrets.token_hex(16),
    }
    return {"statement": statement, "signature": _b64(who.sign(canonical(statement)))}


def guarantee_order(walk, known):
    code = order_code(secrets.token_bytes(32), walk.bank.need(), "2026-09-22")
    return {"issuer": viewer("banker").organisation, "code": code.hex()}


def opening_key(walk, known):
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    tender = known["lot"][:-3]
    statement = walk.one.hall.statement(lot=known["lot"], tender=tender, recipient=recipient)
    signature = _b64(walk.one.hall.witness.sign(canonical(statement)))
    return {"statement": statement, "signature": signature}


def challenge(walk, known):
    return {"answer": _b64(known.get("challenge", b"nothing"))}


def identity(walk, known):
    return {"identity": str(walk.one.hall.identity)}


def release(walk, known):
    who, hall = walk.bidders[0], walk.one.hall
    keys = json.dumps(hall.keys[who.username]).encode()
    blob = pyrage.encrypt(keys, [hall.identity.to_public()])
    statement = {
        "type": opening.RELEASE_TYPE,
        "receipt": known["receipt"],
        "release_sha256": hashlib.sha256(blob).hexdigest(),
    }
    signature = _b64(who.sign(canonical(statement)))
    return {"statement": statement, "signature": signature, "release": _b64(blob)}


def clock(walk, known):
    return {"to": (_now(known) + timedelta(seconds=5)).isoformat()}


def clock_form(walk, known):
    return {"to": minute_text(_now(known) + timedelta(minutes=2))}


def award(walk, known):
    return {"receipt": known["winner"]}


def award_form(walk, known):
    return {**YES, "receipt": known["winner"]}


def committed_nonce(walk, known):
    nonce = walk.one.nonces[Party.WITNESS]
    return {"party": "witness", "sha256": nonce_commitment(nonce).hex()}


def revealed_nonce(walk, known):
    return {"party": "witness", "nonce": walk.one.nonces[Party.WITNESS].hex()}


def commitment(walk, known):
    statement = walk.one.commitment(known["expert"], meeting=known["meeting"], lot=known["lot"])
    signature = _b64(_key(walk, known).sign(canonical(statement)))
    return {"statement": statement, "signature": signature}


def sheet(walk, known):
    sheet = walk.one.sheet()
    changes = {"meeting": known["meeting"], "version": known["version"]}
    statement, salt = walk.one.statement(known["expert"], sheet, **changes)
    return {
        "statement": statement,
        "signature": _b64(_key(walk, known).sign(canonical(statement))),
        "sheet": sheet,
        "salt": salt.hex(),
        "reason": "复核后更正",
    }


def _key(walk, known):
    """The key of the expert who acts, or before there is a committee anybody's."""
    return walk.one.keys.get(known["expert"], walk.bidders[0])


def choice(walk, known):
    return {"choice": known["expert"]}


def order(kind):
    return lambda walk, known: {"kind": kind, **ORDER}
