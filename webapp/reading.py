"""How JSON is read: nested no deeper than anything here is, so that no reader runs out of stack."""

from typing import Any

from flask.json.provider import DefaultJSONProvider

DEEPEST = 64


class ShallowJson(DefaultJSONProvider):
    """JSON without deep nesting; Chinese is written as it is."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value. Raises ValueError for what is no JSON or too deep."""
        try:
            value = super().loads(s, **kwargs)
        except RecursionError as fault:
            raise ValueError("nested too deep") from fault
        if not _is_shallow(value):
            raise ValueError("nested too deep")
        return value


def _is_shallow(value: Any) -> bool:
    """Whether nothing lies deeper than DEEPEST; level by level, without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return True
    return False


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
