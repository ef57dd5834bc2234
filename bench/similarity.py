"""How long do all pairs of 20 bids of 300 pages take, beside Python sets in the same run?

Synthetic bids: 40 % of each is the tender document; three planted pairs share 10 %, 3 % and 0.5 %
of their own paragraphs, half of these with one character changed. Prints one JSON row a line;
times are processor seconds from decoded text to the table of all pairs.
Run from the project root: `python -m bench.similarity [--bids 20] [--pages 300] [--repeat 3]`.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable

import numpy as np

from supervision.rules.similarity import Document, StandardText, compare, prepared
from supervision.rules.similarity_fingerprints import Fingerprints, Index
from supervision.rules.similarity_normalising import normalised

CHARACTERS_A_PAGE = 800
LONGEST = 5.0
PLANTED = {(1, 5): 0.10, (2, 9): 0.03, (7, 13): 0.005}


def main() -> None:
    """Make the bids, time both methods in turn, print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bids", type=int, default=20)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    texts, tender = make_bids(options.bids, options.pages)
    normalised(" ")  # The table of characters is made once per process.
    ours, sets, decoding, one_more = [], [], [], []
    blobs = [text.encode() for text in texts]
    for _ in range(options.repeat):
        ours.append(timed(lambda: all_pairs(texts, tender)))
        sets.append(timed(lambda: python_sets(texts, tender)))
        decoding.append(timed(lambda: [blob.decode() for blob in blobs]))
        one_more.append(timed_addition(texts, tender))
    size = f"{options.bids} bids of {options.pages} pages"
    report(size, ours, sets, decoding, one_more, found_pairs(all_pairs(texts, tender)))
    passages(texts, tender)


def report(
    size: str,
    ours: list[float],
    sets: list[float],
    decoding: list[float],
    one_more: list[float],
    found: int,
) -> None:
    """Print the rows; the ratio is that of the medians."""
    mine, other = statistics.median(ours), statistics.median(sets)
    limit = statistics.median(decoding)
    added = statistics.median(one_more)
    row(f"all pairs of {size}, from text, CPU", mine, limit, "decoding them", "≤ 0.5 s")
    row("the same, against Python sets, CPU", mine, other, "sets", "≤ 0.1 × sets")
    row("one more bid, CPU", added, mine, "all pairs", "≤ 1/15 of all pairs")
    tell("planted pairs above every innocent one", found, len(PLANTED), found / len(PLANTED), "all")


def passages(texts: list[str], tender: str) -> None:
    """Print what the exact passages of one pair that stands out take."""
    standard = StandardText("tender", tender)
    first, second = Document(texts[1]), Document(texts[5])
    seconds = timed(lambda: compare(first, second, [standard]))
    row(
        "exact comparison of one pair, CPU",
        seconds,
        LONGEST,
        "what it may take",
        f"≤ {LONGEST:.0f} s",
    )


def row(what: str, ours: float, limit: float, named: str, goal: str) -> None:
    """Print one row of processor seconds; `named` says what the limit is."""
    tell(what, f"{ours:.3f} s", f"{limit:.3f} s ({named})", ours / limit, goal)


def tell(what: str, ours: object, limit: object, ratio: float, goal: str) -> None:
    """Print one row as the table takes it."""
    figures = {"ours": str(ours), "limit": str(limit), "ratio": round(ratio, 2), "goal": goal}
    print(json.dumps({"row": "6", "what": what, **figures}, ensure_ascii=False), flush=True)


def all_pairs(texts: list[str], tender: str) -> np.ndarray:
    """Common fingerprints of every pair, from texts."""
    standard = StandardText("tender", tender)
    return Index([fingerprints(text, standard) for text in texts]).shared_marks()


def fingerprints(text: str, standard: StandardText) -> Fingerprints:
    """The fingerprints of one bid without the tender document."""
    return prepared(Document(text), [standard]).fingerprints()


def python_sets(texts: list[str], tender: str, size: int = 12) -> list[list[int]]:
    """The plain way: sets of all 12-character pieces."""
    out = {tender[i : i + size] for i in range(len(tender) - size)}
    sets = [{t[i : i + size] for i in range(len(t) - size)} - out for t in texts]
    return [[len(one & other) for other in sets] for one in sets]


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def timed_addition(texts: list[str], tender: str) -> float:
    """Processor seconds to compare one more bid with all others, whose fingerprints are kept."""
    standard = StandardText("tender", tender)
    index = Index([fingerprints(text, standard) for text in texts[:-1]])
    return timed(lambda: index.shared_with(fingerprints(texts[-1], standard)))


def found_pairs(shared: np.ndarray) -> int:
    """How many planted pairs share more than every innocent pair."""
    pairs = [(a, b) for a in range(len(shared)) for b in range(a) if (b, a) not in PLANTED]
    most = max(shared[a, b] for a, b in pairs)
    return sum(bool(shared[a, b] > most) for a, b in PLANTED)


def make_bids(bids: int, pages: int) -> tuple[list[str], str]:
    """The bids and the tender document: words of one to four characters, frequent ones often."""
    chance = np.random.default_rng(1)
    lengths = chance.choice([1, 2, 3, 4], 20_000, p=[0.1, 0.6, 0.15, 0.15])
    words = ["".join(chr(0x4E00 + int(x)) for x in chance.integers(0, 3500, n)) for n in lengths]
    weights = 1 / np.arange(1, 20_001) ** 0.9
    weights /= weights.sum()

    def paragraph() -> str:
        return "".join(words[i] for i in chance.choice(20_000, 90, p=weights)) + "。\n"

    count = CHARACTERS_A_PAGE * pages // 200
    tender = [paragraph() for _ in range(int(count * 0.4))]
    own = [[paragraph() for _ in range(count - len(tender))] for _ in range(bids)]
    plant(own, random.Random(1))
    return ["".join(tender + paragraphs) for paragraphs in own], "".join(tender)


def plant(own: list[list[str]], chance: random.Random) -> None:
    """Copy paragraphs into the partner's bid, every second one with a character changed."""
    for (one, other), share in PLANTED.items():
        size = len(own[one])
        for place in range(max(1, int(size * share))):
            copied = list(own[one][place * 3 % size])
            if place % 2:
                copied[chance.randrange(20, len(copied) - 20)] = "某"
            own[other][(place * 5 + 1) % size] = "".join(copied)


if __name__ == "__main__":
    main()
