"""What is the evaluated price (评标价): corrections, commercial deviations, policy discounts?

It moves benchmark, score and rank only; the contract stays at the price that was bid. Discounts do
not stack: of those claimed the largest counts. Source: 评标委员会和评标方法暂行规定 第30至33条;
财政部令第87号 第54、55条; 政府采购促进中小企业发展管理办法 第9条.
"""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction

from evaluation.rules.price_bids import Bid
from evaluation.rules.price_numbers import Rounding, plain
from evaluation.rules.price_reading import (
    amount_at,
    distinct,
    list_at,
    number_at,
    object_at,
    percent_at,
    text_at,
    under,
    wrong,
)
from evaluation.rules.price_trace import Paper, bracketed
from kernel.errors import Refusal

LARGEST_DISCOUNT = Fraction(90)


@dataclasses.dataclass(frozen=True)
class Charge:
    """An amount, or a percentage of the corrected price."""

    figure: Fraction
    is_percent: bool

    def on(self, price: Fraction) -> Fraction:
        """The charge in money."""
        return price * self.figure / 100 if self.is_percent else self.figure

    def keys(self, price: Fraction) -> str:
        """How it is keyed in."""
        text = bracketed(self.figure)
        return f"{plain(price)}×{text}÷100" if self.is_percent else text


@dataclasses.dataclass(frozen=True)
class Deviation:
    """A commercial deviation counted in units (months): late adds, early (below zero) lowers."""

    name: str
    late: Charge
    early: Charge


@dataclasses.dataclass(frozen=True)
class Adjustments:
    """Everything that may turn a price into an evaluated price."""

    deviations: Mapping[str, Deviation] = dataclasses.field(default_factory=dict)
    items: Mapping[str, Charge] = dataclasses.field(default_factory=dict)
    discounts: Mapping[str, Fraction] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Prices:
    """The three prices of a bid: as bid, corrected, evaluated."""

    offered: Fraction
    corrected: Fraction
    evaluated: Fraction


def prices_of(
    bid: Bid, adjustments: Adjustments, rounding: Rounding | None, paper: Paper
) -> Prices:
    """The prices of a bid. Raises Refusal if corrections or deviations leave nothing above zero.

    Evaluated = corrected × (1 − largest discount) + deviations + items, percentages on corrected.
    """
    if not (bid.corrections or bid.deviations or bid.items or bid.claims or rounding):
        return Prices(bid.price, bid.price, bid.price)
    corrected = bid.price + sum((one.amount for one in bid.corrections), Fraction(0))
    if corrected <= 0:
        raise _nothing_left(bid)
    discount = max(
        (adjustments.discounts.get(one, Fraction(0)) for one in bid.claims), default=Fraction(0)
    )
    charges = _charges(bid, adjustments)
    added = sum((units * charge.on(corrected) for units, charge in charges), Fraction(0))
    keys = _keys(corrected, discount, charges) if paper.writing else ""
    _write_corrections(bid, corrected, paper)
    figure = corrected * (1 - discount / 100) + added
    label = ("评标价", "evaluated price")
    evaluated = paper.reckon("evaluated_price", label, keys, figure, rounding, bidder=bid.bidder)
    if evaluated <= 0:
        raise _nothing_left(bid)
    return Prices(bid.price, corrected, evaluated)


def _charges(bid: Bid, adjustments: Adjustments) -> list[tuple[Fraction, Charge]]:
    charges = []
    for name, units in bid.deviations.items():
        deviation = adjustments.deviations[name]
        charges.append((units, deviation.late if units > 0 else deviation.early))
    return charges + [(Fraction(1), adjustments.items[name]) for name in bid.items]


def _keys(corrected: Fraction, discount: Fraction, charges: list[tuple[Fraction, Charge]]) -> str:
    keys = f"{plain(corrected)}×(1-{plain(discount)}÷100)" if discount else plain(corrected)
    for units, charge in charges:
        keys += f"+{bracketed(units)}×{charge.keys(corrected)}"
    return keys


def _write_corrections(bid: Bid, corrected: Fraction, paper: Paper) -> None:
    if bid.corrections and paper.writing:
        keys = plain(bid.price) + "".join(f"+{bracketed(one.amount)}" for one in bid.corrections)
        why = "；".join(one.why for one in bid.corrections)
        label = (f"修正后报价（{why}）", f"corrected price ({why})")
        paper.reckon("correction", label, keys, corrected, bidder=bid.bidder)


def _nothing_left(bid: Bid) -> Refusal:
    return Refusal(
        "price.not_above_zero",
        "%(field)s：投标人“%(bidder)s”调整后的价格不大于零。",
        field="bids",
        bidder=bid.bidder,
    )


def adjustments_at(value: object, path: str) -> Adjustments:
    """The part `evaluated_price` of a rule. Raises InvalidInput with the path."""
    fields = object_at(value, path, (), ("deviations", "items", "discounts"))
    deviations = list_at(fields.get("deviations", []), under(path, "deviations"), _deviation)
    items = list_at(fields.get("items", []), under(path, "items"), _item)
    discounts = list_at(fields.get("discounts", []), under(path, "discounts"), _discount)
    distinct((one.name for one in deviations), under(path, "deviations"))
    distinct((name for name, _ in items), under(path, "items"))
    distinct((name for name, _ in discounts), under(path, "discounts"))
    return Adjustments({one.name: one for one in deviations}, dict(items), dict(discounts))


def _deviation(value: object, path: str) -> Deviation:
    kinds = ("late", "late_percent", "early", "early_percent")
    fields = object_at(value, path, ("name",), kinds)
    return Deviation(
        text_at(fields["name"], under(path, "name")),
        _one_of(fields, path, "late", "late_percent"),
        _one_of(fields, path, "early", "early_percent"),
    )


def _one_of(fields: dict[str, object], path: str, amount: str, percent: str) -> Charge:
    if amount in fields and percent in fields:
        raise wrong("both", "%(other)s 与它只能写一个。", under(path, percent), other=amount)
    if percent in fields:
        return Charge(percent_at(fields[percent], under(path, percent)), is_percent=True)
    return Charge(amount_at(fields.get(amount, "0"), under(path, amount)), is_percent=False)


def _item(value: object, path: str) -> tuple[str, Charge]:
    fields = object_at(value, path, ("name",), ("amount", "percent"))
    name = text_at(fields["name"], under(path, "name"))
    if ("amount" in fields) == ("percent" in fields):
        raise wrong("both", "amount 与 percent 应写且只写一个。", path)
    if "percent" in fields:
        figure = number_at(fields["percent"], under(path, "percent"), -90, 100)
        return name, Charge(figure, is_percent=True)
    figure = number_at(fields["amount"], under(path, "amount"), -(10**14), 10**14)
    return name, Charge(figure, is_percent=False)


def _discount(value: object, path: str) -> tuple[str, Fraction]:
    fields = object_at(value, path, ("for", "percent"))
    percent = number_at(fields["percent"], under(path, "percent"), 0, LARGEST_DISCOUNT)
    return text_at(fields["for"], under(path, "for")), percent
