"""Puts the program together, then refuses to start if a door is unguarded."""

import functools
from datetime import timedelta

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_openapi3 import Info, OpenAPI
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from evaluation.routes import api as evaluation_api
from evaluation.routes import centre as pool_pages
from evaluation.routes import desk as evaluation_desk
from evaluation.routes import draw, expert, meeting_api, registering, report_api
from evaluation.routes import files_api as blind_files_api
from evaluation.routes import scoring as scoring_pages
from evaluation.rules.method import check_method
from identity.actions.second_factor import cipher
from identity.forms import body_limit_of
from identity.guard import enforce, needs_forgery_mark, open_to_all, unguarded
from identity.routes import account as account_pages
from identity.routes import api as account_api
from identity.routes import (
    applications,
    centre,
    colleagues,
    desk,
    letters,
    mail,
    papers,
    papers_api,
    password,
    second_factor,
    sign_ins,
    undertakings,
)
from identity.routes import keys as key_pages
from kernel.errors import NotAllowed
from storage import keys
from storage.database import open_database
from supervision.routes import (
    agency,
    conduct,
    conduct_api,
    dossier_api,
    log_api,
    negative_list,
    regulator,
    standing,
)
from supervision.routes import api as supervision_api
from trading.routes import (
    agency as tender_pages,
)
from trading.routes import api as trading_api
from trading.routes import (
    award_api,
    bidder,
    documents,
    files_api,
    guarantee_api,
    issuer,
    lots,
    objections,
    ocds_api,
    opening_api,
    public,
    sealed_api,
    sealing,
    witness,
)
from trading.routes import desk as trading_desk
from trading.routes.uploading import Uploads
from trading.rules.ocds import Publisher
from webapp import rehearsing, verifying
from webapp.answered import register_answered
from webapp.commands import register_commands
from webapp.documenting import DocumentedApi, Refused
from webapp.errors import answer_invalid, answer_refusal, register_errors
from webapp.headers import register_headers
from webapp.health import health
from webapp.i18n import register_languages
from webapp.live import Live, poll, serve_only_the_feed
from webapp.logs import log_answered
from webapp.metrics import Metrics, metrics
from webapp.reading import ShallowJson, refuse_nul
from webapp.settings import ROOT, Settings, settings_from, workshop_of
from webapp.templating import register_templating
from webapp.throttle import register_throttle

APIS = (
    account_api.api,
    papers_api.api,
    undertakings.api,
    trading_api.api,
    opening_api.api,
    sealed_api.api,
    award_api.api,
    guarantee_api.api,
    ocds_api.api,
    files_api.api,
    evaluation_api.api,
    meeting_api.api,
    report_api.api,
    blind_files_api.api,
    supervision_api.api,
    dossier_api.api,
    log_api.api,
    conduct_api.api,
)
PAGES = (
    account_pages.pages,
    key_pages.pages,
    sign_ins.pages,
    second_factor.pages,
    password.pages,
    applications.pages,
    colleagues.pages,
    undertakings.pages,
    desk.pages,
    papers.pages,
    letters.pages,
    mail.pages,
    centre.pages,
    public.pages,
    registering.pages,
    tender_pages.pages,
    lots.pages,
    documents.pages,
    objections.pages,
    bidder.pages,
    sealing.pages,
    issuer.pages,
    witness.pages,
    pool_pages.pages,
    draw.pages,
    expert.pages,
    scoring_pages.pages,
    negative_list.pages,
    regulator.pages,
    conduct.pages,
    standing.pages,
    agency.pages,
    files_api.pages,
    health,
    metrics,
    verifying.pages,
    rehearsing.pages,
    poll,
)
# Whom the desk asks what there is to do for the one who looks.
DESK = (
    desk.tasks_of_papers,
    desk.tasks_of_applications,
    trading_desk.tasks_of_lots,
    trading_desk.tasks_of_questions,
    trading_desk.tasks_of_bids,
    trading_desk.tasks_of_orders,
    trading_desk.tasks_of_witness,
    evaluation_desk.tasks_of_draws,
    evaluation_desk.tasks_of_waiting_draws,
    evaluation_desk.tasks_of_calls,
    evaluation_desk.tasks_of_meetings,
)
PLATFORM = "昭标公共资源交易平台"
_LARGEST_BODY = 9 << 20  # one part of 8 MiB and its envelope


def create_app(settings: Settings | None = None) -> Flask:
    """A ready application. Touches no file and no database until it is first asked something."""
    settings = settings or settings_from()
    app = _openapi()
    _equip(app, settings)
    app.config.update(
        SECRET_KEY=_session_secret(settings),
        SESSION_COOKIE_NAME="__Host-session" if settings.behind_tls else "session",
        SESSION_COOKIE_SECURE=settings.behind_tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=8),
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    open_database(settings.database_url)
    figures = app.extensions["metrics"] = Metrics(app, settings.socket_limit)
    register_answered(app, log_answered, figures.note)
    for register in (register_errors, register_headers, register_languages, register_templating):
        register(app)
    app.before_request(serve_only_the_feed)
    app.before_request(_widen_body)
    app.before_request(enforce)
    app.before_request(refuse_nul)
    register_throttle(app, settings)
    _protect_from_forgery(app)
    for api in APIS:
        app.register_api(api)
    for pages in PAGES:
        app.register_blueprint(pages)
    app.extensions["live"] = Live(app, limit=settings.socket_limit)
    if settings.proxies:  # outermost: everything within sees the asker's own address
        trusted = {"x_for": settings.proxies, "x_proto": settings.proxies}
        app.wsgi_app = ProxyFix(app.wsgi_app, **trusted, x_host=0)  # type: ignore[method-assign]
    register_commands(app)
    refuse_unguarded(app)
    return app


def _equip(app: Flask, settings: Settings) -> None:
    """What routes reach for that is no database; keys are read when they are first needed."""
    app.extensions["settings"] = settings
    app.extensions["uploads"] = Uploads(settings.upload_limit)
    app.extensions["workshop"] = workshop_of(settings)
    app.extensions["vault"] = app.extensions["workshop"].vault
    app.extensions["check_method"] = check_method
    app.extensions["desk"] = DESK
    app.extensions["publisher"] = Publisher(PLATFORM, settings.site, settings.ocds_prefix)
    app.extensions["receipt_key"] = functools.cache(
        functools.partial(keys.signing_key, settings.keys, "receipt")
    )
    app.extensions["second_factor_box"] = functools.cache(
        lambda: cipher(keys.kept_ring(settings.keys, "second-factor"))
    )


def refuse_unguarded(app: Flask) -> None:
    """Stop the start-up when a door does not say who may pass."""
    if doors := unguarded(app):
        raise RuntimeError(f"unguarded endpoints: {', '.join(doors)}")


def _openapi() -> OpenAPI:
    app = DocumentedApi(
        "zhaobiao",
        info=Info(title="昭标 Zhaobiao", version="1"),
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
        doc_prefix="/api",
        validation_error_status=422,
        validation_error_model=Refused,
        validation_error_callback=answer_invalid,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        static_url_path="/static",
    )
    app.json = ShallowJson(app)
    for name, view in list(app.view_functions.items()):
        if name.startswith(("openapi", "swagger")):  # bound methods take no mark
            app.view_functions[name] = open_to_all(functools.partial(view))
    return app


def _widen_body() -> None:
    """Doors that take files say how large a body they take; everywhere else the usual limit is."""
    view = current_app.view_functions.get(request.endpoint or "")
    if limit := body_limit_of(view):
        request.max_content_length = limit


def _protect_from_forgery(app: Flask) -> None:
    protection = CSRFProtect(app)

    @app.before_request
    def check() -> None:
        if needs_forgery_mark():
            protection.protect()

    @app.errorhandler(CSRFError)
    def forged(_fault: CSRFError) -> ResponseReturnValue:
        return answer_refusal(
            NotAllowed("request.forged", "页面已过期，请刷新后重试（缺少防伪标记）。")
        )


def _session_secret(settings: Settings) -> bytes | None:
    """None until the program has been prepared: commands that need no site make no files."""
    path = settings.keys / "session.key"
    return keys.kept_secret(settings.keys, "session") if path.exists() else None
