"""A platform that wrote a lie into its log from the start, with all its keys, is refused."""

import json
from datetime import datetime

import pytest

from storage.columns import instant_text
from tests.factories import bundles as made
from tests.verifier.altering import altered_lines, codes

pytestmark = pytest.mark.attack("bundles")


def test_a_bidder_without_the_last_fact_does_not_fit_the_close(honest, judged):
    drop = altered_lines(honest.members, honest.bid_file, lambda lines: lines[:-1])

    assert codes(judged(made.packed(drop))) == {"close.root"}


def test_a_bidder_who_is_left_out_does_not_fit_the_close(honest, judged):
    facts = made.facts_in(honest.members)
    del facts[honest.bid_stream]

    assert codes(judged(made.packed(made.relogged(honest.members, facts)))) == {"close.root"}


def test_the_same_facts_in_another_tree_are_valid(honest, judged):
    members = made.relogged(honest.members, made.facts_in(honest.members))

    findings = judged(made.packed(members))

    assert (findings.verdict, findings.problems) == ("valid", [])


def previous_broken(facts, lot, bid):
    facts[lot][1]["prev"] = "00" * 32


def time_going_back(facts, lot, bid):
    facts[lot][1]["at"] = "2026-08-01T00:00:00.000000Z"


def time_without_zone(facts, lot, bid):
    facts[lot][0]["at"] = "2026-08-01T00:00:00.000000"


def close_count_changed(facts, lot, bid):
    facts[lot][-1]["data"]["count"] += 1


def close_root_changed(facts, lot, bid):
    facts[lot][-1]["data"]["root"] = "00" * 32


def closed_early(facts, lot, bid):
    facts[lot][-1]["at"] = facts[lot][-2]["at"]


def bid_at_the_deadline(facts, lot, bid):
    deadline = datetime.fromisoformat(facts[lot][1]["data"]["deadline"])
    facts[bid][-1]["at"] = instant_text(deadline)


def signature_of_another(facts, lot, bid):
    first, second = facts[bid][0]["data"], facts[bid][1]["data"]
    first["signature"], second["signature"] = second["signature"], first["signature"]


def statement_altered(facts, lot, bid):
    data = facts[bid][0]["data"]
    data["statement"] = data["statement"].replace('"bytes":', '"bytes":1')


def key_unknown(facts, lot, bid):
    facts[bid][0]["data"]["key"] = "KY0000000000"


def key_of_somebody_else(facts, lot, bid):
    facts[bid][0]["actor"] = "somebody else"


def close_without_count(facts, lot, bid):
    del facts[lot][-1]["data"]["count"]


def replaces_nothing(facts, lot, bid):
    del facts[bid][0]


def number_left_out(facts, lot, bid):
    facts[lot][1]["seq"] += 1


def seal_of_another(facts, lot, bid):
    others = [facts[name] for name in facts if name.startswith(f"{lot}/") and name != bid]
    theirs = json.loads(others[-1][-1]["data"]["statement"])["envelopes"][0]["seal"]
    data = facts[bid][-1]["data"]
    mine = json.loads(data["statement"])["envelopes"][0]["seal"]
    data["statement"] = data["statement"].replace(mine, theirs)


@pytest.mark.parametrize(
    ("lie", "chain", "code"),
    [
        (previous_broken, False, "chain.previous"),
        (number_left_out, False, "chain.number"),
        (time_going_back, True, "chain.time"),
        (time_without_zone, True, "fact.time"),
        (close_count_changed, True, "close.root"),
        (close_root_changed, True, "close.root"),
        (closed_early, True, "close.too_early"),
        (bid_at_the_deadline, True, "bid.too_late"),
        (signature_of_another, True, "bid.signature"),
        (statement_altered, True, "bid.signature"),
        (replaces_nothing, True, "bid.wrong_turn"),
        (key_unknown, True, "bid.key"),
        (key_of_somebody_else, True, "bid.key"),
        (close_without_count, True, "close.fields"),
        (seal_of_another, True, "bid.same_seal"),
    ],
)
def test_a_log_that_lies_from_the_start_is_refused(honest, judged, lie, chain, code):
    facts = made.facts_in(honest.members)
    lie(facts, f"lot:{honest.played.lot}", honest.bid_stream)

    findings = judged(made.packed(made.relogged(honest.members, facts, chain=chain)))

    assert findings.verdict == "invalid"
    assert code in codes(findings)
