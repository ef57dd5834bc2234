"""Is this part of a rule or of a list of bids what it should be? Every refusal names its place.

Input may be hostile: numbers are short plain decimals, lists, texts and depth are bounded, and
an unknown key is refused, because a misspelt condition that is silently left out changes ranks.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from evaluation.rules.price_numbers import Mode, Rounding
from kernel.errors import InvalidInput
from kernel.text import clean_line

Member = TypeVar("Member", bound=StrEnum)
Item = TypeVar("Item")

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,10})?")
_LONGEST = 27
MOST_PLACES = 10
MOST_ROWS = 100
AMOUNT_LIMIT = Fraction(10**14)


def wrong(code: str, message: str, path: str, **values: object) -> InvalidInput:
    """The refusal of one field, its path in front of the message."""
    return InvalidInput(
        f"price.{code}", "%(field)s：" + message, "", field=path or "rule", **values
    )


def object_at(
    value: object, path: str, required: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, object]:
    """An object that has every required key and none that is unknown."""
    if not isinstance(value, dict):
        raise wrong("not_object", "应为对象。", path)
    needed = list(required)
    known = {*needed, *optional}
    for key in value:
        if key not in known:
            raise wrong("unknown_key", "没有这个字段。", under(path, str(key)[:40]))
    for key in needed:
        if key not in value:
            raise wrong("missing", "缺少这个字段。", under(path, key))
    return value


def list_at(
    value: object,
    path: str,
    item: Callable[[object, str], Item],
    *,
    least: int = 0,
    most: int = MOST_ROWS,
) -> tuple[Item, ...]:
    """A list of `least` to `most` items, each read by `item` under its own path."""
    if not isinstance(value, list):
        raise wrong("not_list", "应为列表。", path)
    if not least <= len(value) <= most:
        raise wrong("length", "应有 %(least)s 至 %(most)s 项。", path, least=least, most=most)
    return tuple(item(one, f"{path}[{place}]") for place, one in enumerate(value))


def number_at(
    value: object,
    path: str,
    least: Fraction | int | None = None,
    most: Fraction | int | None = None,
) -> Fraction:
    """A plain decimal such as `-12.50`: up to 15 digits and 10 decimals, bounds included.

    Text, whole numbers and Decimals are read; a float is refused, since it is not what was written.
    """
    text = _plain_text(value)
    if text is None:
        raise wrong("not_decimal", '应为十进制数字文本，例如 "1234.50"。', path)
    number = Fraction(text)
    if (least is not None and number < least) or (most is not None and number > most):
        raise wrong(
            "out_of_range",
            "应在 %(least)s 与 %(most)s 之间。",
            path,
            least="−∞" if least is None else least,
            most="+∞" if most is None else most,
        )
    return number


def _plain_text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    if isinstance(value, int) and abs(value) > AMOUNT_LIMIT:
        return None
    text = str(value)
    return text if len(text) <= _LONGEST and _PLAIN.fullmatch(text) else None


def positive_at(value: object, path: str, most: Fraction | int = AMOUNT_LIMIT) -> Fraction:
    """A plain decimal above zero and at most `most`."""
    number = number_at(value, path, 0, most)
    if number == 0:
        raise wrong("not_positive", "应大于零。", path)
    return number


def amount_at(value: object, path: str) -> Fraction:
    """A plain decimal from zero to 10**14."""
    return number_at(value, path, 0, AMOUNT_LIMIT)


def percent_at(value: object, path: str) -> Fraction:
    """A percentage from 0 to 100, both included."""
    return number_at(value, path, 0, 100)


def whole_at(value: object, path: str, least: int, most: int) -> int:
    """A whole number, as JSON number or as text."""
    number = number_at(value, path, least, most)
    if number.denominator != 1:
        raise wrong("not_whole", "应为整数。", path)
    return number.numerator


def text_at(value: object, path: str, limit: int = 100) -> str:
    """One line of text."""
    return clean_line(value, field=path, limit=limit)  # type: ignore[arg-type]  # it checks the type itself


def choice_at(value: object, path: str, kind: type[Member]) -> Member:
    """One of the words of an enumeration."""
    if isinstance(value, str) and value in {member.value for member in kind}:
        return kind(value)
    words = "、".join(member.value for member in kind)
    raise wrong("not_a_choice", "应为下列之一：%(words)s。", path, words=words)


def rounding_at(value: object, path: str) -> Rounding:
    """A number of decimals, or an object of `places` and `mode`."""
    if not isinstance(value, dict):
        return Rounding(whole_at(value, path, 0, MOST_PLACES))
    fields = object_at(value, path, ("places", "mode"))
    return Rounding(
        whole_at(fields["places"], under(path, "places"), 0, MOST_PLACES),
        choice_at(fields["mode"], under(path, "mode"), Mode),
    )


def under(path: str, key: str) -> str:
    """The path of a key under another path."""
    return f"{path}.{key}" if path else key


def distinct(names: Iterable[str], path: str) -> None:
    """Refuse a name that stands twice in a list."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            raise wrong("twice", "“%(name)s”重复。", f"{path}[{place}]", name=name)
        seen.add(name)
