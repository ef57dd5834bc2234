"""What may be said about a signed PDF: four facts apart, each with its reason, and one verdict.

Digest: are the covered bytes those that were signed? Signature: does the value belong to the
certificate's key? Trust: was the certificate good when it was used? Coverage: does the signature
speak for the file as it is shown now? Only if all four hold for every signature is a file valid.
Source: 电子签名法 第13条 (later changes can be found); ETSI EN 319 102-1.
"""

import dataclasses
from collections.abc import Sequence

from evidence.rules.pdf_reasons import ERRORS, REASONS, Status

FACT_NAMES = ("digest", "signature", "trust", "coverage")
_GRAVITY = (Status.VALID, Status.INDETERMINATE, Status.INVALID)


@dataclasses.dataclass(frozen=True)
class Fact:
    """One finding: a reason of REASONS, from which its status and words follow."""

    code: str

    @property
    def status(self) -> Status:
        """What the reason amounts to."""
        return REASONS[self.code][0]

    def as_json(self) -> dict[str, str]:
        """Status, code and the plain words in both languages."""
        status, chinese, english = REASONS[self.code]
        return {"status": status.value, "code": self.code, "zh": chinese, "en": english}


@dataclasses.dataclass(frozen=True)
class SignatureFinding:
    """What was found about one signature or document time-stamp.

    `kind` is `signature` or `time_stamp`; `signed_at` an ISO instant that `time_proof` (
    `time_stamp`, `claimed` or empty) stands for; `revision` counts from 1.
    """

    field: str
    kind: str
    signer: str
    signed_at: str
    time_proof: str
    revision: int
    digest: Fact
    signature: Fact
    trust: Fact
    coverage: Fact

    @property
    def status(self) -> Status:
        """The worst of the four facts."""
        return worst([getattr(self, name).status for name in FACT_NAMES])

    def as_json(self) -> dict[str, object]:
        """The finding as it is printed."""
        plain = {
            name: getattr(self, name)
            for name in ("field", "kind", "signer", "signed_at", "time_proof", "revision")
        }
        facts = {name: getattr(self, name).as_json() for name in FACT_NAMES}
        return {**plain, "verdict": self.status.value, "facts": facts}

    @classmethod
    def from_json(cls, row: dict[str, object]) -> "SignatureFinding":
        """The inverse of `as_json`."""
        facts = row["facts"]
        if not isinstance(facts, dict):
            raise TypeError("facts must be an object")
        return cls(
            field=str(row["field"]),
            kind=str(row["kind"]),
            signer=str(row["signer"]),
            signed_at=str(row["signed_at"]),
            time_proof=str(row["time_proof"]),
            revision=int(str(row["revision"])),
            **{name: Fact(facts[name]["code"]) for name in FACT_NAMES},
        )


@dataclasses.dataclass(frozen=True)
class Examination:
    """All findings about a file, in signing order, or the error that prevented them.

    `revisions` counts the file's revisions; `ends_clean` says that nothing follows the last one;
    `fields` names all its signature fields, signed or empty.
    """

    findings: tuple[SignatureFinding, ...] = ()
    error: str = ""
    revisions: int = 0
    ends_clean: bool = False
    fields: tuple[str, ...] = ()

    @property
    def verdict(self) -> Status:
        """Valid only if every fact of every signature is; indeterminate if nothing was found."""
        return worst([finding.status for finding in self.findings])

    def fact(self, name: str) -> Fact | None:
        """The worst finding about one of the four questions; None if there is no signature."""
        facts: list[Fact] = [getattr(finding, name) for finding in self.findings]
        return max(facts, key=lambda fact: _GRAVITY.index(fact.status), default=None)

    def as_json(self) -> dict[str, object]:
        """The result as design.md §5 has it: verdict, facts, signatures, perhaps error."""
        facts = {name: self.fact(name) for name in FACT_NAMES}
        result: dict[str, object] = {
            "verdict": self.verdict.value,
            "facts": {
                name: fact.status.value if fact else Status.INDETERMINATE.value
                for name, fact in facts.items()
            },
            "reasons": {name: fact.as_json() for name, fact in facts.items() if fact},
            "signatures": [finding.as_json() for finding in self.findings],
        }
        if self.error:
            chinese, english = ERRORS[self.error]
            result["error"] = {"code": self.error, "zh": chinese, "en": english}
        return result


def worst(statuses: Sequence[Status]) -> Status:
    """Invalid beats indeterminate beats valid; of nothing at all nothing is known."""
    return max(statuses, key=_GRAVITY.index, default=Status.INDETERMINATE)
