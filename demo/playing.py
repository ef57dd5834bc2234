"""Plays the whole city: a few tenders at a time, step by step, while the worker's duties are done.

What was finished is never touched again; what stands in the way of one tender (somebody acted on
it meanwhile) is told and does not keep the others.
"""

import time
from collections.abc import Callable, Sequence

from client.journey.cast import PIN
from demo.applying import apply_all
from demo.conduct import play_cases
from demo.people import make_residents
from demo.play import Plan, Play
from demo.stage import Stage
from demo.tenders import FIRST, PLANS, show
from kernel.errors import Refusal

_AT_ONCE = 4
_WAIT_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0
_WORK_DUE = "rehearsal.work_due"

Say = Callable[[str], None]


def play_first(stage: Stage) -> str:
    """The tender that is there from the start; its code."""
    play = Play.of(stage, FIRST)
    while not play.is_over:
        play.walk()
    return play.tender


def play_show(stage: Stage, say: Say, pace: float) -> bool:
    """One more tender from notice to archive, `pace` seconds between its steps, to be watched."""
    number = 1
    while stage.notes.has(show(number).key):
        number += 1
    play = Play.of(stage, show(number))
    stuck: list[str] = []
    last = time.monotonic()
    while not play.is_over and not stuck and time.monotonic() - last < _PATIENCE_SECONDS:
        if _walk(play, stuck, say):
            say(f"{play.done}/{len(play.plan.road)} {play.tender}")
            time.sleep(pace)
            last = time.monotonic()
        elif not stage.sweep():
            time.sleep(_WAIT_SECONDS)
    return play.is_over


def play_city(stage: Stage, say: Say) -> bool:
    """Everything that is missing; whether all of it could be played."""
    began = time.monotonic()
    make_residents()
    play_cases(stage)
    apply_all(stage)
    oldest_first = sorted(PLANS, key=lambda plan: -plan.days_ago)  # as lists show them
    stuck = play_all(stage, oldest_first, say)
    say(f"the city is complete but for {len(stuck)} tenders" if stuck else "the city is complete")
    say(f"{time.monotonic() - began:.1f} s; keys of everybody: {stage.folder / 'keys'}, PIN {PIN}")
    return not stuck


def play_all(stage: Stage, plans: Sequence[Plan], say: Say) -> list[str]:
    """Walk every plan's road to its end; the keys of those that could not go on."""
    plays = [Play.of(stage, plan) for plan in plans]
    waiting = [play for play in plays if not play.is_over]
    active: list[Play] = []
    stuck: list[str] = []
    last = time.monotonic()
    while waiting or active:
        while waiting and len(active) < _AT_ONCE:
            active.append(waiting.pop(0))
        moved = [play for play in active if _walk(play, stuck, say)]
        for play in [each for each in active if each.is_over or each.plan.key in stuck]:
            active.remove(play)
            say(f"{len(plays) - len(waiting) - len(active)}/{len(plays)} {play.plan.name}")
        if moved or stage.sweep():
            last = time.monotonic()
        else:
            time.sleep(_WAIT_SECONDS)
        if time.monotonic() - last > _PATIENCE_SECONDS:
            return [*stuck, *(play.plan.key for play in active)]
    return stuck


def _walk(play: Play, stuck: list[str], say: Say) -> bool:
    try:
        return play.walk()
    except Refusal as refusal:
        if refusal.code == _WORK_DUE:  # the worker comes first
            return False
        say(f"{play.plan.key}: {refusal}")
        stuck.append(play.plan.key)
        return True
