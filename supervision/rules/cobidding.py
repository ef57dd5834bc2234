"""Who bids with whom, wins in turn, or always loses? Patterns over a table of lots and bids.

Every figure comes with the counts it was made of, and is withheld (None) where the counts are
too thin. These are clues for a look at the lots, never a finding.
Source: 招标投标法实施条例 第39条, 第40条; domain COL14 (陪标专业户, co-bidding).
"""

import dataclasses
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

FEWEST_JOINT_LOTS = 5
FEWEST_WINS_IN_TURN = 6
FEWEST_LOSSES = 10


@dataclasses.dataclass(frozen=True)
class Entry:
    """One bid: lots are in the order of their first entry, which should be that of time."""

    lot: str
    bidder: str
    won: bool


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two bidders over all lots.

    `lift` is how often they meet over how often they would by chance; `joint_share` is joint lots
    over the lots of the one with fewer. Both None below five joint lots.
    """

    first: str
    second: str
    joint_lots: int
    lift: float | None
    joint_share: float | None


@dataclasses.dataclass(frozen=True)
class Rotation:
    """Two bidders' wins among their joint lots, in order.

    `turns` counts changes of the winner; `chance` is the probability of so many or more if the
    same wins fell in any order. None below six wins, or when one of them never won.
    """

    first: str
    second: str
    wins: tuple[int, int]
    turns: int
    chance: float | None


@dataclasses.dataclass(frozen=True)
class FixedLoser:
    """A bidder of ten lots or more that never won.

    `chance` is the probability of that if every bidder of a lot were equally likely to win it;
    `usual_winner` won `usual_winner_lots` of these lots.
    """

    bidder: str
    lots: int
    chance: float
    usual_winner: str
    usual_winner_lots: int


def pairs_of(entries: Iterable[Entry]) -> list[Pair]:
    """Every pair that met at least once, the most joint lots first, then by name."""
    lots = _bidders_by_lot(entries)
    single = Counter(bidder for bidders in lots.values() for bidder in bidders)
    joint = Counter(
        pair for bidders in lots.values() for pair in itertools.combinations(sorted(bidders), 2)
    )
    found = [_pair(pair, count, single, len(lots)) for pair, count in joint.items()]
    return sorted(found, key=lambda pair: (-pair.joint_lots, pair.first, pair.second))


def rotations_of(entries: Sequence[Entry]) -> list[Rotation]:
    """How the wins change hands in each pair that won a joint lot, the least likely first."""
    lots = _bidders_by_lot(entries)
    winners = _winner_by_lot(entries)
    sequences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lot, winner in winners.items():
        for other in lots[lot]:
            if other != winner:
                first, second = sorted((winner, other))
                sequences[first, second].append(winner)
    found = [_rotation(pair, wins) for pair, wins in sequences.items()]
    return sorted(found, key=lambda each: (each.chance is None, each.chance, each.first))


def fixed_losers_of(entries: Sequence[Entry]) -> list[FixedLoser]:
    """The bidders that bid for ten decided lots or more and won none, the least likely first."""
    lots = _bidders_by_lot(entries)
    winners = _winner_by_lot(entries)
    decided = defaultdict(list)
    for lot in winners:
        for bidder in lots[lot]:
            decided[bidder].append(lot)
    victors = set(winners.values())
    found = [
        _loser(bidder, mine, lots, winners)
        for bidder, mine in decided.items()
        if bidder not in victors and len(mine) >= FEWEST_LOSSES
    ]
    return sorted(found, key=lambda each: (each.chance, each.bidder))


def chance_of_turns(first: int, second: int, turns: int) -> float:
    """The probability of at least `turns` changes in a random order of so many wins of two."""
    possible = range(turns, first + second)
    favourable = sum(_orders(first, second, each) for each in possible)
    return favourable / math.comb(first + second, first)


def _orders(first: int, second: int, turns: int) -> int:
    """The number of orders of the wins with exactly this many changes (runs = turns + 1)."""
    runs = turns + 1
    more, fewer = (runs + 1) // 2, runs // 2
    if not fewer:
        return 0
    return _splits(first, more) * _splits(second, fewer) + _splits(first, fewer) * _splits(
        second, more
    )


def _splits(wins: int, runs: int) -> int:
    return math.comb(wins - 1, runs - 1)


def _pair(pair: tuple[str, str], joint: int, single: Mapping[str, int], lots: int) -> Pair:
    first, second = (single[bidder] for bidder in pair)
    if joint < FEWEST_JOINT_LOTS:
        return Pair(*pair, joint, None, None)
    return Pair(*pair, joint, joint * lots / (first * second), joint / min(first, second))


def _rotation(pair: tuple[str, str], winners: Sequence[str]) -> Rotation:
    first = sum(winner == pair[0] for winner in winners)
    second = len(winners) - first
    turns = sum(one != next_one for one, next_one in itertools.pairwise(winners))
    enough = len(winners) >= FEWEST_WINS_IN_TURN and first and second
    chance = chance_of_turns(first, second, turns) if enough else None
    return Rotation(*pair, (first, second), turns, chance)


def _loser(
    bidder: str,
    mine: Sequence[str],
    lots: Mapping[str, Mapping[str, None]],
    winners: Mapping[str, str],
) -> FixedLoser:
    chance = math.prod(1 - 1 / len(lots[lot]) for lot in mine)
    usual, times = Counter(winners[lot] for lot in mine).most_common(1)[0]
    return FixedLoser(bidder, len(mine), chance, usual, times)


def _bidders_by_lot(entries: Iterable[Entry]) -> dict[str, dict[str, None]]:
    """The bidders of each lot once each, in the order of the table."""
    lots: dict[str, dict[str, None]] = defaultdict(dict)
    for entry in entries:
        lots[entry.lot][entry.bidder] = None
    return lots


def _winner_by_lot(entries: Sequence[Entry]) -> dict[str, str]:
    """The winner of each decided lot, lots in the order of their first entry."""
    winner = {entry.lot: entry.bidder for entry in entries if entry.won}
    order = dict.fromkeys(entry.lot for entry in entries)
    return {lot: winner[lot] for lot in order if lot in winner}
