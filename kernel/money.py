"""Money is integer fen (1/100 yuan). Text comes in and goes out here; floats are refused.

Boundaries: 0 to just below 10**12 yuan, which is also what capital-letter amounts can say.
"""

import re

from kernel.errors import InvalidInput

FEN_PER_YUAN = 100
LIMIT_FEN = 10**14
_YUAN = re.compile(r"(0|[1-9]\d{0,11})(?:\.(\d{1,2}))?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_SMALL = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿")


def fen_from_yuan(text: str, *, field: str = "amount") -> int:
    """Fen from yuan text such as `1234.5`; no sign, no commas. Raises InvalidInput."""
    match = _YUAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidInput(
            "money.not_yuan",
            "“%(value)s”不是有效金额：请填写元，最多两位小数，小于一万亿元，例如 1234.50。",
            field=field,
            value=str(text)[:40],
        )
    return int(match[1]) * FEN_PER_YUAN + int((match[2] or "").ljust(2, "0"))


def yuan_from_fen(fen: int) -> str:
    """Yuan with exactly two decimals, as in `1234.50`."""
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError("fen must be an integer")
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // FEN_PER_YUAN}.{fen % FEN_PER_YUAN:02d}"


def grouped_yuan(fen: int) -> str:
    """Yuan for people: thousands separated, two decimals."""
    whole, decimals = yuan_from_fen(fen).split(".")
    return f"{int(whole):,}.{decimals}"


def in_capitals(fen: int) -> str:
    """The amount in capital letters (大写), as in 壹仟零伍元整. From 0 to below 10**12 yuan."""
    if not 0 <= fen < LIMIT_FEN:
        raise ValueError("amount out of range")
    yuan, rest = divmod(fen, FEN_PER_YUAN)
    text = (_whole_in_capitals(yuan) + "元") if yuan else ""
    jiao, last = divmod(rest, 10)
    if rest == 0:
        return (text or "零元") + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif text:
        text += "零"
    return text + (_DIGITS[last] + "分" if last else "整")


def _whole_in_capitals(number: int) -> str:
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if group == 0:
            continue
        if text and (group < 1000 or groups[place + 1] == 0):
            text += "零"
        text += _group_in_capitals(group) + _GROUPS[place]
    return text


def _group_in_capitals(group: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _SMALL[place]
        gap = False
    return text
