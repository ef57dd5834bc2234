"""Bounded shapes for what comes in: every package's JSON bodies are built from these.

A form on a page names its page by `@form_of(page)`; when it is refused, webapp/errors.py shows
that page again with what was wrong, and nothing that was typed is lost.
"""

import base64
from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from identity.states import OrganisationKind, Role
from kernel.errors import InvalidInput

View = TypeVar("View", bound=Callable[..., Any])
Chosen = TypeVar("Chosen", bound=StrEnum)
_PAGE = "page_of_form"
_LIMIT = "body_limit"

# The largest integer that canonical JSON, JavaScript and both databases hold alike.
MAX_INTEGER = 2**53 - 1


def decodable(text: str) -> str:
    """The same text, which decodes as base64. Raises ValueError, as pydantic wants it."""
    base64.b64decode(text, validate=True)
    return text


Line = Annotated[str, Field(min_length=1, max_length=200)]
LongText = Annotated[str, Field(max_length=20_000)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Base64Text = Annotated[
    str,
    Field(max_length=100_000, pattern=r"^[A-Za-z0-9+/]*={0,2}$"),
    AfterValidator(decodable),
]
Whole = Annotated[int, Field(strict=True, ge=0, le=MAX_INTEGER)]
Positive = Annotated[int, Field(strict=True, ge=1, le=MAX_INTEGER)]
Yuan = Annotated[str, Field(max_length=20)]


class ApiModel(BaseModel):
    """A body or query: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class SignInBody(ApiModel):
    """Name and password; `totp` is the code of a second factor, for accounts that have one."""

    username: Annotated[str, Field(max_length=200)]
    password: Annotated[str, Field(max_length=2000)]
    totp: Annotated[str, Field(max_length=40)] = ""


class OrganisationBody(ApiModel):
    """A new organisation."""

    credit_code: Line
    name: Line
    kinds: Annotated[list[OrganisationKind], Field(min_length=1, max_length=8)]


class PersonBody(ApiModel):
    """A new person of an organisation."""

    username: Line
    name: Line
    credit_code: Line
    roles: Annotated[list[Role], Field(min_length=1, max_length=8)]
    password: Annotated[str, Field(max_length=2000)]


class StatementKeyBody(ApiModel):
    """A public key and the proof that its owner holds the private half."""

    spki: Annotated[Base64Text, Field(max_length=400)]
    proof: Annotated[Base64Text, Field(max_length=400)]


class UndertakingStatement(ApiModel):
    """What is signed: who undertakes which text of which role."""

    type: Code
    person: Code
    role: Code
    version: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    text_sha256: Hex32


class UndertakingBody(ApiModel):
    """The statement and its signature (ECDSA P-256, DER)."""

    statement: UndertakingStatement
    signature: Annotated[Base64Text, Field(max_length=200)]


class CodePath(ApiModel):
    """The public code in the address."""

    code: Code


class PinBody(ApiModel):
    """The PIN of a document key; it is used once and not kept."""

    pin: Annotated[str, Field(max_length=200)]


class GroundBody(ApiModel):
    """Why something is ordered: the article and the facts."""

    article: Line
    ground: Annotated[str, Field(min_length=1, max_length=2000)]


class NegativeListQuery(ApiModel):
    """Whom to look up: by code, by name, or both."""

    code: Annotated[str, Field(max_length=40)] = ""
    name: Annotated[str, Field(max_length=200)] = ""


class NegativeListBody(ApiModel):
    """A list to import."""

    origin: Line
    csv: Annotated[str, Field(max_length=4_000_000)]


def form_of(page: Callable[..., Any]) -> Callable[[View], View]:
    """Mark the door of a form with the page that it stands on."""

    def marked(view: View) -> View:
        setattr(view, _PAGE, page)
        return view

    return marked


def sends_file(*kinds: str) -> dict[str | int | HTTPStatus, Any]:
    """What the OpenAPI document says of a door that sends a file of one of these media types."""
    schema = {"type": "string", "format": "binary"}
    content = {kind: {"schema": schema} for kind in kinds}
    return {"2XX": {"description": "The file.", "content": content}}


def takes_files(limit: int) -> Callable[[View], View]:
    """Mark the door of a form that takes files of together so many bytes."""

    def marked(view: View) -> View:
        setattr(view, _LIMIT, limit)
        return view

    return marked


def body_limit_of(view: Callable[..., Any] | None) -> int | None:
    """How many bytes this door takes when it is more than the rest of the site."""
    limit: int | None = getattr(view, _LIMIT, None)
    return limit


def page_of(view: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """The page on which the form of this door stands; None for doors of programs."""
    page: Callable[..., Any] | None = getattr(view, _PAGE, None)
    return page


def chosen(kind: type[Chosen], text: str, *, field: str) -> Chosen:
    """The member of an enum that a form's choice names. Raises InvalidInput."""
    known = {member.value: member for member in kind}
    if text not in known:
        raise InvalidInput("input.choice", "请在“%(field)s”中选择一项。", field=field)
    return known[text]


def chosen_all(kind: type[Chosen], texts: list[str], *, field: str) -> list[Chosen]:
    """The members of an enum whose boxes were ticked, at least one. Raises InvalidInput."""
    if not texts:
        raise InvalidInput("input.choice", "请在“%(field)s”中选择一项。", field=field)
    return [chosen(kind, text, field=field) for text in texts]


def confirmed(form: Mapping[str, str], field: str = "confirm") -> None:
    """Refuse an act that cannot be undone while its box is not ticked. Raises InvalidInput."""
    if form.get(field) != "yes":
        raise InvalidInput("input.not_confirmed", "这一步不能撤回，请先勾选确认。", field=field)
