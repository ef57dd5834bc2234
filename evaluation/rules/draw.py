"""Drawing experts by commit and reveal, so that nobody alone decides who sits.

Parties record SHA-256(nonce) before the pool is frozen, and reveal after. The seed is
SHA-256(freeze digest ‖ sorted nonces) (`evidence.rules.sealing.draw_seed`), and everything from
there on is arithmetic that anyone entitled replays. Source: 招标投标法实施条例 第46条;
财政部令第87号 第48条; design.md 4.7.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from evidence.rules.sealing import draw_seed
from evidence.rules.streams import canonical
from identity.rules.permissions import Viewer
from identity.states import Permission, Role
from kernel.errors import Problem, Refusal

FREEZE_TYPE = "draw-freeze/v1"
REVEAL_TIME = timedelta(minutes=30)
ANSWER_TIME = timedelta(minutes=30)
LEAST_PARTIES = 2
FREE_ROUNDS = 2
_SOURCE = "招标投标法实施条例 第46条; 财政部令第87号 第48条"


class Party(StrEnum):
    """Who brings a nonce."""

    WITNESS = "witness"
    PROCURING_ENTITY = "procuring_entity"
    HOST = "host"


PERMISSIONS: Mapping[Party, Permission] = {
    Party.WITNESS: Permission.WITNESS_OPENING,
    Party.PROCURING_ENTITY: Permission.RUN_TENDER,
    Party.HOST: Permission.MOVE_REHEARSAL,
}
_ROLES: Mapping[Party, Role] = {
    Party.WITNESS: Role.WITNESS,
    Party.PROCURING_ENTITY: Role.PROCURING_OFFICER,
    Party.HOST: Role.HOST,
}


@dataclass(frozen=True)
class Seat:
    """One seat; None asks for no particular city or speciality."""

    city: str | None = None
    speciality: str | None = None


@dataclass(frozen=True)
class Lineup:
    """Who stands for which role in a lot's draw, by credit code; several witnesses may."""

    witnesses: frozenset[str]
    procuring_entity: str
    agency: str


@dataclass(frozen=True)
class Candidate:
    """An expert who may be drawn."""

    expert: str
    city: str
    specialities: frozenset[str]

    def fits(self, seat: Seat) -> bool:
        """Whether the seat's city and speciality are this expert's."""
        return seat.city in (None, self.city) and (
            seat.speciality is None or seat.speciality in self.specialities
        )


def freeze_text(
    *,
    draw: str,
    lot: str,
    number: int,
    seats: Mapping[int, Seat],
    candidates: Sequence[Candidate],
    excluded: Mapping[str, Sequence[str]],
) -> bytes:
    """The canonical frozen list: seats, who may be drawn, who may not and why, sorted by code.

    `seats` are those to draw for, by their number from 0 among all seats of the lot.
    """
    listed: list[dict[str, Any]] = [
        {"expert": c.expert, "city": c.city, "specialities": sorted(c.specialities)}
        for c in sorted(candidates, key=lambda candidate: candidate.expert)
    ]
    return canonical(
        {
            "type": FREEZE_TYPE,
            "draw": draw,
            "lot": lot,
            "round": number,
            "seats": [
                {"seat": number, "city": seat.city, "speciality": seat.speciality}
                for number, seat in seats.items()
            ],
            "candidates": listed,
            "excluded": [
                {"expert": code, "grounds": list(excluded[code])} for code in sorted(excluded)
            ],
        }
    )


def frozen_list(text: str) -> tuple[list[Candidate], dict[int, Seat]]:
    """Candidates and seats of a frozen list, as `freeze_text` wrote it.

    Lists of before there were supplementary draws do not number their seats: they have them all.
    """
    value = json.loads(text)
    candidates = [
        Candidate(each["expert"], each["city"], frozenset(each["specialities"]))
        for each in value["candidates"]
    ]
    seats = {
        each.get("seat", place): Seat(each["city"], each["speciality"])
        for place, each in enumerate(value["seats"])
    }
    return candidates, seats


def replay(text: str, nonces: Sequence[bytes]) -> tuple[bytes, dict[int, str]]:
    """Seed and drawn experts by seat, made of nothing but the frozen list and revealed nonces."""
    seed = draw_seed(hashlib.sha256(text.encode()).digest(), nonces)
    candidates, seats = frozen_list(text)
    drawn = draw(seed, candidates, list(seats.values()))
    return seed, {seat: each.expert for seat, each in zip(seats, drawn, strict=True)}


def order(seed: bytes, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The drawn order: ascending SHA-256(seed ‖ expert code in ASCII), compared as bytes."""
    return sorted(candidates, key=lambda c: hashlib.sha256(seed + c.expert.encode()).digest())


def draw(seed: bytes, candidates: Sequence[Candidate], seats: Sequence[Seat]) -> list[Candidate]:
    """The experts drawn, one per seat, in the order of the seats.

    1. The candidates are put in drawn order (`order`). 2. The seats are filled in the order in
    which they are listed. 3. Each takes the first candidate in drawn order who is not yet seated,
    fits it, and leaves enough candidates to fill every later seat. The order of the input has no
    influence. Raises Refusal if the seats cannot all be filled.
    """
    ordered = order(seed, candidates)
    refuse = seat_problems(candidates, seats)
    if refuse:
        raise Refusal.of(refuse)
    seated: list[Candidate] = []
    for place, seat in enumerate(seats):
        free = [candidate for candidate in ordered if candidate not in seated]
        rest = seats[place + 1 :]
        seated.append(
            next(
                candidate
                for candidate in free
                if candidate.fits(seat)
                and can_be_filled([other for other in free if other != candidate], rest)
            )
        )
    return seated


def successor(
    seed: bytes, candidates: Sequence[Candidate], seat: Seat, called: Collection[str]
) -> Candidate | None:
    """Who follows when a called expert does not come: the next in drawn order who fits that seat.

    `called` holds everybody ever called for this lot. None when nobody is left.
    """
    left = (each for each in order(seed, candidates) if each.expert not in called)
    return next((each for each in left if each.fits(seat)), None)


def seat_problems(candidates: Sequence[Candidate], seats: Sequence[Seat]) -> list[Problem]:
    """Why these candidates cannot fill the seats."""
    if can_be_filled(candidates, seats):
        return []
    message = "可抽取的专家有 %(have)s 名，不足以按专业和城市坐满 %(need)s 个席位。"
    values = {"have": len(candidates), "need": len(seats)}
    return [Problem("draw.too_few_experts", message, _SOURCE, "seats", values)]


def can_be_filled(candidates: Sequence[Candidate], seats: Sequence[Seat]) -> bool:
    """Whether every seat can get a candidate of its own (augmenting paths)."""
    taken: dict[str, int] = {}
    return all(_seat(place, seats, candidates, taken, set()) for place in range(len(seats)))


def is_opposed(parties: Collection[Party]) -> bool:
    """Whether one of them is neither procuring entity nor agency."""
    return bool(set(parties) - {Party.PROCURING_ENTITY})


def freeze_problems(committed: Collection[Party]) -> list[Problem]:
    """Why the pool may not be frozen: at least two opposed parties must have committed."""
    if len(set(committed)) >= LEAST_PARTIES and is_opposed(committed):
        return []
    message = "冻结专家名单前，见证方、招标人、主场三方中至少两方须先提交随机数承诺。"
    return [Problem("draw.too_few_parties", message, _SOURCE, "commitments")]


def is_repeated(number: int, drawn_before: int) -> bool:
    """Whether a round in which somebody did not reveal is repeated: the first for these seats.

    `drawn_before` is the last round that was drawn, 0 if none was.
    """
    return number - drawn_before < FREE_ROUNDS


def pass_over_problems(answer_until: datetime | None, now: datetime) -> list[Problem]:
    """Why a called expert may not be passed over yet: the whole time to answer is theirs.

    None: called before there was such a time, which is over.
    """
    if answer_until is None or now >= answer_until:
        return []
    message = "专家可以在 %(until)s 之前答复，之后才能通知下一位。"
    return [Problem("call.still_time", message, _SOURCE, "seat", {"until": answer_until})]


def party_problems(who: Viewer, party: Party, lineup: Lineup) -> list[Problem]:
    """Why this person may not bring this party's nonce.

    Witness and host must have nothing to do with those who buy or run the tender.
    """
    own = {
        Party.WITNESS: who.organisation in lineup.witnesses,
        Party.PROCURING_ENTITY: who.organisation == lineup.procuring_entity,
        Party.HOST: True,
    }[party]
    apart = party is Party.PROCURING_ENTITY or who.organisation not in (
        lineup.procuring_entity,
        lineup.agency,
    )
    if own and apart and _ROLES[party] in who.roles:
        return []
    message = "您不能代表“%(party)s”参加本标段的专家抽取。"
    return [Problem("draw.not_this_party", message, _SOURCE, "party", {"party": party})]


def _seat(
    place: int,
    seats: Sequence[Seat],
    candidates: Sequence[Candidate],
    taken: dict[str, int],
    seen: set[str],
) -> bool:
    for candidate in candidates:
        if candidate.expert in seen or not candidate.fits(seats[place]):
            continue
        seen.add(candidate.expert)
        holder = taken.get(candidate.expert)
        if holder is None or _seat(holder, seats, candidates, taken, seen):
            taken[candidate.expert] = place
            return True
    return False
