"""People with a second factor."""

from datetime import timedelta

import pyotp

from identity.actions import second_factor
from identity.rules.second_factor import STEP_SECONDS
from storage.database import transaction
from tests.factories.identity import viewer

BOX = second_factor.cipher([b"k" * 32])


def enrol(username, box=BOX):
    """Secret and recovery codes of a new, confirmed second factor."""
    who = viewer(username)
    with transaction(lock=[f"person:{who.code}"]) as (db, now):
        secret = second_factor.secret_of(second_factor.begin(db, who, box, now=now), box)
        code = pyotp.TOTP(secret).at(now - timedelta(seconds=STEP_SECONDS))
        return secret, second_factor.confirm(db, who, code, box, now=now)
