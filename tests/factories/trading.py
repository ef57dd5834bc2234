"""Tenders and sealed bids, made through the same actions that people use."""

import hashlib
import io
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

import pyrage
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from evidence.rules.sealing import HEADER_BYTES, PART_BYTES
from evidence.rules.streams import canonical
from identity.actions import credentials
from identity.states import OrganisationKind, Role
from storage.database import snapshot, transaction
from storage.subjects import REAL_CLOCK, move_clock
from tests.factories.identity import CODES, make_organisation, make_person, viewer
from trading import queries
from trading.actions import bidding, tendering
from trading.rules import bidding as rules
from trading.rules.limits import PROFILES
from trading.rules.tendering import LotTerms, earliest_deadline
from trading.states import Category, Regime

# A new tender as a page's form sends it, still without a method.
TENDER_FORM = {
    "tender_name": "临江大桥维修工程",
    "category": "works",
    "procuring_entity": CODES[1],
    "rehearsal_from": "2026-09-01T10:00",
    "lot_name": "第一标段",
    "estimate": "11,000,000.00",
    "ceiling": "12000000",
    "guarantee": "200000",
}
NOTICE = {name: "内容" for profile in PROFILES for name in profile.notice_fields}
TERMS = LotTerms(
    estimate_fen=3_000_000_000,
    ceiling_fen=3_200_000_000,
    guarantee_fen=60_000_000,
    validity_days=90,
    window_minutes=30,
    correction_minutes=5,
)


def any_method(*_):
    """Trading's own tests freeze no method: evaluation's factory puts one in."""


def make_cast(bidders=3):
    """An agency, a procuring entity and bidders; returns the bidders' sign-in names."""
    make_organisation(CODES[0], "临江招标代理有限公司", OrganisationKind.AGENCY)
    make_organisation(CODES[1], "临江市建设局", OrganisationKind.PROCURING_ENTITY)
    make_person("agent", CODES[0], Role.AGENT)
    names = [f"bidder{number}" for number in range(1, bidders + 1)]
    for number, name in enumerate(names, 10):
        make_organisation(CODES[number], f"临江建设{number}有限公司", OrganisationKind.BIDDER)
        make_person(name, CODES[number], Role.BIDDER)
    return names


def make_tender(
    *, regime=Regime.CONSTRUCTION, lots=1, terms=TERMS, rehearsal_from=None, agent="agent"
):
    """Code of a registered tender."""
    who, code = viewer(agent), tendering.new_tender_code()
    clock = f"tender:{code}" if rehearsal_from else REAL_CLOCK
    codes = tendering.lot_codes(code, lots)
    subjects = [f"organisation:{who.organisation}", f"tender:{code}", *(f"lot:{c}" for c in codes)]
    start = (clock, rehearsal_from) if rehearsal_from else None
    drafts = [tendering.LotDraft(f"第{number}标段", terms, {}) for number in range(1, lots + 1)]
    with transaction(lock=subjects, new_clock=start) as (db, now):
        tendering.register_tender(
            db,
            who,
            code=code,
            regime=regime,
            category=Category.WORKS,
            name="临江大桥维修工程",
            procuring_entity=CODES[1],
            lots=drafts,
            clock=clock,
            check_method=any_method,
            now=now,
        )
    return code


def publish(tender, *, deadline=None, notice=NOTICE, agent="agent"):
    """Publish with the earliest lawful deadline, or this one; returns the deadline."""
    with snapshot() as db:
        found = queries.tender_by_code(db, tender)
        subjects = [f"tender:{tender}", *(f"lot:{lot.code}" for lot in found.lots)]
        regime = found.regime
    with transaction(lock=subjects) as (db, now):
        deadline = deadline or earliest_deadline(regime, now)
        tendering.publish_tender(
            db, viewer(agent), tender, notice=notice, deadline=deadline, now=now
        )
    return deadline


def make_open_lot(*, start, **kwargs):
    """Code of a lot that receives bids, in a rehearsal whose clock starts here."""
    tender = make_tender(rehearsal_from=start, **kwargs)
    publish(tender)
    return f"{tender}-01"


def move_to(lot, instant):
    """Let a rehearsal's clock stand at this instant (a little after, as time goes on)."""
    with transaction(lock=[f"lot:{lot}"]) as (db, now):
        clock = queries.lot_by_code(db, lot).tender.clock
        move_clock(db, clock, instant - now if instant > now else timedelta(0))


@dataclass
class Bidder:
    """One bidder with a signing key; keeps what a bidder keeps."""

    username: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    identities: dict = field(default_factory=dict)

    def enrol(self):
        spki = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        who = viewer(self.username)
        message = b"zhaobiao-key-proof/v1\n" + who.code.encode() + b"\n" + spki
        with transaction(lock=[f"person:{who.code}"]) as (db, now):
            credentials.enrol_statement_key(db, who, spki=spki, proof=self.sign(message), now=now)
        return self

    def sign(self, message):
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))

    def seal(self, plaintext=b"price: 1"):
        identity_key = pyrage.x25519.Identity.generate()
        sealed = pyrage.encrypt(plaintext, [identity_key.to_public()])
        self.identities[str(identity_key.to_public())] = str(identity_key)
        return str(identity_key.to_public()), sealed

    def upload(self, lot, sealed, vault):
        who = viewer(self.username)
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            upload = bidding.begin_upload(db, who, lot, len(sealed), now)
        for offset in range(0, len(sealed), PART_BYTES):
            digest, length = vault.put(
                io.BytesIO(sealed[offset : offset + PART_BYTES]), limit=PART_BYTES
            )
            with transaction() as (db, _):
                bidding.add_part(db, who, upload.code, offset=offset, digest=digest, length=length)
        return upload.code

    def statement(self, lot, seal, sealed, **changes):
        who = viewer(self.username)
        parts = [sealed[at : at + PART_BYTES] for at in range(0, len(sealed), PART_BYTES)]
        return {
            "type": rules.STATEMENT_TYPE,
            "tender": lot.rpartition("-")[0],
            "lot": lot,
            "bidder": who.organisation,
            "envelopes": [
                {
                    "name": "bid",
                    "seal": seal,
                    "bytes": len(sealed),
                    "parts_sha256": [hashlib.sha256(part).hexdigest() for part in parts],
                    "manifest_sha256": hashlib.sha256(b"manifest").hexdigest(),
                }
            ],
            "escrow_sha256": None,
            "replaces": None,
            "nonce": secrets.token_hex(16),
        } | changes

    def submit(self, lot, vault, *, plaintext=b"price: 1", **changes):
        """Seal, upload and submit; returns (bid, fact)."""
        seal, sealed = self.seal(plaintext)
        upload = self.upload(lot, sealed, vault)
        return self.hand_in(lot, self.statement(lot, seal, sealed, **changes), upload, sealed)

    def hand_in(self, lot, statement, upload, sealed, *, signature=None):
        parsed = rules.parse_statement(statement)
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            return bidding.submit_bid(
                db,
                viewer(self.username),
                parsed,
                lot_code=lot,
                signature=signature or self.sign(canonical(statement)),
                uploads={"bid": upload},
                starts={"bid": sealed[:HEADER_BYTES]},
                now=now,
            )

    def withdraw(self, lot, receipt):
        who = viewer(self.username)
        statement = {
            "type": rules.WITHDRAWAL_TYPE,
            "tender": lot.rpartition("-")[0],
            "lot": lot,
            "bidder": who.organisation,
            "receipt": receipt,
            "nonce": secrets.token_hex(16),
        }
        with transaction(lock=[f"lot:{lot}"]) as (db, now):
            return bidding.withdraw_bid(
                db,
                who,
                rules.parse_withdrawal(statement),
                lot_code=lot,
                signature=self.sign(canonical(statement)),
                now=now,
            )
