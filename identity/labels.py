"""Wording of restrictions and of the fields that people fill in; Chinese is the source."""

from collections.abc import Mapping
from enum import StrEnum

from identity.states import RestrictionKind


def _(text: str) -> str:
    """Marks a text for the catalogue; pages translate it when they show it."""
    return text


LABELS: Mapping[StrEnum, str] = {
    RestrictionKind.REGISTRATION: _("登记代理新项目"),
    RestrictionKind.BIDDING: _("参加投标"),
    RestrictionKind.EVALUATION: _("参加评审"),
}

# Refusals name a field by its word, never by its name in the program.
FIELDS: Mapping[str, str] = {
    "article": _("依据条款"),
    "code": _("统一社会信用代码"),
    "credit_code": _("统一社会信用代码"),
    "csv": _("清单内容"),
    "finding": _("认定编号"),
    "from": _("开始日期"),
    "ground": _("事实和理由"),
    "kind": _("限制种类"),
    "name": _("单位名称"),
    "origin": _("清单来源"),
    "until": _("结束日期"),
}


def label(value: StrEnum) -> str:
    """The Chinese wording of a kind."""
    return LABELS[value]
