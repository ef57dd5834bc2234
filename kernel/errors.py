"""What is said when something is refused: a stable code, a helpful message, the legal source.

Rules return Problems, actions raise Refusals. Nothing here knows HTTP: webapp/errors.py maps
refusals to pages, JSON and socket acknowledgements.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

Read = TypeVar("Read")


@dataclasses.dataclass(frozen=True)
class Problem:
    """One reason why something may not be done.

    `message` is the Chinese source text with %(name)s places, filled from `values` (a literal per
    cent sign is written %%); the web edge translates the text before filling it. `field` names
    the input at fault, `source` the article.
    """

    code: str
    message: str
    source: str = ""
    field: str = ""
    values: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def places(self) -> dict[str, Any]:
        """What fills the places of the message: the values, and the field's name."""
        return {"field": self.field, **self.values}

    def __str__(self) -> str:
        """The message with its values filled in."""
        return self.message % self.places


class Refusal(Exception):
    """Something was refused. Carries one Problem or more; the first decides code and message."""

    def __init__(
        self, code: str, message: str, source: str = "", *, field: str = "", **values: Any
    ) -> None:
        """Refuse for one reason, given as the parts of a Problem."""
        self.problems: tuple[Problem, ...] = (Problem(code, message, source, field, values),)
        super().__init__(code)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """The refusal that carries these problems, in this order. At least one is needed."""
        refusal = cls(problems[0].code, problems[0].message)
        refusal.problems = tuple(problems)
        return refusal

    def __str__(self) -> str:
        """Code and message of the first problem."""
        return f"{self.code}: {self.problems[0]}"

    @property
    def code(self) -> str:
        """The stable code of the first problem."""
        return self.problems[0].code


class NotFound(Refusal):
    """The thing does not exist, or this viewer may not know that it does."""


class NotAllowed(Refusal):
    """This person may not do this."""


class NotSignedIn(NotAllowed):
    """Nobody is signed in, and somebody must be."""


class NotYet(Refusal):
    """Too early: the moment for it has not come."""


class TooLate(Refusal):
    """The moment for it has passed."""


class TransitionRefused(Refusal):
    """The life cycle has no such step from the present state."""


class InvalidInput(Refusal):
    """The input cannot be read as what it should be."""


class Busy(Refusal):
    """Nothing was done, or the message says otherwise; the same request may be repeated soon."""


class TooMany(Refusal):
    """A limit on attempts or amounts was reached."""


def refuse_if(problems: Sequence[Problem], kind: type[Refusal] = Refusal) -> None:
    """Raise a refusal of this kind if there is any problem; otherwise do nothing."""
    if problems:
        raise kind.of(problems)


class Gathering:
    """Refusals kept instead of stopping at the first, so that all that is wrong is told at once.

    The first one decides what kind of refusal the whole is.
    """

    def __init__(self) -> None:
        """Nothing was refused yet."""
        self.refusals: list[Refusal] = []

    @property
    def problems(self) -> list[Problem]:
        """All problems so far, in order."""
        return [problem for refusal in self.refusals for problem in refusal.problems]

    def refusals_of(self, field: str) -> list[Refusal]:
        """What was refused for this field."""
        return [each for each in self.refusals if each.problems[0].field == field]

    @contextmanager
    def each(self) -> Iterator[None]:
        """What is refused within is kept, and what follows goes on."""
        try:
            yield
        except Refusal as refusal:
            self.refusals.append(refusal)

    def read(self, reader: Callable[..., Read], *values: Any, **named: Any) -> Read | None:
        """What the reader makes of the values; None, and its refusal kept, where it refuses."""
        with self.each():
            return reader(*values, **named)
        return None

    def note(self, problems: Sequence[Problem], kind: type[Refusal] = Refusal) -> None:
        """Keep these problems, if any, as one refusal of this kind."""
        with self.each():
            refuse_if(problems, kind)

    def refusal(self) -> Refusal:
        """All that was kept, as one refusal. There must be something."""
        return type(self.refusals[0]).of(self.problems)

    def refuse(self) -> None:
        """Raise all that was kept as one refusal; do nothing if there is none."""
        if self.refusals:
            raise self.refusal()
