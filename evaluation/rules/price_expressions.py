"""Which benchmark expressions may a rule contain, and are they well formed?

Nesting is bounded by 8. `ceiling` and `reference` stand in the rule beside the expression.
Source: 招标投标法实施条例 第27条 (one reference price, secret until the opening), 第49条.
"""

import dataclasses
from collections.abc import Collection
from fractions import Fraction

from evaluation.rules.price_benchmark import (
    Coefficient,
    Composite,
    Drawn,
    Expression,
    Given,
    MinusPercent,
    Nearest,
    SecretReference,
    Statistic,
    Times,
)
from evaluation.rules.price_reading import (
    number_at,
    object_at,
    positive_at,
    rounding_at,
    under,
    wrong,
)
from evaluation.rules.price_trimming import NONE, trimming_at

DEPTH = 8
STATISTICS = ("mean", "lowest", "second_lowest", "highest")
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "given": (("amount",), ()),
    "ceiling": ((), ()),
    "reference": ((), ()),
    "times": (("value", "factor"), ()),
    "minus_percent": (("value", "percent"), ()),
    "composite": (("first", "second", "weight"), ()),
    "nearest": (("to",), ("not_above",)),
} | dict.fromkeys(STATISTICS, ((), ("trimming", "not_below", "not_above")))


@dataclasses.dataclass(frozen=True)
class Surroundings:
    """What the rule states beside its expressions."""

    ceiling: Fraction | None = None
    reference: Fraction | None = None
    secret_reference: bool = False
    drawn: Collection[str] = ()


def expression_at(value: object, path: str, around: Surroundings, depth: int = DEPTH) -> Expression:
    """An expression. Raises InvalidInput with the path of the wrong field."""
    if depth == 0:
        raise wrong("too_deep", "表达式嵌套过深，最多 %(depth)s 层。", path, depth=DEPTH)
    if not isinstance(value, dict):
        raise wrong("not_object", "应为对象。", path)
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in _KEYS:
        words = "、".join(_KEYS)
        raise wrong("not_a_choice", "应为下列之一：%(words)s。", under(path, "kind"), words=words)
    required, optional = _KEYS[kind]
    fields = object_at(value, path, ("kind", *required), (*optional, "rounding"))
    rounding = fields.get("rounding")
    return Expression(
        _Reader(path, around, depth - 1, fields).node(kind),
        None if rounding is None else rounding_at(rounding, under(path, "rounding")),
    )


@dataclasses.dataclass(frozen=True)
class _Reader:
    path: str
    around: Surroundings
    depth: int
    fields: dict[str, object]

    def node(
        self, kind: str
    ) -> Given | SecretReference | Statistic | Times | MinusPercent | Composite | Nearest:
        if kind in STATISTICS:
            return self._statistic(kind)
        if kind in ("given", "ceiling", "reference"):
            return self._stated(kind)
        if kind == "times":
            return Times(self._inner("value"), self._coefficient("factor", 0, 10))
        if kind == "minus_percent":
            return MinusPercent(self._inner("value"), self._coefficient("percent", -99, 99))
        if kind == "composite":
            weight = self._coefficient("weight", 0, 1)
            return Composite(self._inner("first"), self._inner("second"), weight)
        return Nearest(self._inner("to"), self._flag("not_above"), self.path)

    def _stated(self, kind: str) -> Given | SecretReference:
        if kind == "given":
            amount = positive_at(self.fields["amount"], under(self.path, "amount"))
            return Given(amount, ("给定价", "given price"))
        if kind == "ceiling":
            if self.around.ceiling is None:
                raise wrong("no_ceiling", "规则没有写明最高投标限价 ceiling。", self.path)
            return Given(self.around.ceiling, ("最高投标限价", "ceiling price"))
        if self.around.reference is not None:
            return Given(self.around.reference, ("参考价", "reference price"))
        if not self.around.secret_reference:
            raise wrong("no_reference", "规则没有写明参考价 reference。", self.path)
        return SecretReference()

    def _statistic(self, kind: str) -> Statistic:
        table = self.fields.get("trimming")
        return Statistic(
            kind,
            self.path,
            NONE if table is None else trimming_at(table, under(self.path, "trimming")),
            self._maybe("not_below"),
            self._maybe("not_above"),
        )

    def _maybe(self, key: str) -> Expression | None:
        return self._inner(key) if self.fields.get(key) is not None else None

    def _inner(self, key: str) -> Expression:
        return expression_at(self.fields[key], under(self.path, key), self.around, self.depth)

    def _flag(self, key: str) -> bool:
        value = self.fields.get(key, False)
        if not isinstance(value, bool):
            raise wrong("not_flag", "应为 true 或 false。", under(self.path, key))
        return value

    def _coefficient(self, key: str, least: int, most: int) -> Coefficient:
        value, here = self.fields[key], under(self.path, key)
        if not isinstance(value, dict):
            return _factor(number_at(value, here, least, most), key, here)
        name = object_at(value, here, ("drawn",))["drawn"]
        if not isinstance(name, str) or name not in self.around.drawn:
            raise wrong("unknown_name", "drawn 中没有这个系数。", under(here, "drawn"))
        return Drawn(name)


def _factor(number: Fraction, key: str, path: str) -> Fraction:
    if key == "factor" and number == 0:
        raise wrong("not_positive", "应大于零。", path)
    return number
