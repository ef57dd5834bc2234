"""What a check found: faults, how much was checked, what could not be checked, the verdict."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

VALID, INVALID, INDETERMINATE = "valid", "invalid", "indeterminate"
EXITS = {VALID: 0, INVALID: 1, INDETERMINATE: 2}
MOST_PROBLEMS = 200


class Unreadable(Exception):
    """The input is not what it should be at all; nothing can be said about it."""


class Broken(Exception):
    """One part of the input is at fault, so that what builds on it cannot be read."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


@dataclass(frozen=True)
class Problem:
    """A fault: a stable code, the place, and a sentence in Chinese."""

    code: str
    where: str
    text: str


@dataclass
class Findings:
    """Collected along the way. `undecided` is set when something essential was not checkable."""

    problems: list[Problem] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    not_checked: list[str] = field(default_factory=list)
    described: dict[str, Any] = field(default_factory=dict)
    undecided: bool = False

    def bad(self, code: str, where: str, text: str) -> None:
        """Note a fault; above MOST_PROBLEMS only that there are more."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(code, where, text))

    def leave(self, text: str) -> None:
        """Note once that something was not checked."""
        if text not in self.not_checked:
            self.not_checked.append(text)

    def judge(self, answer: bool | None, what: str, *, code: str, where: str, text: str) -> None:
        """Count a check that held, note one that failed; None = no library to check it with."""
        if answer is None:
            self.undecided = True
            self.leave("数字签名：没有 cryptography 库，全部签名都未核验")
        elif answer:
            self.checked[what] += 1
        else:
            self.bad(code, where, text)

    @property
    def verdict(self) -> str:
        """`invalid` with any fault, else `indeterminate` if undecided, else `valid`."""
        if self.problems:
            return INVALID
        return INDETERMINATE if self.undecided else VALID
