"""The button by which a regulator has a whole rehearsal played while watching it.

Only where the made-up city is: it lends its people. Another installation says so.
"""

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from identity.forms import form_of
from identity.guard import requires
from identity.states import Permission
from kernel.errors import Refusal
from webapp.commands import begin_show
from webapp.settings import Settings

PACE = 3.0
"""Seconds between two steps, so that people can follow."""
pages = Blueprint("rehearsing", __name__, url_prefix="/supervision/rehearsal")


@pages.get("")
@requires(Permission.SUPERVISE)
def page() -> ResponseReturnValue:
    """What is played, and the button."""
    return render_template("supervision/regulator/rehearsal.html", may_play=_has_city())


@pages.post("")
@requires(Permission.SUPERVISE)
@form_of(page)
def play() -> ResponseReturnValue:
    """Begin, and lead to the list in which it appears by itself."""
    if not _has_city():
        message = "这里没有演示城市，不能播放演练。"
        raise Refusal("rehearsal.no_city", message)
    begin_show(_settings(), PACE)
    return redirect(url_for("regulator.lots"))


def _has_city() -> bool:
    return (_settings().var / "demo" / "tenders").is_dir()


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
