"""The draw of experts: nonces fit their commitments, the seed is made of them and of the list.

The frozen list itself is not in a bundle, so who follows from the seed is not drawn again here.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verifier.canonical import octets
from verifier.findings import Broken, Findings
from verifier.streams import Fact, Leaf

_BYTES = 32


def check_draws(findings: Findings, streams: Mapping[str, Sequence[Leaf]]) -> None:
    """Play every draw of the bundle."""
    for name, leaves in streams.items():
        if name.startswith("draw:"):
            play = _Draw(findings)
            for number, leaf in enumerate(leaves, 1):
                play.take(leaf, f"{name}#{number}")


@dataclass
class _Draw:
    """One draw up to a fact: by (round, party) what was committed and revealed."""

    findings: Findings
    commitments: dict[tuple[object, object], bytes] = field(default_factory=dict)
    nonces: dict[tuple[object, object], bytes] = field(default_factory=dict)
    frozen: dict[object, str] = field(default_factory=dict)
    is_known: bool = True

    def take(self, leaf: Leaf, where: str) -> None:
        fact = leaf.fact
        if fact is None:
            self.is_known = False
            return
        steps = {
            "draw.nonce_committed": self._commit,
            "draw.frozen": self._freeze,
            "draw.nonce_revealed": self._reveal,
            "draw.seeded": self._seed,
        }
        try:
            if fact.kind in steps:
                steps[fact.kind](fact, where)
        except Broken as fault:
            self.findings.bad("draw.fields", where, fault.text)

    def _commit(self, fact: Fact, where: str) -> None:
        place = _place(fact)
        if place in self.commitments:
            self.findings.bad("draw.commitment", where, "同一方在一轮中两次提交承诺")
        self.commitments[place] = octets(fact.data.get("commitment"), _BYTES)

    def _freeze(self, fact: Fact, where: str) -> None:
        self.frozen[_number(fact)] = octets(fact.data.get("sha256"), _BYTES).hex()

    def _reveal(self, fact: Fact, where: str) -> None:
        place, nonce = _place(fact), octets(fact.data.get("nonce"), _BYTES)
        self.nonces[place] = nonce
        commitment = self.commitments.get(place)
        if commitment is None and not self.is_known:
            self.findings.leave(f"{fact.stream}：随机数承诺未全部公开")
        elif hashlib.sha256(nonce).digest() != commitment:
            self.findings.bad("draw.nonce", where, "公开的随机数与承诺不符")
        elif _number(fact) not in self.frozen and self.is_known:
            self.findings.bad("draw.nonce", where, "随机数在名单冻结之前公开")
        else:
            self.findings.checked["draw_nonces"] += 1

    def _seed(self, fact: Fact, where: str) -> None:
        number, listed = _number(fact), fact.data.get("nonces")
        freeze = octets(fact.data.get("freeze_sha256"), _BYTES)
        if not isinstance(listed, list):
            raise Broken("draw.fields", "nonces 应为数组")
        nonces = sorted(octets(text, _BYTES) for text in listed)
        revealed = sorted(nonce for (at, _), nonce in self.nonces.items() if at == number)
        seed = hashlib.sha256(freeze + b"".join(nonces)).hexdigest()
        if seed != fact.data.get("seed"):
            self.findings.bad("draw.seed", where, "种子不是由冻结摘要与随机数算出的")
        elif self.is_known and (freeze.hex(), nonces) != (self.frozen.get(number), revealed):
            self.findings.bad("draw.seed", where, "种子所用的名单或随机数与前面的存证不符")
        else:
            self.findings.checked["draw_seeds"] += 1
        self.findings.leave(f"{fact.stream}：冻结的专家名单不在证据包中，未重新抽取")


def _number(fact: Fact) -> object:
    number = fact.data.get("round")
    if type(number) is not int:
        raise Broken("draw.fields", "缺少轮次")
    return number


def _place(fact: Fact) -> tuple[object, object]:
    party = fact.data.get("party")
    if not isinstance(party, str):
        raise Broken("draw.fields", "缺少参与方")
    return _number(fact), party
