"""How letters are shown: in the reader's language, and with the page to which each leads.

Assembly only: letters lie below, and the pages to which they lead above every package.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import url_for
from flask_babel import gettext

from identity.guard import viewer
from identity.states import Permission
from outbox.labels import MOMENTS, TEXTS
from outbox.models.letters import Letter
from outbox.rules.letters import LetterKind
from webapp.i18n import show_instant

_K = LetterKind
Place = Callable[[Letter], str]


def letter_text(letter: Letter) -> str:
    """What a letter says, in the reader's language and with instants in Shanghai time."""
    places = {name: _told(name, value) for name, value in letter.data.items()}
    text: str = gettext(TEXTS[letter.kind]) % places
    return text


def letter_address(letter: Letter) -> str:
    """The page that a letter is about; empty where there is none for this reader."""
    place = PLACES.get(letter.kind, _lot)
    return place(letter)


def _told(name: str, value: object) -> object:
    if name in MOMENTS and isinstance(value, str):
        return show_instant(datetime.fromisoformat(value))
    return value


def _lot(letter: Letter) -> str:
    """The lot as this reader's role looks at it."""
    code, who = letter.data.get("lot"), viewer()
    if not code:
        return ""
    by_role = (
        (Permission.RUN_TENDER, "lots.lot"),
        (Permission.SUPERVISE, "regulator.lot"),
        (Permission.BID, "bidder.lot"),
    )
    found = next((endpoint for permission, endpoint in by_role if who.may(permission)), None)
    return url_for(found, code=code) if found else ""


def _to(endpoint: str, **places: str) -> Place:
    """A page whose places in the address are values of the letter."""
    return lambda letter: url_for(
        endpoint, **{name: letter.data[value] for name, value in places.items()}
    )


PLACES: Mapping[LetterKind, Place] = {
    _K.BID_RECEIVED: _to("sealing.show_receipt", code="lot", receipt="receipt"),
    _K.BID_REPLACED: _to("sealing.show_receipt", code="lot", receipt="receipt"),
    _K.GUARANTEE_ORDERED: _to("issuer.order", code="order"),
    _K.RELEASE_NEEDED: _to("sealing.opening", code="lot"),
    _K.RELEASE_WRONG: _to("sealing.opening", code="lot"),
    _K.CANDIDATES_DUE: _to("lots.award", code="lot"),
    _K.AWARD_DUE: _to("lots.award", code="lot"),
    _K.ENQUIRY_ASKED: _to("objections.answers", code="tender"),
    _K.OBJECTION_RAISED: _to("objections.answers", code="tender"),
    _K.FINDING_NOTICED: _to("agency_conduct.finding", code="finding"),
    _K.FINDING_DECIDED: _to("agency_conduct.finding", code="finding"),
    _K.EXPERT_CALLED: _to("expert.call", code="draw"),
    _K.MEETING_CONVENED: _to("expert.meeting", code="meeting"),
    _K.REPORT_TO_SIGN: _to("papers.paper", code="paper"),
    _K.DRAW_WAITS: _to("draw.lot", code="lot"),
    _K.OPENING_KEY_NEEDED: _to("witness.lots"),
    _K.REGISTRATION_WAITING: _to("centre.application", code="application"),
}
