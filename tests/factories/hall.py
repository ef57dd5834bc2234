"""The hall in which bids are opened: a lot with a witness and its bidders, step by step."""

import hashlib
import io
import json
import secrets
import tarfile
from datetime import UTC, datetime

import pyrage

from evidence.rules.streams import canonical
from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from tests.factories.papers import workshop_over
from tests.factories.trading import Bidder, make_cast, make_open_lot, move_to
from trading import queries
from trading.actions import closing, opening, suspension, termination
from trading.rules import opening as rules
from trading.timers import DUTIES

START = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
CANARY = "31415926.53"


def packed(price=CANARY, *, files=None, guarantee=None, **form):
    """The plaintext of a bid: manifest first, then its files."""
    files = {"技术标.txt": "施工组织设计".encode()} if files is None else files
    manifest = {
        "v": 1,
        "salt": secrets.token_hex(32),
        "form": {"price": price, "period_days": 180, "quality": "合格"} | form,
        "files": [
            {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in files.items()
        ],
        "guarantee": guarantee,
    }
    raw = json.dumps(manifest, ensure_ascii=False).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:") as archive:
        for name, body in {"manifest.json": raw, **files}.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue(), hashlib.sha256(raw).hexdigest()


class Hall:
    """A lot on its way to the opening, with one witness and its bidders."""

    def __init__(self, vault, bidders=4, lots=1):
        self.vault = vault
        names = make_cast(bidders)
        make_organisation(CODES[40], "临江市公证处", OrganisationKind.WITNESS)
        make_person("witness", CODES[40], Role.WITNESS)
        self.lot = make_open_lot(start=START, lots=lots)
        self.witness = Bidder("witness").enrol()
        self.identity = pyrage.x25519.Identity.generate()
        self.bidders = [Bidder(name).enrol() for name in names]
        self.receipts, self.keys = {}, {}

    def statement(self, **changes):
        return {
            "type": rules.KEY_TYPE,
            "tender": self.lot.rpartition("-")[0],
            "lot": self.lot,
            "window": 30,
            "rehearsal": True,
            "recipient": str(self.identity.to_public()),
            "nonce": secrets.token_hex(16),
        } | changes

    def register_key(self, **changes):
        statement = self.statement(**changes)
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            key, challenge = opening.register_opening_key(
                db,
                viewer("witness"),
                rules.parse_opening_key(statement),
                lot_code=self.lot,
                signature=self.witness.sign(canonical(statement)),
                now=now,
            )
            return key.code, pyrage.decrypt(challenge, [self.identity])

    def rehearse(self, code, answer):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            opening.rehearse_opening_key(db, viewer("witness"), code, answer=answer, now=now)

    def ready(self):
        self.code, answer = self.register_key()
        self.rehearse(self.code, answer)
        return self

    def bid(self, bidder, plaintext, digest):
        seal, sealed = bidder.seal(plaintext)
        statement = bidder.statement(self.lot, seal, sealed)
        statement["envelopes"][0]["manifest_sha256"] = digest
        upload = bidder.upload(self.lot, sealed, self.vault)
        made, _ = bidder.hand_in(self.lot, statement, upload, sealed)
        self.receipts[bidder.username] = made.receipt
        self.keys[bidder.username] = {"bid": bidder.identities[seal]}

    def all_bid(self, files=lambda _number: None):
        for number, bidder in enumerate(self.bidders):
            self.bid(bidder, *packed(f"{31415926 + number}.53", files=files(number)))
        return self

    def close(self):
        with snapshot() as db:
            deadline = queries.lot_by_code(db, self.lot).deadline
        move_to(self.lot, deadline)
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            closing.close_lot(db, self.lot, now=now)
        return self

    def release(self, bidder, *, keys=None, receipt=None, blob=None, **changes):
        keys = self.keys[bidder.username] if keys is None else keys
        if blob is None:
            blob = pyrage.encrypt(json.dumps(keys).encode(), [self.identity.to_public()])
        statement = {
            "type": rules.RELEASE_TYPE,
            "receipt": receipt or self.receipts[bidder.username],
            "release_sha256": hashlib.sha256(blob).hexdigest(),
        } | changes
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            return opening.release_bid(
                db,
                viewer(bidder.username),
                rules.parse_release(statement),
                blob=blob,
                signature=bidder.sign(canonical(statement)),
                now=now,
            )

    def all_release(self, first=None):
        """All bidders release, or so many of them."""
        for bidder in self.bidders[:first]:
            self.release(bidder)
        return self

    def end_window(self):
        with snapshot() as db:
            ends = opening.window_end(queries.lot_by_code(db, self.lot))
        move_to(self.lot, ends)
        self.do("lot.end_window")
        return self

    def publish(self, identity=None):
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            opening.publish_opening_key(
                db, viewer("witness"), self.code, identity=identity or str(self.identity), now=now
            )
        return self

    def do(self, kind):
        duty = DUTIES[kind]
        result = duty.work(self.lot, workshop_over(self.vault)) if duty.work else None
        with transaction(lock=[f"lot:{self.lot}"]) as (db, now):
            duty.act(db, self.lot, now, result)

    def open(self):
        self.do("lot.check_releases")
        self.do("lot.open")
        return self

    def state(self):
        with snapshot() as db:
            return queries.lot_by_code(db, self.lot).state

    def outcomes(self):
        with snapshot() as db:
            lot = queries.lot_by_code(db, self.lot)
            return {o.bid.receipt: o for o in queries.opened_bids(db, lot.id)}


def suspended(hall):
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        suspension.suspend_lot(db, hall.lot, actor="regulator", data={}, now=now)


def resumed(hall):
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        suspension.resume_lot(db, hall.lot, actor="regulator", data={}, now=now)


def terminated(hall):
    with transaction(lock=[f"lot:{hall.lot}"]) as (db, now):
        termination.terminate_lot(db, viewer("agent"), hall.lot, ground="重大变故", now=now)
