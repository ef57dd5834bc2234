"""What is the benchmark price (评标基准价), by the expression that the documents state?

An expression is a figure, the ceiling, the reference price, a mean or an extreme of the valid
prices, or one made of others: times, minus a percentage, a composite, the nearest price. Prices of
rejected bids never enter. Source: 招标投标法实施条例 第49条; 财政部令第87号 第55条 (lowest price).
"""

import dataclasses
from collections.abc import Mapping, Sequence
from fractions import Fraction

from evaluation.rules.price_numbers import Rounding, plain
from evaluation.rules.price_trace import Paper, bracketed
from evaluation.rules.price_trimming import Trimming, leaves_out, trimmed
from kernel.errors import NotYet, Refusal

REFERENCE = "reference"


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A figure that is drawn in public at the opening, out of stated values."""

    name: str


Coefficient = Fraction | Drawn


@dataclasses.dataclass(frozen=True)
class Given:
    """A stated amount; `label` tells where it stands (Chinese, English)."""

    amount: Fraction
    label: tuple[str, str]


@dataclasses.dataclass(frozen=True)
class SecretReference:
    """The reference price (标底) that is opened together with the bids."""


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A mean or an extreme of the valid prices within the bounds (themselves included)."""

    kind: str
    path: str
    trimming: Trimming
    not_below: "Expression | None" = None
    not_above: "Expression | None" = None


@dataclasses.dataclass(frozen=True)
class Times:
    """A value times a factor."""

    value: "Expression"
    factor: Coefficient


@dataclasses.dataclass(frozen=True)
class MinusPercent:
    """A value less a percentage of itself; a negative percentage adds."""

    value: "Expression"
    percent: Coefficient


@dataclasses.dataclass(frozen=True)
class Composite:
    """First × weight + second × (1 − weight)."""

    first: "Expression"
    second: "Expression"
    weight: Coefficient


@dataclasses.dataclass(frozen=True)
class Nearest:
    """The valid price nearest to a value, the lower of two equally near; or not above it."""

    to: "Expression"
    not_above: bool
    path: str


@dataclasses.dataclass(frozen=True)
class Expression:
    """One of the kinds, and how its figure is rounded (None: not at all)."""

    node: Given | SecretReference | Statistic | Times | MinusPercent | Composite | Nearest
    rounding: Rounding | None = None


@dataclasses.dataclass(frozen=True)
class Scene:
    """What an expression looks at: the valid prices, and what was drawn or opened.

    `inner` is true inside another expression, where figures that have no end stay exact.
    """

    prices: Sequence[Fraction]
    opened: Mapping[str, Fraction]
    paper: Paper
    step: str
    inner: bool = False


NAMES = {
    "mean": ("算术平均值", "mean"),
    "lowest": ("最低价", "lowest price"),
    "second_lowest": ("次低价", "second lowest price"),
    "highest": ("最高价", "highest price"),
}


def value_of(expression: Expression, scene: Scene) -> Fraction:
    """The figure of the expression, written down step by step on the scene's paper.

    Raises Refusal if there are too few prices for it, NotYet if something wasn't drawn or opened.
    """
    node, rounding = expression.node, expression.rounding
    match node:
        case Given():
            return _stated(node.amount, node.label, rounding, scene)
        case SecretReference():
            label = ("标底", "reference price")
            return _stated(_opened(REFERENCE, scene), label, rounding, scene)
        case Statistic():
            return _statistic(node, rounding, scene)
        case Nearest():
            return _nearest(node, rounding, scene)
        case _:
            return _made_of_others(node, rounding, scene)


def _stated(
    amount: Fraction, label: tuple[str, str], rounding: Rounding | None, scene: Scene
) -> Fraction:
    return _reckoned(label, plain(amount), amount, rounding, scene)


def _made_of_others(
    node: Times | MinusPercent | Composite, rounding: Rounding | None, scene: Scene
) -> Fraction:
    if isinstance(node, Composite):
        first, second = _inner(node.first, scene), _inner(node.second, scene)
        weight = coefficient(node.weight, scene)
        keys = f"{bracketed(first)}×{plain(weight)}+{bracketed(second)}×(1-{plain(weight)})"
        figure = first * weight + second * (1 - weight)
        return _reckoned(("加权合成", "composite"), keys, figure, rounding, scene)
    value = _inner(node.value, scene)
    if isinstance(node, Times):
        factor = coefficient(node.factor, scene)
        keys = f"{bracketed(value)}×{plain(factor)}"
        return _reckoned(("乘以系数", "times the factor"), keys, value * factor, rounding, scene)
    percent = coefficient(node.percent, scene)
    keys = f"{bracketed(value)}×(1-{bracketed(percent)}÷100)"
    figure = value * (1 - percent / 100)
    return _reckoned(("下浮后", "less the percentage"), keys, figure, rounding, scene)


def _inner(expression: Expression, scene: Scene) -> Fraction:
    return value_of(expression, dataclasses.replace(scene, inner=True))


def _reckoned(
    label: tuple[str, str], keys: str, figure: Fraction, rounding: Rounding | None, scene: Scene
) -> Fraction:
    return scene.paper.reckon(scene.step, label, keys, figure, rounding, inner=scene.inner)


def coefficient(value: Coefficient, scene: Scene) -> Fraction:
    """A stated figure, or the one that was drawn under its name."""
    return _opened(value.name, scene) if isinstance(value, Drawn) else value


def _opened(name: str, scene: Scene) -> Fraction:
    if name not in scene.opened:
        raise NotYet("price.not_opened", "“%(name)s”尚未抽取或公布。", field="opened", name=name)
    return scene.opened[name]


def _statistic(node: Statistic, rounding: Rounding | None, scene: Scene) -> Fraction:
    within = _within(node, scene)
    if not within:
        raise _too_few(node.path)
    split = trimmed(within, node.trimming)
    if leaves_out(node.trimming):
        _say_trimmed(split.lowest, split.highest, scene)
    if node.kind == "mean":
        return _mean(split.counted, rounding, scene)
    place = {"lowest": 0, "second_lowest": 1, "highest": -1}[node.kind]
    if place >= len(split.counted):
        raise _too_few(node.path)
    figure = split.counted[place]
    return _reckoned(NAMES[node.kind], plain(figure), figure, rounding, scene)


def _within(node: Statistic, scene: Scene) -> list[Fraction]:
    low = None if node.not_below is None else _inner(node.not_below, scene)
    high = None if node.not_above is None else _inner(node.not_above, scene)
    return [
        price
        for price in scene.prices
        if (low is None or price >= low) and (high is None or price <= high)
    ]


def _mean(counted: Sequence[Fraction], rounding: Rounding | None, scene: Scene) -> Fraction:
    keys = ""
    if scene.paper.writing:
        keys = f"({'+'.join(bracketed(price) for price in counted)})÷{len(counted)}"
    figure = sum(counted, Fraction(0)) / len(counted)
    return _reckoned(NAMES["mean"], keys, figure, rounding, scene)


def _say_trimmed(lowest: Sequence[Fraction], highest: Sequence[Fraction], scene: Scene) -> None:
    low, high = (", ".join(map(plain, left_out)) for left_out in (lowest, highest))
    scene.paper.say(
        scene.step,
        f"计算时去掉最高价：{high or '无'}；去掉最低价：{low or '无'}（仍参加评分）",
        f"left out: highest {high or 'none'}, lowest {low or 'none'} (still scored)",
    )


def _nearest(node: Nearest, rounding: Rounding | None, scene: Scene) -> Fraction:
    target = _inner(node.to, scene)
    prices = [price for price in scene.prices if price <= target or not node.not_above]
    if not prices:
        raise _too_few(node.path)
    figure = min(prices, key=lambda price: (abs(price - target), price))
    above = node.not_above
    label = (
        f"最接近{'且不高于' if above else ''} {plain(target)} 的报价",
        f"price nearest to {'and not above ' if above else ''}{plain(target)}",
    )
    return _reckoned(label, plain(figure), figure, rounding, scene)


def _too_few(path: str) -> Refusal:
    return Refusal("price.too_few", "%(field)s：有效报价不足，无法计算。", field=path)
