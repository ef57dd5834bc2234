"""Sentences that are put together from parts: Chinese source texts whose places hold texts again.

Whoever shows one translates each part before filling it in (webapp/errors.py `worded`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """A text with %(name)s places (a literal per cent sign is written %%) and what fills them."""

    text: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The Chinese text, filled."""
        return self.text % {name: str(value) for name, value in self.values.items()}


def chained(parts: Sequence[Say], link: str) -> Say:
    """The parts one after another; `link` joins %(first)s and %(rest)s. At least one is needed."""
    first, *rest = parts
    return Say(link, {"first": first, "rest": chained(rest, link)}) if rest else first
