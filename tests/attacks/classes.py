"""The classes of attack that the suite makes, in the order of docs/attacks.md.

A test that attacks says `pytest.mark.attack("<key>")`; it counts as one case unless it tells how many
it made (`tried(n)`). What was found and mended stands in found.tsv with the test that keeps it out.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AttackClass:
    """`key` is what marks say; `tried` is one sentence for people who doubt."""

    key: str
    title: str
    tried: str


CLASSES = (
    AttackClass(
        "permissions",
        "Doors and roles",
        "Every page, API and socket is tried by every role, a neighbour, a stranger, an ended "
        "session, a revoked right and the regulator of another district.",
    ),
    AttackClass(
        "states",
        "Acts at the wrong time",
        "Every legal act is tried in every state of its subject: the refusal has its code, and "
        "state, facts and messages stay as they were.",
    ),
    AttackClass(
        "leaks",
        "Worlds that must look alike",
        "Two worlds that differ in what must not be known answer with the same bytes: pages, "
        "JSON, sizes, order, ETags, aggregates, sockets.",
    ),
    AttackClass(
        "canaries",
        "Secrets where none belong",
        "Values known to be secret are looked for in every store, log, answer and export.",
    ),
    AttackClass(
        "sealed-bids",
        "Sealed bids, bent",
        "Headers outside the allow-list, the public age vectors, structural faults, flipped bytes "
        "and bids with two faces.",
    ),
    AttackClass(
        "log",
        "The log, lying",
        "Proofs, checkpoints and receipts with every part altered; a split view; a rewritten "
        "history.",
    ),
    AttackClass(
        "statements",
        "Signed statements, misused",
        "Statements and releases replayed, swapped between people and lots, signed again, early, "
        "late.",
    ),
    AttackClass(
        "witnesses",
        "Witnesses that fail or lie",
        "Witnesses are silent, lie, start again, or are shown two histories.",
    ),
    AttackClass(
        "crashes",
        "Death at every step",
        "A process is ended before every statement and commit of every legal act: whole or absent, "
        "and the next start carries on.",
    ),
    AttackClass(
        "races",
        "Everybody at once",
        "Two of everything act at the same instant: bidders, workers, experts, closers.",
    ),
    AttackClass(
        "outages",
        "Parts that go away",
        "Database, Valkey, disk, clock, time-stamp authority and processes fail in the middle of "
        "work.",
    ),
    AttackClass(
        "hostile-input",
        "Hostile input",
        "Generated and hand-made nonsense at every door that takes anything: refused with a code, "
        "never a fault, and no trace.",
    ),
    AttackClass(
        "hostile-files",
        "Hostile files",
        "Bombs, broken containers, path names, formulas, look-alikes in what people upload and "
        "import.",
    ),
    AttackClass(
        "web",
        "Against the browser",
        "Forged requests, foreign origins, open redirects, header injection, scripts in names.",
    ),
    AttackClass(
        "archives",
        "Archives and signatures, tampered with",
        "Signed PDFs altered after signing, by structure and by flipped bytes; certificates that "
        "are expired, revoked, misused.",
    ),
    AttackClass(
        "bundles",
        "Evidence bundles, tampered with",
        "Every part of a bundle is altered once; bundles with another history, signed by the "
        "platform itself.",
    ),
    AttackClass(
        "live",
        "The live feed under stress",
        "Watchers stall, vanish, are cut at random, come in thousands; publishers write at once.",
    ),
)
BY_KEY = {each.key: each for each in CLASSES}
