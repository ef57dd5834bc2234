"""Languages: Chinese is the source, English a complete catalogue; times are shown in Shanghai."""

from datetime import datetime
from gettext import NullTranslations

from flask import Flask, g, request, session
from flask_babel import Babel, format_datetime, get_locale, get_translations

from webapp.settings import ROOT

LANGUAGES = {"zh": "zh_Hans_CN", "en": "en"}


def register_languages(app: Flask) -> None:
    """Choose by `?lang=`, then by what was chosen before, then Chinese."""
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "locale"),
    )
    Babel(app, locale_selector=_locale)
    app.jinja_env.globals["get_locale"] = get_locale
    # A page asks for hundreds of texts: which catalogue it is, is found once.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its extension
        gettext=lambda text: _catalogue().gettext(text),
        ngettext=lambda one, many, number: _catalogue().ngettext(one, many, number),
        newstyle=True,
    )
    app.jinja_env.filters["instant"] = show_instant


def _catalogue() -> NullTranslations:
    """The texts of the present request's language."""
    if "catalogue" not in g:
        g.catalogue = get_translations()
    known: NullTranslations = g.catalogue
    return known


def show_instant(value: datetime) -> str:
    """An instant as legal papers write it, in Shanghai time."""
    shown: str = format_datetime(value, "yyyy-MM-dd HH:mm:ss")
    return shown


def _locale() -> str:
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        session["lang"] = asked
    if request.path.startswith("/api/") and "lang" not in session:
        accepted: str = request.accept_languages.best_match(["zh", "en"], "zh") or "zh"
        return LANGUAGES[accepted]
    return LANGUAGES.get(str(session.get("lang", "zh")), LANGUAGES["zh"])
