"""The draw of experts from the frozen list, drawn again; the list itself is given to regulators.

Drawn order: ascending SHA-256(seed ‖ expert code). Each seat, in the order of the list, takes the
first who is free, fits it, and leaves enough for every later seat.
Source: 招标投标法实施条例 第46条.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from verifier import merkle
from verifier.canonical import octets, read_canonical
from verifier.findings import Broken, Findings
from verifier.streams import Fact, Leaf

Json = dict[str, Any]


def check_draw(findings: Findings, value: Json, streams: Mapping[str, Sequence[Leaf]]) -> list[str]:
    """Make the draw of a replay again and compare it with the log. Returns who is drawn."""
    frozen, nonces = str(value["frozen"]).encode(), value["nonces"]
    listed = read_canonical(frozen)
    digest = hashlib.sha256(frozen).digest()
    seed = merkle.draw_seed(digest, _revealed(findings, nonces))
    if seed != octets(value["seed"], 32):
        findings.bad("draw.seed", listed["draw"], "种子不是由冻结名单与随机数算出的")
    experts = drawn(seed, listed["candidates"], listed["seats"])
    _compare(findings, listed, digest, seed, experts, streams)
    return experts


def drawn(seed: bytes, candidates: Sequence[Json], seats: Sequence[Json]) -> list[str]:
    """Codes of the drawn experts in the order of the seats. Raises Broken."""
    order = sorted(
        candidates, key=lambda each: hashlib.sha256(seed + each["expert"].encode()).digest()
    )
    seated: list[str] = []
    for place, seat in enumerate(seats):
        free = [each for each in order if each["expert"] not in seated]
        for each in (each for each in free if _fits(each, seat)):
            rest = [other for other in free if other is not each]
            if _can_be_filled(rest, seats[place + 1 :]):
                seated.append(each["expert"])
                break
        else:
            raise Broken("draw.too_few", "名单不足以坐满席位")
    return seated


def _revealed(findings: Findings, nonces: Sequence[Json]) -> list[bytes]:
    found = []
    for each in nonces:
        if each["nonce"] is None:
            continue
        nonce = octets(each["nonce"], 32)
        if hashlib.sha256(nonce).hexdigest() != each["commitment"]:
            findings.bad("draw.nonce", str(each["party"]), "公开的随机数与承诺不符")
        else:
            findings.checked["draw_nonces"] += 1
        found.append(nonce)
    return found


def _compare(
    findings: Findings,
    listed: Json,
    digest: bytes,
    seed: bytes,
    experts: list[str],
    streams: Mapping[str, Sequence[Leaf]],
) -> None:
    name = f"draw:{listed['draw']}"
    fact = _seeded(streams.get(name, ()), listed["round"])
    if fact is None:
        findings.undecided = True
        findings.leave(f"{name}：证据包中没有公开的抽取结果，未与日志核对")
        return
    for code, stated, found, text in (
        ("draw.other_list", fact.data.get("freeze_sha256"), digest.hex(), "名单不是冻结的那一份"),
        ("draw.other_seed", fact.data.get("seed"), seed.hex(), "种子与日志所载的不同"),
        ("draw.other_experts", fact.data.get("experts"), experts, "重新抽取得出的是其他专家"),
    ):
        if stated == found:
            findings.checked["draw_steps"] += 1
        else:
            findings.bad(code, name, text)


def _seeded(leaves: Sequence[Leaf], number: object) -> Fact | None:
    facts = (leaf.fact for leaf in leaves if leaf.fact and leaf.fact.kind == "draw.seeded")
    return next((fact for fact in facts if fact.data.get("round") == number), None)


def _fits(candidate: Json, seat: Json) -> bool:
    in_city = seat["city"] in (None, candidate["city"])
    return in_city and (seat["speciality"] in (None, *candidate["specialities"]))


def _can_be_filled(candidates: Sequence[Json], seats: Sequence[Json]) -> bool:
    """Whether every seat can get a candidate of its own (augmenting paths)."""
    holders: dict[str, int] = {}

    def seat_at(place: int, seen: set[str]) -> bool:
        for each in candidates:
            code = each["expert"]
            if code in seen or not _fits(each, seats[place]):
                continue
            seen.add(code)
            if code not in holders or seat_at(holders[code], seen):
                holders[code] = place
                return True
        return False

    return all(seat_at(place, set()) for place in range(len(seats)))
