"""A life cycle is a table from (state, event) to the next state; what is not in it is refused.

The tables themselves stand in each package's states.py, so that a reader sees a whole
procedure on one screen. Conditions beyond the state belong to rules.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from kernel.errors import TransitionRefused

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


class Lifecycle(Generic[S, E]):
    """One table of moves. Every pair that is absent is refused."""

    def __init__(self, name: str, moves: Mapping[tuple[S, E], S]) -> None:
        """`name` prefixes the refusal code, as in `lot.transition_refused`."""
        self.name = name
        self.moves = dict(moves)

    def after(self, state: S, event: E) -> S:
        """The state that follows. Raises TransitionRefused if the table has no such move."""
        if (state, event) not in self.moves:
            raise TransitionRefused(
                f"{self.name}.transition_refused",
                "当前状态“%(state)s”下不能执行“%(event)s”。",
                state=state.value,
                event=event.value,
            )
        return self.moves[state, event]

    def allows(self, state: S, event: E) -> bool:
        """Whether the table has this move."""
        return (state, event) in self.moves

    def events(self, state: S) -> list[E]:
        """The events possible in this state, in the order of the table."""
        return [event for (at, event) in self.moves if at == state]
