"""What a log may lie about in an opening or an evaluation, though the platform signed it."""

import json

import pyrage

from evidence.rules.streams import canonical


def data(facts, kind, stream="", number=0):
    """The data of this fact of that kind, to be changed."""
    return fact(facts, kind, stream, number)["data"]


def fact(facts, kind, stream="", number=0):
    found = [
        each
        for name, rows in facts.items()
        if name.startswith(stream)
        for each in rows
        if each["kind"] == kind
    ]
    return found[number]


def drop(facts, kind):
    for rows in facts.values():
        rows[:] = [each for each in rows if each["kind"] != kind]


def statement(facts, kind, **changes):
    """The signed text says something else; its signature stays."""
    told = data(facts, kind)
    told["statement"] = canonical(json.loads(told["statement"]) | changes).decode()


def row_with_another_price(facts):
    data(facts, "lot.opened")["table"][0]["price_fen"] = 1


def bidder_with_another_price(facts):
    data(facts, "bid.opened")["price_fen"] = 1


def row_left_out(facts):
    data(facts, "lot.opened")["table"].pop()


def row_of_a_stranger(facts):
    data(facts, "lot.opened")["table"][-1]["bidder"] = "91350100MA00000001"


def table_without_bidders(facts):
    data(facts, "lot.opened")["table"] = [1]


def key_of_another_lot(facts):
    statement(facts, "opening_key.registered", lot="TD0000000000-01")


def key_published_early(facts):
    rows = next(rows for name, rows in facts.items() if name.endswith("-01"))
    kinds = [each["kind"] for each in rows]
    first, second = kinds.index("lot.window_ended"), kinds.index("opening_key.published")
    rows[first], rows[second] = rows[second], rows[first]
    rows[first]["at"], rows[second]["at"] = rows[second]["at"], rows[first]["at"]


def key_that_opens_something_else(facts):
    identity = str(pyrage.x25519.Identity.generate())
    data(facts, "opening_key.published")["identity"] = identity


def key_with_a_slip(facts):
    told = data(facts, "opening_key.published")
    told["identity"] = told["identity"][:-1] + ("Q" if told["identity"][-1] != "Q" else "P")


def release_signed_by_nobody(facts):
    data(facts, "bid.released")["signature"] = data(facts, "bid.submitted")["signature"]


def release_of_another_bid(facts):
    statement(facts, "bid.released", receipt="RC0000000000")


def release_before_the_close(facts):
    released = fact(facts, "bid.released")
    released["at"] = fact(facts, "bid.submitted")["at"]


def nonce_that_was_not_committed(facts):
    data(facts, "draw.nonce_revealed")["nonce"] = "00" * 32


def seed_of_something_else(facts):
    data(facts, "draw.seeded")["seed"] = "00" * 32


def seed_of_another_list(facts):
    data(facts, "draw.frozen")["sha256"] = "00" * 32


def draw_without_round(facts):
    del data(facts, "draw.frozen")["round"]


def commitment_of_another_meeting(facts):
    statement(facts, "meeting.commitment_signed", meeting="MT0000000000")


def commitment_signed_twice(facts):
    told = data(facts, "meeting.commitment_signed", number=1)
    told |= data(facts, "meeting.commitment_signed")


def commitment_by_somebody_else(facts):
    signed = fact(facts, "meeting.commitment_signed")
    signed["actor"] = fact(facts, "meeting.commitment_signed", number=1)["actor"]


def chair_without_votes(facts):
    drop(facts, "meeting.chair_voted")


def chair_of_a_minority(facts):
    data(facts, "meeting.chair_elected")["votes"] = {"EX0000000000": 5}


def member_put_out_later(facts):
    data(facts, "meeting.convened")["members"].pop()


def sheet_signed_by_another(facts):
    first, second = (data(facts, "score_sheet.committed", number=n) for n in (0, 1))
    first["signature"] = second["signature"]


def sheet_of_another_lot(facts):
    statement(facts, "score_sheet.committed", meeting="MT0000000000")


def sheet_with_another_digest(facts):
    data(facts, "score_sheet.committed")["sheet_sha256"] = "00" * 32


def sheet_changed_without_a_reason(facts):
    data(facts, "score_sheet.changed")["reason"] = ""


def sheet_left_out(facts):
    drop(facts, "score_sheet.changed")


def sheet_changed_after_the_lock(facts):
    rows = facts[next(name for name in facts if name.startswith("meeting:"))]
    changed = next(each for each in rows if each["kind"] == "score_sheet.changed")
    rows.remove(changed)
    lock = next(n for n, each in enumerate(rows) if each["kind"] == "meeting.locked")
    changed["at"] = rows[lock]["at"]
    rows.insert(lock + 1, changed)


def locked_sheets_of_other_digests(facts):
    data(facts, "meeting.locked")["sheets"][0]["sheet_sha256"] = "00" * 32


def locked_sheets_without_one(facts):
    data(facts, "meeting.locked")["sheets"].pop()


def locked_sheets_unreadable(facts):
    data(facts, "meeting.locked")["sheets"] = None


def ranked_without_a_lock(facts):
    drop(facts, "meeting.locked")


def ranking_of_another_digest(facts):
    data(facts, "meeting.ranked")["sha256"] = "00" * 32


def blind_map_of_another_bid(facts):
    bids = data(facts, "meeting.bids_blinded")["bids"]
    bids[min(bids)] = "RC0000000000"


def blind_map_unreadable(facts):
    data(facts, "meeting.bids_blinded")["bids"] = []


def meeting_of_another_lot(facts):
    for name, rows in facts.items():
        for each in rows:
            if name.startswith("meeting:") and "lot" in each["data"]:
                each["data"]["lot"] = "TD0000000000-01"


def meeting_of_two_lots(facts):
    data(facts, "meeting.convened")["lot"] = "TD0000000000-01"


LIES = [
    (row_with_another_price, "opening.row"),
    (bidder_with_another_price, "opening.row"),
    (row_left_out, "opening.count"),
    (row_of_a_stranger, "opening.table"),
    (table_without_bidders, "opening.table"),
    (key_of_another_lot, "opening_key.addressed_elsewhere"),
    (key_of_another_lot, "opening_key.signature"),
    (key_published_early, "opening_key.too_early"),
    (key_that_opens_something_else, "opening_key.wrong_half"),
    (key_with_a_slip, "opening_key.unreadable"),
    (release_signed_by_nobody, "release.signature"),
    (release_of_another_bid, "release.addressed_elsewhere"),
    (release_before_the_close, "release.too_early"),
    (nonce_that_was_not_committed, "draw.nonce"),
    (seed_of_something_else, "draw.seed"),
    (seed_of_another_list, "draw.seed"),
    (draw_without_round, "draw.fields"),
    (commitment_of_another_meeting, "commitment.addressed_elsewhere"),
    (commitment_signed_twice, "commitment.twice"),
    (commitment_by_somebody_else, "commitment.key"),
    (commitment_by_somebody_else, "meeting.other_person"),
    (chair_without_votes, "meeting.chair"),
    (chair_of_a_minority, "meeting.chair"),
    (member_put_out_later, "meeting.not_a_member"),
    (sheet_signed_by_another, "sheet.signature"),
    (sheet_of_another_lot, "sheet.addressed_elsewhere"),
    (sheet_with_another_digest, "sheet.addressed_elsewhere"),
    (sheet_changed_without_a_reason, "sheet.reason"),
    (sheet_left_out, "sheet.not_the_last"),
    (sheet_changed_after_the_lock, "sheet.after_the_lock"),
    (locked_sheets_of_other_digests, "sheet.other_digest"),
    (locked_sheets_without_one, "sheet.not_the_last"),
    (locked_sheets_unreadable, "meeting.fields"),
    (ranked_without_a_lock, "evaluation.not_locked"),
    (ranking_of_another_digest, "evaluation.other_digest"),
    (blind_map_of_another_bid, "blind.bids"),
    (blind_map_unreadable, "blind.fields"),
    (meeting_of_another_lot, "evaluation.other_lot"),
    (meeting_of_two_lots, "evaluation.other_lot"),
]
