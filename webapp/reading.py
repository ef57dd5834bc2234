"""How input is read: JSON nested no deeper than anything here is, and no NUL anywhere.

Deep JSON makes readers run out of stack; a NUL stands in no text, and PostgreSQL takes none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from flask import abort, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import MultiDict

DEEPEST = 64


class ShallowJson(DefaultJSONProvider):
    """JSON without deep nesting; Chinese is written as it is."""

    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value. Raises ValueError for what is no JSON, too deep, or holds a NUL."""
        try:
            value = super().loads(s, **kwargs)
        except RecursionError as fault:
            raise ValueError("nested too deep") from fault
        if not _is_shallow(value):
            raise ValueError("nested too deep")
        return value


def refuse_nul() -> None:
    """Refuse a request with a NUL in its address or form. JSON is looked at when it is read."""
    form = {} if request.path.startswith("/api/") else request.form
    given = (request.path, *_texts(request.args), *_texts(form))
    if any("\0" in text for text in given):
        abort(400)


def _texts(values: Mapping[str, str]) -> Iterator[str]:
    """Names and values, also those that stand there twice."""
    items = values.items(multi=True) if isinstance(values, MultiDict) else values.items()
    return (text for pair in items for text in pair)


def _is_shallow(value: Any) -> bool:
    """Whether nothing lies deeper than DEEPEST; level by level, without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        if any(isinstance(each, str) and "\0" in each for each in level):
            raise ValueError("a NUL")
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return True
    return False


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []
