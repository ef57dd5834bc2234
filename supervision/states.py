"""What a regulator can order. Source: 招标投标法实施条例 第62条; domain.md 7.3."""

from enum import StrEnum


class OrderKind(StrEnum):
    """Kinds of orders."""

    SUSPEND = "suspend"
    RESUME = "resume"
