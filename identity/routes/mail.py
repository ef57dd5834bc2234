"""E-mail that tells of my letters: whether I want it, to which address, and its confirmation."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from identity.forms import form_of
from identity.guard import requires, viewer
from identity.states import Permission
from kernel.errors import InvalidInput, Refusal, refuse_if
from outbox import queries
from outbox.actions import mail
from storage.database import snapshot, transaction

pages = Blueprint("mail", __name__, url_prefix="/account/mail")
LANGUAGES = ("zh", "en")


@pages.get("")
@requires(Permission.SEE_ACCOUNT)
def form() -> ResponseReturnValue:
    """Whether this site sends e-mail at all, and what I chose."""
    with snapshot() as db:
        mine = queries.mail_address_of(db, viewer().code)
        last = queries.last_mail_of(db, viewer().code)
    return render_template("identity/mail.html", mine=mine, last=last, is_set_up=_is_set_up())


@pages.post("")
@requires(Permission.SEE_ACCOUNT)
@form_of(form)
def choose() -> ResponseReturnValue:
    """Have a code sent to an address."""
    if not _is_set_up():
        raise Refusal(
            "mail.not_set_up", "本站未配置邮件服务器，不能发送邮件。", field="mail_address"
        )
    asked = request.form.get("language", "")
    language = asked if asked in LANGUAGES else LANGUAGES[0]
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        address = request.form.get("mail_address", "")
        mail.choose_address(db, viewer().code, address, language, now=now)
    return redirect(url_for("mail.form"))


@pages.post("/code")
@requires(Permission.SEE_ACCOUNT)
@form_of(form)
def confirm() -> ResponseReturnValue:
    """Take the code that came; a wrong one is counted before it is refused."""
    with transaction(lock=[f"person:{viewer().code}"]) as (db, now):
        code = request.form.get("mail_code", "")
        problems = mail.confirm_address(db, viewer().code, code, now=now)
    refuse_if(problems, InvalidInput)
    return redirect(url_for("mail.form"))


@pages.post("/choice")
@requires(Permission.SEE_ACCOUNT)
@form_of(form)
def turn() -> ResponseReturnValue:
    """Have e-mail of my letters, or none."""
    with transaction(lock=[f"person:{viewer().code}"]) as (db, _):
        mail.turn_mail(db, viewer().code, is_on=request.form.get("choice") == "on")
    return redirect(url_for("mail.form"))


def _is_set_up() -> bool:
    return current_app.extensions["settings"].smtp_url is not None
