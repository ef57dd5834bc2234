"""A valid account with somebody else's code: in the address, in the body, or each with another.

Whoever it is holds the right role and signs with an own key: only the thing is not theirs.
"""

import base64
import hashlib
import json
import secrets

import pyrage
import pytest

from evidence.rules.sealing import PART_BYTES
from evidence.rules.streams import canonical
from identity import queries
from storage.database import snapshot
from tests.factories.identity import PASSWORD as OWN
from tests.factories.identity import viewer
from tests.factories.letters import letters_to
from tests.factories.papers import PIN
from tests.factories.walk import NOBODY
from trading.rules import bidding, opening

pytestmark = pytest.mark.attack("permissions")


def signed(who, statement, **more):
    signature = base64.b64encode(who.sign(canonical(statement))).decode()
    return {"statement": statement, "signature": signature, **more}


def post(path, body=None, method="POST"):
    return {"method": method, "path": path, "json": body or {}}


def bid(walk, known, *, by, upload, at="lot", **changes):
    """A submission by this bidder, its parts as uploaded, handed in at a lot."""
    who = walk.bidders[by]
    statement = who.statement(known["lot"], walk.seal, walk.sealed) | changes
    return post(f"/api/v1/lots/{known[at]}/bids", signed(who, statement, uploads={"bid": upload}))


def withdrawal(walk, known, *, by, receipt, lot, at="lot"):
    who = walk.bidders[by]
    statement = {
        "type": bidding.WITHDRAWAL_TYPE,
        "tender": known["tender"],
        "lot": lot,
        "bidder": viewer(who.username).organisation,
        "receipt": receipt,
        "nonce": secrets.token_hex(16),
    }
    return post(f"/api/v1/lots/{known[at]}/withdrawal", signed(who, statement))


def release(walk, *, by, path, receipt):
    who = walk.bidders[by]
    blob = pyrage.encrypt(json.dumps({}).encode(), [walk.one.hall.identity.to_public()])
    sealed = hashlib.sha256(blob).hexdigest()
    statement = {"type": opening.RELEASE_TYPE, "receipt": receipt, "release_sha256": sealed}
    body = signed(who, statement, release=base64.b64encode(blob).decode())
    return post(f"/api/v1/bids/{path}/release", body)


def sheet(walk, known, *, by, **changes):
    """A sheet that this expert signs, which says it is of another."""
    content = walk.one.sheet()
    stated, salt = walk.one.statement(known["expert"], content, version=1, **changes)
    more = {"sheet": content, "salt": salt.hex(), "reason": ""}
    return post(f"/api/v1/meetings/{known['meeting']}/sheet", signed(by, stated, **more))


def bids_of_others(walk, known):
    """While bids are taken: uploads, receipts and orders of rivals and of the other lot."""
    rival = viewer("bidder2").organisation
    # Whose whole upload it is: bidder5's. Nothing of it can be used by another or elsewhere.
    yield "bidder6", bid(walk, known, by=5, upload=known["upload"]), "upload.not_found"
    yield "bidder5", bid(walk, known, by=4, upload=known["upload2"]), "upload.other_lot"
    yield (
        "bidder5",
        bid(walk, known, by=4, upload=known["upload"], bidder=rival),
        "statement.addressed_elsewhere",
    )
    yield (
        "bidder5",
        bid(walk, known, by=4, upload=known["upload"], at="lot2"),
        "statement.addressed_elsewhere",
    )
    yield (
        "bidder5",
        bid(walk, known, by=4, upload=known["upload"], replaces=known["rival"]),
        "bid.wrong_replacement",
    )
    part = {"method": "PUT", "path": f"/api/v1/uploads/{known['begun']}?offset=0"}
    yield "bidder2", {**part, "data": walk.sealed[:PART_BYTES]}, "upload.not_found"
    lot, lot2 = known["lot"], known["lot2"]
    yield (
        "bidder1",
        withdrawal(walk, known, by=0, receipt=known["rival"], lot=lot),
        "receipt.not_found",
    )
    yield (
        "bidder6",
        withdrawal(walk, known, by=5, receipt=known["receipt2"], lot=lot),
        "bid.other_lot",
    )
    yield (
        "bidder6",
        withdrawal(walk, known, by=5, receipt=known["receipt2"], lot=lot2),
        "statement.addressed_elsewhere",
    )
    own = {"issuer": viewer("bidder1").organisation, "code": "ab" * 32}
    yield "bidder5", post(f"/api/v1/lots/{lot}/guarantee-orders", own), "guarantee.not_an_issuer"
    order = f"/api/v1/guarantee-orders/{known['issued']}/document"
    yield "bidder2", {"method": "GET", "path": order}, "guarantee.not_found"
    yield "agent", {"method": "GET", "path": order}, "guarantee.not_found"
    yield "regulator", {"method": "GET", "path": order}, "guarantee.not_found"


def documents_of_others(walk, known):
    """Through one's own tender to the child of another."""
    remove = f"/run/tenders/{known['foreign']}/documents/{known['document']}/removal"
    yield "agent2", {"method": "POST", "path": remove}, "document.not_found"
    show = f"/tenders/{known['foreign']}/documents/{known['document']}"
    yield "agent2", {"method": "GET", "path": show}, "document.not_found"


def releases_of_others(walk, known):
    mine, rival = known["receipt"], known["rival"]
    yield "bidder1", release(walk, by=0, path=rival, receipt=rival), "receipt.not_found"
    yield "bidder1", release(walk, by=0, path=mine, receipt=rival), "receipt.not_found"
    yield "bidder1", release(walk, by=0, path=rival, receipt=mine), "receipt.not_found"
    wrong = {"identity": str(walk.one.hall.identity)}
    key = f"/api/v1/opening-keys/{known['key']}/publication"
    yield "witness2", post(key, wrong), "opening_key.not_found"


def sheets_of_others(walk, known):
    keys, expert = walk.one.keys, known["expert"]
    other = next(code for code in keys if code != expert)
    room = f"/api/v1/meetings/{known['meeting']}"
    yield "member", sheet(walk, known, by=keys[expert], expert=other), "sheet.not_yours"
    yield (
        "member",
        sheet(walk, known, by=keys[expert], meeting=known["meeting2"]),
        "sheet.not_yours",
    )
    yield "member", sheet(walk, known, by=keys[other]), "statement.signature"
    yield "member", post(f"{room}/bids/{known['bid2']}/files", method="GET"), "bid.not_found"
    elsewhere = f"/api/v1/meetings/{known['meeting2']}"
    yield "member", post(f"{elsewhere}/sheets/reveal"), "meeting.not_found"
    yield "member", post(f"{elsewhere}/bids/{known['bid2']}/files", method="GET"), NOT_THERE
    vote = f"{elsewhere}/chair-vote"
    yield "member", post(vote, {"choice": known["expert2"]}), NOT_THERE


NOT_THERE = "meeting.not_found"


def votes_for_others(walk, known):
    vote = f"/api/v1/meetings/{known['meeting']}/chair-vote"
    yield "member", post(vote, {"choice": known["expert2"]}), "chair.not_a_member"
    yield "member", post(vote, {"choice": NOBODY}), "chair.not_a_member"


def papers_of_others(walk, known):
    paper, order = known["paper"], known["order_paper"]
    sign = f"/api/v1/papers/{paper}/signature"
    yield "banker", post(sign, {"pin": PIN}), "paper.not_found"
    yield "member2", post(sign, {"pin": PIN}), "paper.not_found"
    yield "chair", post(f"/api/v1/papers/{order}/turn"), "paper.not_found"
    yield "colleague", post(sign, {"pin": PIN}), "paper.not_prepared"


def awards_to_others(walk, known):
    award = f"/api/v1/lots/{known['lot']}/award"
    yield "officer", post(award, {"receipt": known["receipt2"]}), "award.not_a_candidate"
    yield "officer", post(award, {"receipt": NOBODY}), "award.not_a_candidate"


def things_of_others(walk, known):
    """What a person has: letters, keys, sign-ins, papers, drafts."""
    letter = letters_to("bidder1")[0].code
    yield "bidder2", {"method": "GET", "path": f"/inbox/{letter}"}, "letter.not_found"
    key = next(iter(_keys_of("bidder1")))
    yield "bidder2", {"method": "GET", "path": f"/account/keys/{key}"}, "key.not_found"
    revoke = {"method": "POST", "path": f"/account/keys/{key}/revoke"}
    yield "bidder2", revoke | {"data": {"confirm": "yes", "password": OWN}}, "key.not_found"
    digest = hashlib.sha256(known["tokens"]["bidder1"].encode()).hexdigest()
    end = {"method": "POST", "path": f"/account/sign-ins/programs/{digest}/end"}
    yield "bidder2", end, "account.no_such_sign_in"


def _keys_of(username):
    with snapshot() as db:
        return [key.code for key in queries.keys_of(db, viewer(username).code)]


ATTACKS = {
    "registered": documents_of_others,
    "bidding": bids_of_others,
    "releasing": releases_of_others,
    "electing": votes_for_others,
    "scoring": sheets_of_others,
    "turn_prepared": papers_of_others,
    "publicity_over": awards_to_others,
    "awarded": things_of_others,
}


@pytest.mark.parametrize("stage", ATTACKS)
def test_a_code_of_somebody_else_opens_nothing(town, tried, stage):
    trial, wrong = town.trial, []
    known = trial.at(stage)
    for who, request, code in ATTACKS[stage](town.walk, known):
        answer = trial.code(request, known["tokens"][known.get(who, who)])
        if answer != code or trial.changed():
            wrong.append((who, request["path"], answer, code, trial.changed()))
        if not trial.is_untouched():
            trial.at(stage)
        tried()

    assert wrong == []
