"""Refusals become answers here and nowhere else: JSON for programs, a page for people."""

import inspect
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from evaluation import labels as evaluation
from identity import labels as identity
from identity.forms import page_of
from kernel import errors
from kernel.errors import Problem, Refusal
from kernel.words import Say
from supervision import labels as supervision
from trading import labels as trading
from webapp.answered import note_code
from webapp.attempts import note_refusal
from webapp.i18n import show_instant

log = logging.getLogger("zhaobiao.web")

# The first class that fits decides; the order is from special to general.
STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (errors.NotSignedIn, 401),
    (errors.NotAllowed, 403),
    (errors.NotFound, 404),
    (errors.InvalidInput, 422),
    (errors.Busy, 503),
    (errors.TooMany, 429),
    (Refusal, 409),
)
HTTP_MESSAGES = {
    400: "请求的格式不对，平台没有做任何改动。",
    404: "没有这个页面，或者您没有权限查看。请核对地址。",
    405: "这个地址只接收表单，不能直接打开。请从相应页面提交。",
    413: "提交的内容超过了允许的大小。",
}
FIELDS = {**trading.FIELDS, **evaluation.FIELDS, **identity.FIELDS, **supervision.FIELDS}


def register_errors(app: Flask) -> None:
    """Answer refusals, HTTP errors and faults in the caller's form."""
    app.register_error_handler(Refusal, answer_refusal)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(Exception, _answer_fault)


def answer_refusal(refusal: Refusal) -> tuple[Any, int, dict[str, str]]:
    """The answer to a refusal: status, problems, and when to come again."""
    note_code(refusal.code)
    note_refusal(refusal)
    status = status_of(refusal)
    headers = {"Retry-After": str(wait)} if (wait := _seconds_to_wait(refusal)) else {}
    problems = [as_json(problem) for problem in refusal.problems]
    if wants_json():
        return jsonify(error=problems[0], problems=problems), status, headers
    # Who may not act gets no form; who mistook a field, as a PIN, gets the form to mend it.
    barred = isinstance(refusal, errors.NotAllowed) and not refusal.problems[0].field
    page = None if barred else _form_again(problems)
    page = page or render_template(
        "errors/refused.html", problems=problems, status=status, back=_wanted_page()
    )
    return page, status, headers


def _wanted_page() -> str:
    """Where to go on to after signing in: the page that was asked for, or that of the form."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    page = page_of(current_app.view_functions.get(request.endpoint or ""))
    return _address_of(page, request.view_args or {}) if page else ""


def _seconds_to_wait(refusal: Refusal) -> int:
    """When the same request may be made again; 0 where that would not help."""
    if isinstance(refusal, errors.Busy):
        return 1
    return 10 if isinstance(refusal, errors.TooMany) else 0


def status_of(refusal: Refusal) -> int:
    """HTTP status of a refusal."""
    return next(status for kind, status in STATUS if isinstance(refusal, kind))


def as_json(problem: Problem) -> dict[str, str]:
    """A problem as programs and templates get it, in the reader's language."""
    return {
        "code": problem.code,
        "message": told(problem),
        "source": problem.source,
        "field": problem.field,
    }


def told(problem: Problem) -> str:
    """The message in the reader's language: fields by their words, instants in Shanghai time."""
    places = {name: _told_value(value) for name, value in problem.places.items()}
    name, _, number = problem.field.partition("-")  # the second lot's ceiling is ceiling-2
    if name in FIELDS and "field" not in problem.values:
        places["field"] = f"{gettext(FIELDS[name])} {number}".rstrip()
    message: str = gettext(problem.message) % places
    return message


def answer_invalid(fault: ValidationError) -> Response:
    """What pydantic found wrong, in the form of every other refusal."""
    problems = [
        Problem(
            f"input.{item['type']}",
            "字段“%(field)s”的值不符合要求：%(why)s",
            field=".".join(str(part) for part in item["loc"]),
            values={"why": item["msg"]},
        )
        for item in fault.errors(include_url=False, include_input=False, include_context=False)
    ]
    note_code(problems[0].code)
    response = jsonify(error=as_json(problems[0]), problems=[as_json(p) for p in problems])
    response.status_code = 422
    return response


def wants_json() -> bool:
    """Whether a program asks."""
    return request.path.startswith(("/api/", "/live/", "/socket.io/"))


def worded(say: Say) -> str:
    """A sentence made of parts, in the reader's language."""
    text: str = gettext(say.text) % {name: _told_value(each) for name, each in say.values.items()}
    return text


def _told_value(value: Any) -> Any:
    if isinstance(value, Problem):
        return told(value)
    if isinstance(value, Say):
        return worded(value)
    if type(value) in evaluation.LABELS:
        return gettext(evaluation.label(value))
    return show_instant(value) if isinstance(value, datetime) else value


def _form_again(problems: list[dict[str, str]]) -> ResponseReturnValue | None:
    """The page of the form that was refused, with the problems; None if there is no such page."""
    given = request.view_args or {}
    page = page_of(current_app.view_functions.get(request.endpoint or ""))
    if page is None:
        return None
    g.problems = problems
    g.page_address = _address_of(page, given)
    try:
        shown: ResponseReturnValue = page(**_taken_by(page, given))
    except Refusal:  # what the page is about does not exist: there is nothing to show again
        return None
    return shown


def _answer_http_error(fault: HTTPException) -> Any:
    code = fault.code or 500
    if fault.response is not None:
        return fault
    if code == 405 and request.method == "GET" and (address := _address_of_form()):
        return redirect(address, 303)
    note_code(f"http.{code}")
    message = gettext(HTTP_MESSAGES[code]) if code in HTTP_MESSAGES else fault.name
    problem = {"code": f"http.{code}", "message": message, "source": "", "field": ""}
    if wants_json():
        return jsonify(error=problem, problems=[problem]), code
    return render_template("errors/refused.html", problems=[problem], status=code), code


def _address_of_form() -> str | None:
    """Where the form stands that posts to this address: it was opened by reload or bookmark."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return None
    try:
        endpoint, given = adapter.match(method="POST")
    except HTTPException:  # nothing is posted here either
        return None
    page = page_of(current_app.view_functions[endpoint])
    return _address_of(page, given) if page else None


def _address_of(page: Callable[..., Any], given: Mapping[str, Any]) -> str:
    views = current_app.view_functions
    return url_for(next(name for name in views if views[name] is page), **_taken_by(page, given))


def _taken_by(page: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Those parts of a form's address that its page has too: a form may stand on one row of it."""
    return {name: given[name] for name in inspect.signature(page).parameters if name in given}


def _answer_fault(fault: Exception) -> Any:
    note_code("program.fault")
    log.exception("fault while answering", exc_info=fault)
    problem = {
        "code": "program.fault",
        "message": gettext("程序出现故障，本次没有做任何改动；故障已记录。"),
        "source": "",
        "field": "",
    }
    if wants_json():
        return jsonify(error=problem, problems=[problem]), 500
    return render_template("errors/refused.html", problems=[problem], status=500), 500
