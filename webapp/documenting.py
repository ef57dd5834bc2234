"""The OpenAPI document told truly: who may ask, what comes back, and how every door refuses.

flask-openapi3 knows what goes in. What comes out the same everywhere is added here, once, so that
a client made from the document reads every refusal that webapp/errors.py makes.
"""

from typing import Any

from flask_openapi3 import OpenAPI
from pydantic import BaseModel, ConfigDict, Field

from identity.guard import permission_of

REFUSALS = {
    "400": "The request cannot be read.",
    "401": "Nobody is signed in, or the token is none.",
    "403": "This person may not do this.",
    "404": "It does not exist, or this viewer may not know that it does.",
    "405": "This address is not asked in this way.",
    "409": "The rules refuse it now; nothing was changed.",
    "413": "The body is too large.",
    "415": "The body is of another kind.",
    "416": "The file has no such part.",
    "422": "A value cannot be read as what it should be.",
    "429": "Too many attempts.",
    "503": "Nothing was done; ask again in a second.",
}
_WAITS = ("429", "503")
_RETRY = {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
_DONE = {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}


class ToldProblem(BaseModel):
    """One reason: a stable code, words in the reader's language, the article, the field."""

    model_config = ConfigDict(extra="forbid")

    code: str
    message: str
    source: str
    field: str


class Refused(BaseModel):
    """The answer to whatever was refused; `error` is the first of the problems."""

    model_config = ConfigDict(extra="forbid")

    error: ToldProblem
    problems: list[ToldProblem] = Field(min_length=1)


class DocumentedApi(OpenAPI):
    """An application whose document says of every operation what it may answer."""

    def generate_spec_json(self) -> None:
        """Complete what the library wrote."""
        super().generate_spec_json()  # type: ignore[no-untyped-call]  # the library types none
        asked = {
            (_place(rule.rule), method.lower()): permission_of(self, rule.endpoint)
            for rule in self.url_map.iter_rules()
            for method in rule.methods or ()
        }
        for address, operations in self.spec_json["paths"].items():
            for method, operation in operations.items():
                _complete(operation, asked[address, method] is not None)


def _place(rule: str) -> str:
    return rule.replace("<", "{").replace(">", "}")


def _complete(operation: dict[str, Any], is_guarded: bool) -> None:
    done = {code: told for code, told in operation["responses"].items() if code.startswith("2")}
    operation["responses"] = (done or {"2XX": _DONE}) | {code: _refused(code) for code in REFUSALS}
    operation["security"] = [{"bearer": []}] if is_guarded else [{}, {"bearer": []}]


def _refused(code: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Refused"}
    told = {"description": REFUSALS[code], "content": {"application/json": {"schema": schema}}}
    return told | ({"headers": _RETRY} if code in _WAITS else {})
