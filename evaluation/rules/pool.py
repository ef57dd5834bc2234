"""What the pool keeps of an expert, so that a draw can be right and conflicts can be seen.

Source: 招标投标法 第37条; 评标委员会和评标方法暂行规定 第11条、第12条.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.codes import credit_code
from kernel.errors import InvalidInput
from kernel.text import clean_line

MOST_SPECIALITIES = 10
MOST_INTERESTS = 50


@dataclass(frozen=True)
class ExpertEntry:
    """An expert as registered. `interests`: credit codes of organisations declared."""

    name: str
    employer: str
    employer_name: str
    city: str
    specialities: tuple[str, ...]
    interests: tuple[str, ...] = ()


def clean_entry(entry: ExpertEntry) -> ExpertEntry:
    """The entry with clean text and checked codes, lists sorted. Raises InvalidInput."""
    specialities = sorted({clean_line(s, field="specialities") for s in entry.specialities})
    interests = sorted({credit_code(code, field="interests") for code in entry.interests})
    _refuse_outside("specialities", specialities, 1, MOST_SPECIALITIES)
    _refuse_outside("interests", interests, 0, MOST_INTERESTS)
    return ExpertEntry(
        name=clean_line(entry.name, field="name"),
        employer=credit_code(entry.employer, field="employer"),
        employer_name=clean_line(entry.employer_name, field="employer_name"),
        city=clean_line(entry.city, field="city"),
        specialities=tuple(specialities),
        interests=tuple(interests),
    )


def _refuse_outside(field: str, values: Sequence[str], least: int, most: int) -> None:
    if not least <= len(values) <= most:
        raise InvalidInput(
            "expert.count",
            "“%(field)s”应有 %(least)s 至 %(most)s 项。",
            field=field,
            least=least,
            most=most,
        )
