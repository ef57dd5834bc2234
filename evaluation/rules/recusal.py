"""Who may not evaluate a lot: whoever works for, or declared an interest in, one of its parties.

Source: 招标投标法 第37条; 招标投标法实施条例 第46条; 评标委员会和评标方法暂行规定 第12条;
财政部令第87号 第45条 (staff of the agency).
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Why an expert is left out of a draw."""

    EMPLOYED_BY_BIDDER = "employed_by_bidder"
    EMPLOYED_BY_AGENCY = "employed_by_agency"
    EMPLOYED_BY_PROCURING_ENTITY = "employed_by_procuring_entity"
    INTEREST_IN_BIDDER = "interest_in_bidder"
    INTEREST_IN_AGENCY = "interest_in_agency"
    INTEREST_IN_PROCURING_ENTITY = "interest_in_procuring_entity"
    EMPLOYER_RESTRICTED = "employer_restricted"
    CALLED_BEFORE = "called_before"


@dataclass(frozen=True)
class Parties:
    """The organisations of a lot, by credit code."""

    bidders: frozenset[str]
    agency: str
    procuring_entity: str


def recusal_grounds(
    employers: Collection[str], interests: Collection[str], parties: Parties
) -> list[Ground]:
    """Every ground against an expert, in the order of Ground; empty means no conflict is known.

    `employers` are all organisations for which the expert works: the stated employer and the
    one that holds the account. Whether one of them is restricted the caller asks itself.
    """
    kinds = (parties.bidders, frozenset({parties.agency}), frozenset({parties.procuring_entity}))
    grounds = list(Ground)
    of_employer = [g for g, k in zip(grounds[:3], kinds, strict=True) if k & set(employers)]
    of_interest = [g for g, k in zip(grounds[3:6], kinds, strict=True) if k & set(interests)]
    return [*of_employer, *of_interest]
