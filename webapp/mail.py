"""Sends the e-mail that waits: claimed by one door, sent in between, its fate told by another.

A thread of its own in the worker, so that a slow mail server never delays a closing second. An
e-mail says that there is a letter and where; only where the matter and its reader are public does
it name them. What becomes of one is not logged: the moment of an e-mail to a bidder tells of a bid.
"""

import logging
import smtplib
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

from babel.support import NullTranslations, Translations

from kernel.errors import Busy
from outbox import labels
from outbox.actions import mail
from outbox.actions.mail import Claim
from storage.base import real_now
from storage.database import transaction
from webapp.settings import ROOT, Settings

log = logging.getLogger("zhaobiao.mail")

_SECONDS = 20.0
_IDLE_SECONDS = 1.0
_PERMANENT = 500
_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION = 587


@dataclass(frozen=True)
class Server:
    """A mail server: `smtp://user:password@host:587?tls=1`, or `smtps://` for TLS from the start.

    `ca` names a file of trusted certificates instead of the system's.
    """

    host: str
    port: int
    user: str
    password: str
    starts_tls: bool
    is_tls: bool
    ca: str | None

    @property
    def trust(self) -> ssl.SSLContext:
        """Whose certificates are trusted: an unknown server gets no letter and no password."""
        return ssl.create_default_context(cafile=self.ca)

    def connect(self) -> smtplib.SMTP:
        """An open, trusted, authenticated connection. Raises OSError, SMTPException."""
        if self.is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=_SECONDS, context=self.trust
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_SECONDS)
        if self.starts_tls:
            server.starttls(context=self.trust)
        if self.user:
            server.login(self.user, self.password)
        return server


def server_from(url: str) -> Server:
    """The mail server of an address. Raises ValueError for another kind of address."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("ZHAOBIAO_SMTP_URL must look like smtp://user:password@host:587?tls=1")
    asked = parse_qs(parts.query)
    starts_tls = asked.get("tls") == ["1"] and parts.scheme == "smtp"
    usual = _SUBMISSION if starts_tls else _PORTS[parts.scheme]
    return Server(
        host=parts.hostname,
        port=parts.port or usual,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_tls=starts_tls,
        is_tls=parts.scheme == "smtps",
        ca=asked.get("ca", [None])[0],
    )


class Postman:
    """Sends what waits, one after the other, until told to stop."""

    def __init__(self, settings: Settings, url: str) -> None:
        """Connects to nothing yet."""
        self._server = server_from(url)
        self._settings = settings
        self._stop = threading.Event()

    def start(self) -> None:
        """Work on a thread of its own."""
        threading.Thread(target=self.run, name="mail", daemon=True).start()

    def stop(self) -> None:
        """End after the present e-mail."""
        self._stop.set()

    def run(self) -> None:
        """Send until stopped; a busy database is asked again, a fault is logged."""
        while not self._stop.is_set():
            try:
                did = self.send_one()
            except Busy:
                did = False
            except Exception:
                log.exception("sending e-mail failed")
                did = False
            if not did:
                self._stop.wait(_IDLE_SECONDS)

    def send_one(self) -> bool:
        """Send the e-mail that has waited longest; whether there was one."""
        claim = self.claim()
        if claim is None:
            return False
        fault = self.hand_over(claim)
        with transaction() as (db, _):
            if fault is None:
                mail.mark_sent(db, claim.code, now=real_now(db))
            else:
                words, final = _told(fault), _is_final(fault)
                mail.mark_failed(db, claim.code, words, is_final=final, now=real_now(db))
        return True

    def claim(self) -> Claim | None:
        """The e-mail to send now."""
        with transaction() as (db, _):
            return mail.claim_mail(db, now=real_now(db))

    def hand_over(self, claim: Claim) -> Exception | None:
        """Give it to the server; what went wrong, if anything did."""
        try:
            with self._server.connect() as server:
                server.send_message(message_of(claim, self._settings))
        except (OSError, smtplib.SMTPException) as fault:
            return fault
        return None


def message_of(claim: Claim, settings: Settings) -> EmailMessage:
    """The e-mail in its owner's language: plain text, no content of a letter."""
    _ = _gettext(claim.language)
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, claim.address
    host = settings.mail_from.rpartition("@")[2]
    message["Message-ID"] = f"<{claim.code.lower()}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Date"] = format_datetime(datetime.now(UTC))
    if claim.confirmation:
        message["Subject"] = _(labels.CODE_SUBJECT)
        places = {"site": settings.platform_name, "code": claim.confirmation}
        message.set_content(_(labels.CODE_TEXT) % places + "\n")
        return message
    message["Subject"] = _(labels.MAIL_SUBJECT)
    places = {"site": settings.platform_name, "address": f"{settings.site}/inbox/{claim.letter}"}
    lines = [_(labels.MAIL_TEXT) % places]
    if claim.kind is not None:
        matter = {"kind": _(labels.label(claim.kind)), "lot": claim.lot}
        lines.append(_(labels.MAIL_MATTER) % matter)
    message.set_content("\n".join(lines) + "\n")
    return message


@cache
def _gettext(language: str) -> Callable[[str], str]:
    found: NullTranslations = Translations.load(str(ROOT / "locale"), [language])
    return found.gettext


def _is_final(fault: Exception) -> bool:
    """Whether the server will never take this e-mail; what may be our own fault is tried again."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in fault.recipients.values())
    return isinstance(fault, smtplib.SMTPDataError) and fault.smtp_code >= _PERMANENT


def _told(fault: Exception) -> str:
    """What went wrong, without the address: rows are read by more people than letters."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return f"refused: {sorted(code for code, _ in fault.recipients.values())}"
    return f"{type(fault).__name__}: {fault}"
