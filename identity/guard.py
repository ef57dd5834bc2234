"""Every door says who may pass: `@requires(Permission.X)` or `@open_to_all`. Default: refusal.

Start-up fails if a door says nothing. Programs come with a bearer token, people with a session;
both become a Viewer. A session is a row: it ends when the row does, when the person's epoch is
raised, or when nobody was seen in it for a while.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from flask import Flask, current_app, g, request, session
from sqlalchemy.orm import Session

from identity import queries
from identity.actions.accounts import token_digest
from identity.actions.sign_ins import note_seen, note_token_seen
from identity.models.sign_ins import SignIn
from identity.rules.permissions import ANONYMOUS, Viewer
from identity.rules.sign_ins import is_worth_noting
from identity.states import Permission
from kernel.errors import NotAllowed, NotSignedIn
from outbox import queries as outbox
from storage.base import real_now
from storage.database import snapshot, transaction

View = TypeVar("View", bound=Callable[..., Any])
HALF_SECONDS = 300
"""For so long a right password waits for its code."""

_MARK = "guarded_by"
_NO_SESSION = "uses_no_session"
_BEARER = "Bearer "
_NO_PAGES = ("/api/", "/live/", "/socket.io/", "/static/")


def requires(permission: Permission) -> Callable[[View], View]:
    """Let pass whoever has this permission; others are told to sign in, or refused."""

    def guarded(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return guarded


def open_to_all(view: View) -> View:
    """Let everybody pass. The mark says that somebody decided so."""
    setattr(view, _MARK, None)
    return view


def enforce() -> None:
    """Run before every request, and before its input is even read."""
    view = current_app.view_functions.get(request.endpoint or "")
    permission = getattr(view, _MARK, None)
    if permission is not None:
        check(viewer(), permission)
    elif comes_with_token():
        viewer()  # a token that is none is told at open doors too, before anything is done


def check(who: Viewer, permission: Permission) -> None:
    """Raise NotSignedIn or NotAllowed unless this viewer may."""
    if who.may(permission):
        return
    if not who.is_signed_in:
        raise NotSignedIn("account.sign_in_first", "请先登录。")
    raise NotAllowed("account.not_permitted", "您的角色不能进行此操作。")


def viewer() -> Viewer:
    """Who makes the present request; asked once a request."""
    if "viewer" not in g:
        g.viewer = ANONYMOUS  # should it raise: whoever tells of it must not stumble over it again
        g.viewer = _viewer_of_request()
    known: Viewer = g.viewer
    return known


def unread_letters() -> int:
    """How many letters wait for the one who looks, as counted when they were recognised.

    Not counted anew while a page is drawn: that would hold a second connection to the database.
    """
    number: int = g.get("unread", 0) if viewer().is_signed_in else 0
    return number


def begin_session(sign_in: SignIn) -> None:
    """This browser is signed in; whatever its cookie held before is dropped."""
    language = session.get("lang")
    session.clear()
    session["sign_in"] = sign_in.code
    if language:
        session["lang"] = language
    session.permanent = True
    g.pop("viewer", None)


def begin_half(person: str, onward: str, now: datetime) -> None:
    """The password was right and a code is to come: nobody is signed in yet."""
    language = session.get("lang")
    session.clear()
    session["half"] = [person, onward, now.timestamp()]
    if language:
        session["lang"] = language


def half_begun(now: datetime) -> tuple[str, str] | None:
    """Whose password was right a short while ago in this browser, and where they want to go."""
    match session.get("half"):
        case [str(person), str(onward), float(at)] if 0 <= now.timestamp() - at < HALF_SECONDS:
            return person, onward
    return None


def own_sign_in() -> str:
    """The code of the sign-in by which this request comes; empty for programs and strangers."""
    code = session.get("sign_in")
    return code if isinstance(code, str) and not comes_with_token() else ""


def sign_out() -> None:
    """End this browser's session."""
    session.clear()
    g.pop("viewer", None)


def uses_no_session(view: View) -> View:
    """Mark a door that pays no heed to the session, so that nothing can be forged through it."""
    setattr(view, _NO_SESSION, True)
    return view


def needs_forgery_mark() -> bool:
    """Whether this request acts by the browser's session."""
    view = current_app.view_functions.get(request.endpoint or "")
    return not comes_with_token() and not hasattr(view, _NO_SESSION)


def person_stamp() -> str:
    """What the credential is known by: the token's digest, or the browser's session."""
    if comes_with_token():
        token = request.headers["Authorization"].removeprefix(_BEARER).strip()
        return f"token:{token_digest(token).hex()}"
    return f"session:{own_sign_in()}"


def comes_with_token() -> bool:
    """Whether a program asks with a token: no cookie is read then, so no forgery is possible."""
    return request.headers.get("Authorization", "").startswith(_BEARER)


def permission_of(view: View) -> Permission | None:
    """What a guarded view asks for; None where everybody may pass."""
    permission: Permission | None = getattr(view, _MARK)
    return permission


def unguarded(app: Flask) -> list[str]:
    """Endpoints that say nothing about who may pass."""
    open_by_nature = {"static"}
    return sorted(
        name
        for name, view in app.view_functions.items()
        if not hasattr(view, _MARK) and name not in open_by_nature
    )


def _viewer_of_request() -> Viewer:
    if comes_with_token():
        return _viewer_of_token(request.headers["Authorization"].removeprefix(_BEARER).strip())
    code = own_sign_in()
    if not code:
        return ANONYMOUS
    with snapshot() as db:
        now = real_now(db)
        seen = queries.seen_sign_in(db, code, now)
    if seen is None:
        return ANONYMOUS
    found, g.unread = seen
    who = queries.viewer_of(found.person)
    if is_worth_noting(found.seen_at, now):
        with transaction() as (db, now):
            note_seen(db, code, now=now)
    return who


def _viewer_of_token(token: str) -> Viewer:
    digest = token_digest(token)
    with snapshot() as db:
        now = real_now(db)
        found = queries.valid_token(db, digest, now)
        if found is None:
            raise NotSignedIn("account.token_invalid", "访问令牌无效或已过期。")
        who = queries.viewer_of(found.person)
        _count_letters(db, who)
    if is_worth_noting(found.seen_at, now):
        with transaction() as (db, now):
            note_token_seen(db, digest, now=now)
    return who


def _count_letters(db: Session, who: Viewer) -> None:
    """One statement for a page that a program reads, none for the other doors of programs."""
    if not request.path.startswith(_NO_PAGES):
        g.unread = outbox.unread_count(db, who.code)
