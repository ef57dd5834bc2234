"""Ready methods to begin with, as they stand in docs/methods, by regime and category."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trading.states import Category, Regime

_METHODS = Path(__file__).parents[2] / "docs/methods"


def _(text: str) -> str:
    """Marks a text for the catalogue; templates translate it when they show it."""
    return text


@dataclass(frozen=True)
class Preset:
    """A ready method: its file's name, for whom it is, and what it is called."""

    code: str
    regime: Regime
    category: Category
    words: str


_C, _G = Regime.CONSTRUCTION, Regime.GOVPROC
PRESETS = (
    Preset("construction", _C, Category.WORKS, _("施工：去掉最高、最低后的平均价为基准价")),
    Preset("construction-below-mean", _C, Category.WORKS, _("施工：平均价下浮百分之一为基准价")),
    Preset("construction-goods", _C, Category.GOODS, _("设备材料：技术和价格各占一半")),
    Preset("construction-services", _C, Category.SERVICES, _("勘察、设计、监理：以方案和人员为主")),
    Preset("govproc", _G, Category.GOODS, _("政府采购货物：低价优先，价格占三成")),
    Preset("govproc-low-price", _G, Category.GOODS, _("政府采购货物：低价优先，报价过低要求说明")),
    Preset("govproc-services", _G, Category.SERVICES, _("政府采购服务：低价优先，价格占两成")),
)


def presets_of(regime: Regime) -> list[Preset]:
    """The ready methods of a regime; the first is shown on a fresh form."""
    return [preset for preset in PRESETS if preset.regime is regime]


@cache
def _text_of(code: str) -> str:
    return (_METHODS / f"{code}.json").read_text(encoding="utf-8")


def preset_method(code: str, regime: Regime) -> Mapping[str, Any]:
    """The method of this name, or the regime's first."""
    names = [preset.code for preset in presets_of(regime)]
    found: dict[str, Any] = json.loads(_text_of(code if code in names else names[0]))
    return found
