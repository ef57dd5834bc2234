"""Who gets which letter: one table from kind to roles. What is not in it is written to nobody.

Letters go to the people of the organisations that the caller names, who have one of the roles; to
everybody with the role where the duty belongs to all of them; or to one person by name.
Before the deadline a letter about a bid goes to that bidder alone, and one about a guarantee to
bidder or issuer alone (rules of trading/actions/letters.py say whom the callers may name).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from identity.states import Role
from outbox.rules.letters import LetterKind


class Circle(StrEnum):
    """Among whom the readers are looked for."""

    NAMED_ORGANISATIONS = "named_organisations"
    EVERYBODY = "everybody"
    PERSON = "person"


@dataclass(frozen=True)
class Readers:
    """People with one of these roles in this circle; a person is named by the caller."""

    roles: frozenset[Role]
    circle: Circle = Circle.NAMED_ORGANISATIONS


def _of(*roles: Role) -> Readers:
    return Readers(frozenset(roles))


def _all(role: Role) -> Readers:
    return Readers(frozenset({role}), Circle.EVERYBODY)


_K = LetterKind
_BIDDER = _of(Role.BIDDER)
_PARTY = _of(Role.AGENT, Role.PROCURING_OFFICER)
_EVERY_SIDE = _of(Role.BIDDER, Role.AGENT, Role.PROCURING_OFFICER)
_EXPERT = Readers(frozenset({Role.EXPERT}), Circle.PERSON)

TABLE: Mapping[LetterKind, Readers] = {
    _K.BID_RECEIVED: _BIDDER,
    _K.BID_REPLACED: _BIDDER,
    _K.BID_WITHDRAWN: _BIDDER,
    _K.GUARANTEE_ORDERED: _of(Role.ISSUER),
    _K.GUARANTEE_ISSUED: _BIDDER,
    _K.GUARANTEE_REFUSED: _BIDDER,
    _K.GUARANTEE_LAPSED: _BIDDER,
    _K.DEADLINE_MOVED: _BIDDER,
    _K.LOT_SUSPENDED: _BIDDER,
    _K.LOT_RESUMED: _BIDDER,
    _K.LOT_TERMINATED: _BIDDER,
    _K.LOT_FAILED: _EVERY_SIDE,
    _K.RELEASE_NEEDED: _BIDDER,
    _K.RELEASE_WRONG: _BIDDER,
    _K.OPENING_DONE: _EVERY_SIDE,
    _K.BID_WON: _BIDDER,
    _K.BID_NOT_WON: _BIDDER,
    _K.BID_REJECTED: _BIDDER,
    _K.REPORT_RECEIVED: _PARTY,
    _K.CANDIDATES_DUE: _of(Role.AGENT),
    _K.AWARD_DUE: _of(Role.PROCURING_OFFICER),
    _K.AWARD_DECIDED: _PARTY,
    _K.ENQUIRY_ASKED: _of(Role.AGENT),
    _K.OBJECTION_RAISED: _PARTY,
    _K.OBJECTION_WATCHED: _all(Role.REGULATOR),
    _K.ORDER_ISSUED: _PARTY,
    _K.FINDING_NOTICED: _of(Role.AGENT),
    _K.FINDING_DECIDED: _of(Role.AGENT),
    _K.EXPERT_CALLED: _EXPERT,
    _K.MEETING_CONVENED: _EXPERT,
    _K.REPORT_TO_SIGN: _EXPERT,
    _K.DRAW_WAITS: _all(Role.REGULATOR),
    _K.ALERT_RAISED: _all(Role.REGULATOR),
    _K.OPENING_KEY_NEEDED: _all(Role.WITNESS),
    _K.REGISTRATION_WAITING: _all(Role.OPERATOR),
}


@dataclass(frozen=True)
class Candidate:
    """A person who may be a reader: code, organisation and role; one for each role."""

    person: str
    organisation: str
    role: Role


def readers_of(kind: LetterKind, named: frozenset[str], people: list[Candidate]) -> list[str]:
    """Codes of the people who get this letter, each once, in order.

    `named`: credit codes of organisations or, where the table says so, codes of people.
    """
    readers = TABLE[kind]
    found = {
        each.person
        for each in people
        if each.role in readers.roles and _is_in(readers.circle, each, named)
    }
    return sorted(found)


def _is_in(circle: Circle, each: Candidate, named: frozenset[str]) -> bool:
    if circle is Circle.EVERYBODY:
        return True
    return (each.person if circle is Circle.PERSON else each.organisation) in named
