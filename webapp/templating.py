"""What templates may call besides their own data: bundled assets, labels, money, who looks.

Each package words its own states; which one it is, the state itself knows.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_babel import format_date, get_locale, gettext

from evaluation import labels as evaluation
from evaluation.labels.method import option
from evaluation.labels.method_view import method_shown
from identity import labels as identity
from identity.guard import unread_letters, viewer
from kernel.money import fen_from_yuan, grouped_yuan, in_capitals
from kernel.periods import SHANGHAI, Period, Unit, legal_date, minute_text
from outbox import labels as outbox
from supervision import labels as supervision
from trading import labels as trading
from trading.labels import notice_label, notice_order
from webapp.citing import cited
from webapp.errors import told, worded
from webapp.letters import letter_address, letter_text
from webapp.navigation import desk_name, is_here, ways
from webapp.settings import ROOT

_MANIFEST = ROOT / "static/dist/manifest.json"
Wording = Callable[[Any], str]
_LABELS: Mapping[str, Wording] = {
    "evaluation": evaluation.label,
    "identity": identity.label,
    "outbox": outbox.label,
    "supervision": supervision.label,
    "trading": trading.label,
}
_BADGES: Mapping[str, Wording] = {
    "evaluation": evaluation.badge,
    "identity": identity.badge,
    "supervision": supervision.badge,
    "trading": trading.badge,
}

_DUTIES: Mapping[str, str] = {**trading.DUTIES, **evaluation.DUTIES}
# Words, icon and colour of a state say the same: take the colour away and nothing is lost.
_ICONS: Mapping[str, str] = {
    "idle": "circle",
    "active": "play-circle-fill",
    "ok": "check-circle-fill",
    "warn": "exclamation-triangle-fill",
    "bad": "x-octagon-fill",
    "sealed": "lock-fill",
    "fact": "shield-check",
}


def register_templating(app: Flask) -> None:
    """Globals and filters of every template: the tables at the end of this file."""
    app.jinja_env.globals.update(_GLOBALS)
    app.jinja_env.filters.update(_FILTERS)


def label(value: StrEnum) -> str:
    """The Chinese wording of a state."""
    return _LABELS[_package_of(value)](value)


def badge_of(state: StrEnum) -> str:
    """The kind of a state, one of _ICONS: it decides colour and icon together."""
    return _BADGES[_package_of(state)](state)


def duty_label(kind: str) -> str:
    """The Chinese wording of due work; one that is not listed stands as it is."""
    return _DUTIES.get(kind, kind)


def icon_of(kind: str) -> str:
    """The icon that says the same as the colour of this kind of state."""
    return _ICONS[kind]


def platform_name() -> str:
    """What this site is called, by its settings."""
    name: str = current_app.extensions["settings"].platform_name
    return name


def server_time() -> datetime:
    """The server's clock, the same through a whole page."""
    if "server_time" not in g:
        g.server_time = datetime.now(UTC)
    moment: datetime = g.server_time
    return moment


def milliseconds(instant: datetime) -> int:
    """An instant as scripts count it."""
    return int(instant.timestamp() * 1000)


def show_wall_clock(instant: datetime) -> str:
    """The time of day in Shanghai, as 09:30:00."""
    return instant.astimezone(SHANGHAI).strftime("%H:%M:%S")


def show_long_day(instant: datetime) -> str:
    """The day in Shanghai with its weekday, in the reader's language."""
    pattern = "y 年 M 月 d 日 EEEE" if get_locale().language == "zh" else "EEEE, d MMMM y"
    shown: str = format_date(instant.astimezone(SHANGHAI), pattern)
    return shown


def show_amount(figure: Decimal) -> str:
    """A figure in groups with two decimals, as a benchmark that is no whole fen needs."""
    return f"{figure:,.2f}"


def show_short(instant: datetime) -> str:
    """Day and minute in Shanghai where room is scarce, as 11-24 09:30."""
    return instant.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def show_left(until: datetime, now: datetime) -> str:
    """What is left until a moment, as a countdown shows it before its script runs."""
    seconds = int((until - now).total_seconds())
    hours, rest = divmod(seconds, 3600)
    if hours >= 24:
        return str(gettext("%(days)s 天 %(hours)s 时", days=hours // 24, hours=hours % 24))
    if seconds <= 0:
        return str(gettext("已到"))
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"


def show_day(instant: datetime) -> str:
    """The legal day of an instant, as 2026-11-24."""
    return legal_date(instant).isoformat()


def show_price(yuan: str) -> str:
    """A price that is kept as text, such as 31415926.53, in groups."""
    return grouped_yuan(fen_from_yuan(yuan))


def show_clock(instant: str) -> str:
    """Day and time in Shanghai of an instant that went out as text, as 11-24 09:30:00."""
    return datetime.fromisoformat(instant).astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S")


def show_period(period: Period) -> str:
    """A period in the reader's language, as 20 日 or 5 个工作日."""
    in_days = period.unit is Unit.DAY
    message = "%(number)s 日" if in_days else "%(number)s 个工作日"
    shown: str = gettext(message, number=period.number)
    return shown


def here() -> str:
    """Where this page can be fetched: empty, or the address of a form's page that is shown again.

    The door of a form takes no GET, so a link that stays on the page must not lead there.
    """
    address: str = g.get("page_address", "")
    return address


def in_language(language: str) -> str:
    """This page in the other language, with all that its address asks for."""
    asked = {**request.args.to_dict(flat=False), "lang": [language]}
    return f"{here()}?{urlencode(asked, doseq=True)}"


def given(field: str, default: str = "") -> str:
    """What was typed into a form that is shown again; the default on a fresh page.

    It is shown again when it was refused, or when a button of it only changed what it shows.
    """
    return request.form.get(field, "") if refused() or g.get("is_typed") else default


def ticked(field: str, value: str) -> bool:
    """Whether this box of a form that was refused was ticked."""
    return bool(refused()) and value in request.form.getlist(field)


def site() -> str:
    """The address of this site as the reader came to it, for commands that speak to it."""
    return request.url_root.rstrip("/")


def refused(field: str | None = None) -> list[dict[str, str]]:
    """What was wrong with the form, at one field or all; empty on a fresh page."""
    problems: list[dict[str, str]] = g.get("problems", [])
    return [each for each in problems if field is None or each["field"] == field]


def asset(name: str) -> str:
    """URL of a bundled file by its plain name, as `app.js`."""
    return url_for("static", filename=f"dist/{_manifest()[name]}")


def _package_of(value: StrEnum) -> str:
    return type(value).__module__.partition(".")[0]


@cache
def _manifest() -> dict[str, str]:
    found: dict[str, str] = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    return found


_GLOBALS: Mapping[str, Any] = {
    "asset": asset,
    "badge_of": badge_of,
    "change_label": identity.change_label,
    "cover_label": trading.cover_label,
    "behaviour_of": supervision.behaviour_of,
    "desk_name": desk_name,
    "duty_label": duty_label,
    "given": given,
    "here": here,
    "icon_of": icon_of,
    "in_language": in_language,
    "is_here": is_here,
    "label": label,
    "letter_address": letter_address,
    "letter_text": letter_text,
    "method_option": option,
    "method_shown": method_shown,
    "news_label": supervision.news_label,
    "notice_label": notice_label,
    "notice_order": notice_order,
    "paper_label": identity.paper_label,
    "platform_name": platform_name,
    "server_time": server_time,
    "site": site,
    "ticked": ticked,
    "told": told,
    "unread_letters": unread_letters,
    "refused": refused,
    "viewer": viewer,
    "ways": ways,
    "worded": worded,
}
_FILTERS: Mapping[str, Callable[..., Any]] = {
    "amount": show_amount,
    "yuan": grouped_yuan,
    "capitals": in_capitals,
    "cited": cited,
    "day": show_day,
    "clock": show_clock,
    "left": show_left,
    "long_day": show_long_day,
    "milliseconds": milliseconds,
    "wall_clock": show_wall_clock,
    "price": show_price,
    "short": show_short,
    "minute": minute_text,
    "period": show_period,
}
