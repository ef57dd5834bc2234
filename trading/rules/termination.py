"""Terminating a lot (终止招标): whoever runs it may, with a ground, until the award.

Source: 招标投标法实施条例 第31条; 财政部令第87号 第29条 (only for a major change that cancels it).
"""

from kernel.errors import Problem
from trading.states import Regime

GROUND_LIMIT = 2000
_SOURCES = {
    Regime.CONSTRUCTION: "招标投标法实施条例 第31条",
    Regime.GOVPROC: "财政部令第87号 第29条",
}


def ground_problems(regime: Regime, ground: str) -> list[Problem]:
    """Why this ground does not do: it is told to everybody, so it must say something."""
    if ground.strip():
        return []
    return [
        Problem(
            "termination.ground_missing",
            "终止招标必须说明原因，原因将予公告。",
            _SOURCES[regime],
            "ground",
        )
    ]
