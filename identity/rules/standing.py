"""Whether a restriction is in force, and what it stops. Standing runs by real time.

Source: 招标投标法 第50条; 政府采购法 第78条 (only an authority can exclude; the ground is named).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.states import RestrictionKind
from kernel.errors import Problem


@dataclass(frozen=True)
class RestrictionView:
    """A restriction as rules see it; in force from `starts_at` up to, not including, `ends_at`."""

    code: str
    kind: RestrictionKind
    starts_at: datetime
    ends_at: datetime
    ground: str
    finding: str
    lifted_at: datetime | None = None

    @property
    def free_from(self) -> datetime:
        """The first instant at which it holds no longer: its end, or the lifting before it."""
        return min(self.ends_at, self.lifted_at) if self.lifted_at else self.ends_at


def in_force(restriction: RestrictionView, real_now: datetime) -> bool:
    """Whether it holds at this instant; the end itself, or the lifting, is free again."""
    return restriction.starts_at <= real_now < restriction.free_from


def lifting_problems(restriction: RestrictionView, real_now: datetime) -> list[Problem]:
    """Why a restriction cannot be lifted now: it was lifted before, or has ended by itself.

    One that has not begun yet can be lifted; it then never holds.
    """
    if restriction.lifted_at is not None:
        return [Problem("standing.lifted_already", "该限制已经解除。")]
    if real_now >= restriction.ends_at:
        return [Problem("standing.ended_already", "该限制已经期满，无需解除。")]
    return []


def standing_problems(
    restrictions: Sequence[RestrictionView], kind: RestrictionKind, real_now: datetime
) -> list[Problem]:
    """Why an organisation may not do this now: one problem a restriction, with its finding."""
    return [
        Problem(
            "standing.restricted",
            "该单位在 %(until)s 前被限制，不能办理：%(ground)s（认定编号 %(finding)s）。",
            "招标投标法 第50条",
            values={
                "until": restriction.ends_at,
                "ground": restriction.ground,
                "finding": restriction.finding,
            },
        )
        for restriction in restrictions
        if restriction.kind is kind and in_force(restriction, real_now)
    ]
