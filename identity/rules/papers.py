"""Whose turn it is to sign a document, and how long a prepared revision waits for its signature.

Source: 电子签名法 第13条 (the signer alone controls the signature data).
"""

from datetime import datetime, timedelta

from identity.states import PaperState, TurnState
from kernel.errors import Problem

TURN_TIME = timedelta(minutes=10)
"""An open turn lapses after this, so that nobody keeps the others waiting."""

WRONG_PINS = 5
"""So many wrong PINs in a row block a key; a new key can be made at once."""

OPEN = frozenset({TurnState.PREPARED, TurnState.SIGNED})
_SOURCE = "电子签名法 第13条"


def asking_problems(paper: PaperState, mine: TurnState) -> list[Problem]:
    """Why a person cannot ask to sign. Asking again while in the queue is no problem."""
    if paper is PaperState.DRAWING:
        return [Problem("paper.not_drawn", "文件正在生成，请稍候。", _SOURCE)]
    if mine is TurnState.DONE or paper is not PaperState.SIGNING:
        return [Problem("paper.signed_already", "您已签署该文件。", _SOURCE)]
    return []


def signing_problems(mine: TurnState, until: datetime | None, now: datetime) -> list[Problem]:
    """Why a signature cannot be given now; the end of the turn itself is too late."""
    if mine is TurnState.PREPARED and until is not None and now < until:
        return []
    if mine in (TurnState.SIGNED, TurnState.DONE):
        return [Problem("paper.signed_already", "您已签署该文件。", _SOURCE)]
    return [Problem("paper.not_prepared", "签署版本尚未备好或已过期，请重新申请签署。", _SOURCE)]


def pin_problems(wrong_pins: int) -> list[Problem]:
    """Why a key is not even tried."""
    if wrong_pins < WRONG_PINS:
        return []
    message = "签名口令已连续错误 %(limit)s 次，该密钥已锁定，请重新申请签名密钥。"
    return [Problem("key.blocked", message, _SOURCE, "pin", {"limit": WRONG_PINS})]
