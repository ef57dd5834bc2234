"""How input is read: JSON nested no deeper than anything here is, and no NUL anywhere.

Deep JSON makes readers run out of stack; a NUL stands in no text, and PostgreSQL takes none.
"""

from typing import Any

from flask import request
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import MultiDict

from kernel.errors import InvalidInput

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
    form = MultiDict() if request.path.startswith("/api/") else request.form
    given = [("", request.path), *_pairs(request.args), *_pairs(form)]
    for name, text in given:
        if "\0" in name + text:
            message = "“%(field)s”含有不允许的字符 U+%(value)s。"
            raise InvalidInput(
                "text.forbidden_character", message, field=name.replace("\0", ""), value="0000"
            )


def _pairs(values: MultiDict[str, str]) -> list[tuple[str, str]]:
    """Names and values, also those that stand there twice."""
    return list(values.items(multi=True))


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
