"""What the verifier makes again is what the platform made: prices, ranks, draws; lies are told.

The two share no code. Here they are given the same figures, and must come to the same.
"""

import hashlib
import json
import random
import subprocess
import sys
from fractions import Fraction

import pytest

from evaluation.rules import draw as platform_draw
from evaluation.rules.price import parse_bids, parse_rule, score_prices
from evidence.rules.checkpoints import checkpoint_text, note, signature_line
from evidence.rules.sealing import close_root
from evidence.rules.tree import root_of
from kernel.errors import Refusal
from tests.factories import bundles as made
from tests.verifier.conftest import ROOT
from tests.verifier.test_recompute_ranking import METHODS, evaluation_of
from verifier import drawing, history, prices, recompute, sealed, signatures
from verifier.canonical import canonical
from verifier.findings import EXITS, Broken, Findings

CITIES, SPECIALITIES = ("临江", "江北", None), ("道路", "结构", None)
CEILING = {"kind": "times", "value": {"kind": "ceiling"}, "factor": "0.95"}
MEAN = {"kind": "mean", "trimming": [{"up_to": 4}, {"highest": 1, "lowest": 1}]}
BENCHMARKS = {
    "lowest": {"kind": "lowest"},
    "second lowest": {"kind": "second_lowest", "trimming": [{"up_to": 5}, {"lowest": 1}]},
    "highest": {"kind": "highest"},
    "trimmed mean": MEAN,
    "mean within bounds": {"kind": "mean", "not_below": {"kind": "lowest"}, "not_above": CEILING},
    "less three per cent": {"kind": "minus_percent", "value": MEAN, "percent": "3"},
    "composite": {"kind": "composite", "first": MEAN, "second": CEILING, "weight": "0.35"},
    "nearest": {"kind": "nearest", "to": MEAN},
    "nearest not above": {"kind": "nearest", "to": MEAN, "not_above": True},
    "given": {"kind": "given", "amount": "9800000.50", "rounding": 0},
}
SCORES = {
    "ratio": {"kind": "ratio", "full": "30"},
    "linear": {"kind": "linear", "full": "60", "above": "1", "below": "0.5"},
    "amounts": {"kind": "linear", "full": "40", "above": "2", "below": "1", "unit_amount": "7000"},
    "steps": {
        "kind": "steps",
        "bands": [
            {"up_to": "-2", "score": "20"},
            {"below": "1.5", "score": "30"},
            {"score": "5"},
        ],
    },
    "lines": {
        "kind": "lines",
        "points": [
            {"deviation": "-5", "score": "10"},
            {"deviation": "0", "score": "30"},
            {"deviation": "4", "score": "3"},
        ],
        "floor": "4",
        "cap": "29",
    },
}
ROUNDINGS = (
    {"score": 2},
    {"score": 1, "deviation": {"places": 0, "mode": "up"}},
    {"score": 3, "deviation": {"places": 1, "mode": "down"}, "evaluated_price": 0},
)
CHECKS = (
    [],
    [{"when": "above", "value": CEILING, "effect": "invalid", "why": "超过限价"}],
    [
        {"when": "below", "value": MEAN, "effect": "ask", "why": "须说明"},
        {"when": "at_or_below", "value": {"kind": "lowest"}, "effect": "invalid", "why": "最低"},
    ],
)


OUT = {"B1"}
"""Whom the committee rejected."""


def rules_of(benchmark, score):
    for rounding in ROUNDINGS:
        for checks in CHECKS:
            yield {
                "version": 1,
                "method": "score",
                "ceiling": "10500000",
                "validity": checks,
                "benchmark": benchmark,
                "score": score,
                "rounding": rounding,
            }


def again(rule, yuan):
    """What the verifier makes of it; the code where there are too few prices."""
    try:
        return prices.scores(rule, yuan, OUT)
    except Broken as fault:
        return fault.code


def platform_scores(rule, offered):
    """What the platform makes of it; the code where there are too few prices."""
    parsed = parse_rule(rule)
    listed = [
        {"bidder": bid, "price": f"{fen // 100}.{fen % 100:02d}"}
        | ({"excluded": "否决"} if bid in OUT else {})
        for bid, fen in offered.items()
    ]
    try:
        rows = score_prices(parsed, parse_bids(listed, parsed)).rows
    except Refusal as refusal:
        return refusal.code
    return {row.bidder: Fraction(row.score) for row in rows if row.score is not None}


@pytest.mark.parametrize("benchmark", BENCHMARKS)
@pytest.mark.parametrize("score", SCORES)
def test_price_scores_are_those_of_the_platform_for_every_kind_of_rule(benchmark, score):
    rng = random.Random(f"{benchmark}/{score}")
    for rule in rules_of(BENCHMARKS[benchmark], SCORES[score]):
        for count in (3, 5, 9):
            fens = [rng.randrange(850_000_000, 1_100_000_000) for _ in range(count)]
            offered = {f"B{number}": fen for number, fen in enumerate([*fens, fens[0]])}
            yuan = {bid: Fraction(fen, 100) for bid, fen in offered.items()}

            assert again(rule, yuan) == platform_scores(rule, offered)


@pytest.mark.parametrize(
    "more",
    [{"reference": "secret"}, {"drawn": {"K": ["0.5", "1"]}}, {"method": "lowest_price"}],
    ids=["secret reference", "drawn coefficient", "lowest price"],
)
def test_a_rule_that_no_tender_has_is_not_recomputed_rather_than_wrongly(more):
    rule = next(rules_of(BENCHMARKS["lowest"], SCORES["ratio"])) | more

    with pytest.raises(prices.Unsupported):
        prices.scores(rule, {"B0": Fraction(1)}, set())


def test_experts_drawn_again_are_those_that_the_platform_drew():
    rng = random.Random(7)
    drew = 0
    for _ in range(300):
        candidates = [
            platform_draw.Candidate(
                f"EX{number:010d}",
                rng.choice(CITIES[:2]),
                frozenset(rng.sample(SPECIALITIES[:2], rng.randint(1, 2))),
            )
            for number in range(rng.randint(5, 12))
        ]
        seats = [platform_draw.Seat(rng.choice(CITIES), rng.choice(SPECIALITIES)) for _ in range(5)]
        frozen = platform_draw.freeze_text(
            draw="DR0",
            lot="L",
            number=1,
            seats=dict(enumerate(seats)),
            candidates=candidates,
            excluded={},
        ).decode()
        nonces, value = [rng.randbytes(32) for _ in range(3)], json.loads(frozen)
        if platform_draw.seat_problems(candidates, seats):
            with pytest.raises(Broken):
                drawing.drawn(bytes(32), value["candidates"], value["seats"])
            continue
        seed, experts = platform_draw.replay(frozen, nonces)

        findings, drew = Findings(), drew + 1
        again = drawing.check_draw(findings, replay_of(frozen, nonces, seed), {})

        assert (again, findings.problems) == (list(experts.values()), [])
    assert drew > 50


def replay_of(frozen, nonces, seed):
    listed = [
        {"party": f"p{n}", "nonce": each.hex(), "commitment": hashlib.sha256(each).hexdigest()}
        for n, each in enumerate(nonces)
    ]
    return {"frozen": frozen, "nonces": listed, "seed": seed.hex()}


def listed(commitments, **changes):
    ordered = sorted(commitments)
    told = {
        "lot": "TD0000000000-01",
        "count": len(ordered),
        "root": close_root(ordered).hex(),
        "commitments": [each.hex() for each in ordered],
    }
    return told | changes


@pytest.mark.attack("bundles")
def test_a_sealed_set_with_a_bid_more_less_or_twice_is_seen(tried):
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(6)]
    honest = listed(leaves)
    more = [*honest["commitments"], "ff" * 32]
    cases = [
        honest | {"commitments": honest["commitments"][1:]},
        honest | {"commitments": more},
        honest | {"commitments": more, "count": 7},
        honest | {"commitments": honest["commitments"][::-1]},
        honest | {"commitments": [honest["commitments"][0], *honest["commitments"]], "count": 7},
        honest | {"count": 5},
    ]

    assert problems_of(honest) == []
    assert all(problems_of(case) for case in cases)
    tried(len(cases))


def problems_of(value):
    findings = Findings()
    sealed.check_sealed_set(findings, value, [], {})
    return findings.problems


@pytest.mark.attack("log")
def test_two_histories_of_one_log_are_told_apart():
    leaves = [hashlib.sha256(bytes([n])).digest() for n in range(7)]
    other = [*leaves[:3], bytes(32), *leaves[4:]]
    key = signatures.read_note_key(made.verifier_key())
    findings = Findings()

    history.check_history(findings, head_of(leaves[:4]), head_of(other), {"proof": []}, [key])

    assert {problem.code for problem in findings.problems} == {"tree.not_consistent"}
    assert findings.checked["checkpoint_signature"] == 2


def head_of(leaves):
    text = checkpoint_text(made.ORIGIN, len(leaves), root_of(leaves))
    return note(text, signature_line(made.ORIGIN, made.LOG_KEY, text)).encode()


def bent(value):
    """The value with each of its parts in turn left out, or something else than it should be."""
    for key in list(value) if isinstance(value, dict) else range(min(len(value), 2)):
        held = value[key]
        for other in (None, "x", [], {"x": {}}):
            value[key] = other
            yield value
        value[key] = held
        if isinstance(held, dict | list):
            yield from bent(held)


def bent_files():
    """(what, content) for every part of every kind of file, bent."""
    evaluation, told = evaluation_of(METHODS[0], random.Random(1)), listed([bytes(32)])
    frozen = {"draw": "DR0", "round": 1, "seats": [{"city": None, "speciality": None}]}
    frozen["candidates"] = [{"expert": "EX0", "city": "临江", "specialities": []}]
    replay = replay_of(canonical(frozen).decode(), [bytes(32), bytes([1]) * 32], bytes(32))
    for what, value in (("ranking", evaluation), ("sealed", told), ("draw", replay)):
        yield from ((what, each) for each in bent(value))
    yield from (("draw", replay | {"frozen": canonical(each).decode()}) for each in bent(frozen))


@pytest.mark.attack("bundles")
def test_whatever_a_file_holds_the_answer_is_a_verdict(tmp_path, capsys, tried):
    path, cases = tmp_path / "file.json", 0
    for what, value in bent_files():
        path.write_text(json.dumps(value))

        code = recompute.main([what, str(path)])

        assert EXITS[json.loads(capsys.readouterr().out)["verdict"]] == code
        cases += 1
    assert cases > 200
    tried(cases)


def test_what_cannot_be_read_is_said_and_no_verdict(tmp_path):
    path = tmp_path / "file.json"
    path.write_text("[]")

    for what in ("sealed", "draw", "ranking"):
        script = str(ROOT / "verifier/recompute.py")
        done = subprocess.run(
            [sys.executable, script, what, str(path)], capture_output=True, text=True, check=False
        )

        assert done.returncode == 2
        assert json.loads(done.stdout)["verdict"] == "indeterminate"
