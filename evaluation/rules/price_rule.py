"""What is a price rule, and is this document one?

A rule is data of the tender documents, frozen at publication; it carries `"version": 1`, and what
version 1 means is never changed afterwards. Source: 招标投标法实施条例 第49条.
"""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from evaluation.rules.price_benchmark import REFERENCE, Expression
from evaluation.rules.price_bids import KnownNames
from evaluation.rules.price_evaluated import Adjustments, adjustments_at
from evaluation.rules.price_expressions import Surroundings, expression_at
from evaluation.rules.price_formulas import scoring_at
from evaluation.rules.price_numbers import Rounding
from evaluation.rules.price_ranking import PartKind, RankingRule
from evaluation.rules.price_ranking_rule import ranking_at
from evaluation.rules.price_reading import (
    choice_at,
    list_at,
    number_at,
    object_at,
    positive_at,
    rounding_at,
    text_at,
    under,
    wrong,
)
from evaluation.rules.price_scoring import Scoring
from evaluation.rules.price_validity import Check, check_at

Word = TypeVar("Word", bound=StrEnum)

VERSION = 1
MOST_DRAWN = 20
ROUNDED_STEPS = ("evaluated_price", "benchmark", "deviation", "score", "total")
_REQUIRED = ("version", "method", "rounding")
_OPTIONAL = (
    "title",
    "regime",
    "category",
    "source",
    "ceiling",
    "reference",
    "drawn",
    "evaluated_price",
    "validity",
    "benchmark",
    "score",
    "ranking",
)


class Method(StrEnum):
    """How the price counts: by a score, or the lowest (evaluated) price is first."""

    SCORE = "score"
    LOWEST_EVALUATED = "lowest_evaluated"
    LOWEST_PRICE = "lowest_price"


class Regime(StrEnum):
    """Under which law the tender is held; its prohibitions are then applied to the rule."""

    CONSTRUCTION = "CONSTRUCTION"
    GOVPROC = "GOVPROC"


class Category(StrEnum):
    """What is bought; decides the least weight of the price under GOVPROC."""

    GOODS = "goods"
    SERVICES = "services"
    WORKS = "works"


@dataclasses.dataclass(frozen=True)
class PriceRule:
    """A whole rule. `benchmark` and `scoring` are set iff the method is a score."""

    method: Method
    regime: Regime | None
    category: Category | None
    title: str
    source: str
    drawn: Mapping[str, tuple[Fraction, ...]]
    secret_reference: bool
    adjustments: Adjustments
    validity: tuple[Check, ...]
    benchmark: Expression | None
    scoring: Scoring | None
    rounding: Mapping[str, Rounding]
    ranking: RankingRule | None

    @property
    def known_names(self) -> KnownNames:
        """The names that bids may use."""
        parts = self.ranking.parts if self.ranking else ()
        bonuses = self.scoring.bonuses if self.scoring else {}
        return KnownNames(
            deviations=self.adjustments.deviations,
            items=self.adjustments.items,
            claims={*self.adjustments.discounts, *bonuses},
            marks={part.name for part in parts if part.kind is PartKind.MARKS},
            quality={part.name for part in parts if part.kind is PartKind.RELATIVE},
        )


def rule_at(value: object, path: str) -> PriceRule:
    """The rule in a document. Raises InvalidInput with the path of the wrong field."""
    fields = object_at(value, path, _REQUIRED, _OPTIONAL)
    version = fields["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version != VERSION:
        raise wrong("version", "只支持版本 1。", under(path, "version"))
    reader = _Reader(fields, path)
    method = choice_at(fields["method"], under(path, "method"), Method)
    rounding = reader.roundings(scored=method is Method.SCORE)
    around = reader.surroundings()
    return PriceRule(
        method=method,
        regime=reader.choice("regime", Regime),
        category=reader.choice("category", Category),
        title=reader.text("title"),
        source=reader.text("source"),
        drawn=reader.drawn(),
        secret_reference=around.secret_reference,
        adjustments=reader.adjustments(method),
        validity=list_at(
            fields.get("validity", []),
            under(path, "validity"),
            lambda one, at: check_at(one, at, around),
        ),
        benchmark=reader.benchmark(method, around, rounding),
        scoring=reader.scoring(method, rounding),
        rounding=rounding,
        ranking=ranking_at(
            fields.get("ranking"),
            under(path, "ranking"),
            scored=method is Method.SCORE,
            total=rounding.get("total"),
        ),
    )


@dataclasses.dataclass(frozen=True)
class _Reader:
    fields: dict[str, object]
    path: str

    def choice(self, key: str, kind: type[Word]) -> Word | None:
        value = self.fields.get(key)
        return None if value is None else choice_at(value, under(self.path, key), kind)

    def text(self, key: str) -> str:
        value = self.fields.get(key)
        return "" if value is None else text_at(value, under(self.path, key), 200)

    def roundings(self, *, scored: bool) -> dict[str, Rounding]:
        here = under(self.path, "rounding")
        required = ("score",) if scored else ()
        stated = object_at(self.fields["rounding"], here, required, ROUNDED_STEPS)
        return {step: rounding_at(value, under(here, step)) for step, value in stated.items()}

    def drawn(self) -> dict[str, tuple[Fraction, ...]]:
        here = under(self.path, "drawn")
        stated = self.fields.get("drawn", {})
        if not isinstance(stated, dict) or len(stated) > MOST_DRAWN:
            raise wrong("not_object", "应为对象，最多 20 项。", here)
        for name in stated:
            if text_at(name, here, 40) != name or name == REFERENCE:
                raise wrong("bad_name", "系数名称不可用。", under(here, name))
        return {
            name: list_at(values, under(here, name), number_at, least=1)
            for name, values in stated.items()
        }

    def adjustments(self, method: Method) -> Adjustments:
        here = under(self.path, "evaluated_price")
        adjustments = adjustments_at(self.fields.get("evaluated_price", {}), here)
        if method is Method.LOWEST_PRICE and (adjustments.deviations or adjustments.items):
            raise wrong("only_corrections", "最低价法只作算术修正和政策扣除。", here)
        return adjustments

    def surroundings(self) -> Surroundings:
        ceiling, reference = self.fields.get("ceiling"), self.fields.get(REFERENCE)
        secret = reference == "secret"
        price = None
        if reference is not None and not secret:
            price = positive_at(reference, under(self.path, REFERENCE))
        return Surroundings(
            None if ceiling is None else positive_at(ceiling, under(self.path, "ceiling")),
            price,
            secret,
            tuple(self.drawn()),
        )

    def benchmark(
        self, method: Method, around: Surroundings, rounding: Mapping[str, Rounding]
    ) -> Expression | None:
        if not self._belongs("benchmark", method):
            return None
        here = under(self.path, "benchmark")
        expression = expression_at(self.fields["benchmark"], here, around)
        if "benchmark" not in rounding:
            return expression
        if expression.rounding is not None:
            raise wrong("both", "rounding.benchmark 与它只能写一个。", under(here, "rounding"))
        return dataclasses.replace(expression, rounding=rounding["benchmark"])

    def scoring(self, method: Method, rounding: Mapping[str, Rounding]) -> Scoring | None:
        if not self._belongs("score", method):
            return None
        return scoring_at(self.fields["score"], under(self.path, "score"), rounding["score"])

    def _belongs(self, key: str, method: Method) -> bool:
        scored = method is Method.SCORE
        if scored and key not in self.fields:
            raise wrong("missing", "缺少这个字段。", under(self.path, key))
        if not scored and key in self.fields:
            raise wrong("not_scored", "最低价法不设这个字段。", under(self.path, key))
        return scored
