"""What a bidder of the city does: seal and submit a small bid, withdraw it, release its key.

Real age files under real keys, as the command-line client makes them; what is kept in the key
folder is what the client keeps, so that a bidder can go on with it by hand.
"""

import hashlib
import io
import json
import secrets
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pyrage

from client.bidder import Form, pack
from demo import words
from demo.play import Play
from evidence.actions.receipts import receipt_of
from evidence.rules.sealing import HEADER_BYTES
from storage.database import snapshot
from storage.keys import signing_key
from trading import queries
from trading.actions import bidding, opening
from trading.rules import bidding as rules
from trading.rules import opening as opening_rules


def submit(play: Play, bidder: str, *, replaces: str | None = None) -> None:
    """Seal, store and submit a small bid as the client does; the receipt stays with its key."""
    keys, who = play.stage.keys(bidder), play.stage.who(bidder)
    version = 2 if replaces else 1
    seal = keys.new_seal()
    sealed, manifest = _sealed(play, bidder, seal, version)
    digest, size = play.stage.workshop.vault.put(io.BytesIO(sealed), limit=len(sealed))
    envelope = {
        "name": "bid",
        "seal": seal,
        "bytes": size,
        "parts_sha256": [digest],
        "manifest_sha256": manifest,
    }
    statement = _statement(play, bidder, rules.STATEMENT_TYPE) | {
        "envelopes": [envelope],
        "escrow_sha256": None,
        "replaces": replaces,
    }
    signature = play.stage.sign(bidder, statement)

    def work(db: Any, now: datetime) -> Any:
        upload = bidding.begin_upload(db, who, play.lot, size, now)
        db.flush()  # its part is looked up by its code
        bidding.add_part(db, who, upload.code, offset=0, digest=digest, length=size)
        return bidding.submit_bid(
            db,
            who,
            rules.parse_statement(statement),
            lot_code=play.lot,
            signature=signature,
            uploads={"bid": upload.code},
            starts={"bid": sealed[:HEADER_BYTES]},
            now=now,
        )

    play.stage.do(play.lock, work)
    kept_receipt(play, bidder)


def kept_receipt(play: Play, bidder: str) -> dict[str, Any]:
    """The note of the standing bid, as the client keeps it; made here if a kill prevented it."""
    keys, name = play.stage.keys(bidder), f"receipt-{play.lot}"
    receipt = receipts(play, bidder)[-1]
    if not keys.has(name) or keys.recall(name)["receipt"]["code"] != receipt:
        key = signing_key(play.stage.settings.keys, "receipt")
        with snapshot() as db:
            bid = queries.bid_by_receipt(db, receipt, play.stage.who(bidder).organisation)
            fact = queries.submission_fact(db, receipt)
            assert fact is not None  # noqa: S101 (recorded with the bid)
            seal = json.loads(bid.statement)["envelopes"][0]["seal"]
            kept = {"receipt": receipt_of(fact, receipt, key), "seals": {"bid": seal}}
        keys.remember(name, kept)
    note: dict[str, Any] = keys.recall(name)
    return note


def _sealed(play: Play, bidder: str, seal: str, version: int) -> tuple[bytes, str]:
    """The sealed envelope, and the digest of its manifest."""
    preimage = None
    if play.plan.guarantee:
        preimage = _preimage(play, bidder)
    rng = play.stage.rng(play.plan.key, bidder, version)
    price_fen = play.found().ceiling_fen * rng.randint(8300, 9500) // 10000
    form = Form(f"{price_fen // 100}.{price_fen % 100:02d}", rng.randint(90, 240), "合格")
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        chance = play.stage.rng(play.plan.key, bidder, "words")
        files = words.bid_files(play.plan, chance, Path(folder))
        manifest = pack(buffer, form, files, guarantee=preimage)
    recipient = pyrage.x25519.Recipient.from_str(seal)
    return pyrage.encrypt(buffer.getvalue(), [recipient]), manifest


def _preimage(play: Play, bidder: str) -> dict[str, str] | None:
    """What the manifest says of the issued guarantee; None where there is none."""
    keys, name = play.stage.keys(bidder), f"guarantee-{play.lot}"
    with snapshot() as db:
        lot = queries.lot_by_code(db, play.lot)
        mine = queries.guarantees_of(db, lot.id, play.stage.who(bidder).organisation)
        issued = next((each for each in mine if each.sha256), None)
        if issued is None or not keys.has(name):
            return None
        kept = keys.recall(name)
        return {
            "order": issued.code,
            "salt": kept["salt"],
            "deadline": kept["named"]["deadline"],
            "sha256": issued.sha256 or "",
        }


def withdraw(play: Play, bidder: str) -> None:
    """Take the standing bid back."""
    receipt = receipts(play, bidder)[-1]
    statement = _statement(play, bidder, rules.WITHDRAWAL_TYPE) | {"receipt": receipt}
    play.act(
        bidding.withdraw_bid,
        bidder,
        rules.parse_withdrawal(statement),
        lot_code=play.lot,
        signature=play.stage.sign(bidder, statement),
    )


def release(play: Play, bidder: str) -> None:
    """Release the standing bid's key to the opening keys; a wrong one where that is the plan."""
    keys = play.stage.keys(bidder)
    kept = kept_receipt(play, bidder)
    seal = keys.new_seal() if bidder in play.plan.wrong else kept["seals"]["bid"]
    with snapshot() as db:
        found = queries.opening_keys(db, queries.lot_by_code(db, play.lot).id)
        recipients = [pyrage.x25519.Recipient.from_str(key.recipient) for key in found]
    blob = pyrage.encrypt(json.dumps({"bid": keys.identity_of(seal)}).encode(), recipients)
    statement = {
        "type": opening_rules.RELEASE_TYPE,
        "receipt": kept["receipt"]["code"],
        "release_sha256": hashlib.sha256(blob).hexdigest(),
    }
    play.act(
        opening.release_bid,
        bidder,
        opening_rules.parse_release(statement),
        blob=blob,
        signature=play.stage.sign(bidder, statement),
    )


def _statement(play: Play, bidder: str, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "tender": play.tender,
        "lot": play.lot,
        "bidder": play.stage.who(bidder).organisation,
        "nonce": secrets.token_hex(16),
    }


def has_bid(play: Play, bidder: str) -> bool:
    """Whether a submission of this bidder stands."""
    who = play.stage.who(bidder)
    with snapshot() as db:
        standing = queries.standing_bids(db, queries.lot_by_code(db, play.lot).id)
        return who.organisation in {each.bidder.credit_code for each in standing}


def receipts(play: Play, bidder: str) -> list[str]:
    """Receipts of this bidder for the lot, oldest first."""
    who = play.stage.who(bidder)
    with snapshot() as db:
        lot = queries.lot_by_code(db, play.lot)
        return [each.receipt for each in queries.bids_of(db, lot.id, who.organisation)]
