"""The second factor: enrolling, confirming, proving, renewing recovery codes, switching off.

The secret is locked by a key of the platform; a copy of the database alone gives no codes away.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyotp
import sqlalchemy as sa
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity import queries
from identity.actions.sign_ins import end_everywhere
from identity.models.accounts import Person
from identity.models.second_factor import RecoveryCode, SecondFactor
from identity.rules import second_factor as rules
from identity.rules.permissions import Viewer
from kernel.errors import NotAllowed, Refusal, refuse_if

ISSUER = "昭标"


def cipher(keys: Iterable[bytes]) -> MultiFernet:
    """What locks secrets by the first of the platform's keys of 32 bytes and unlocks by any."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def lock_anew(db: Session, box: MultiFernet) -> int:
    """Lock every secret by the first key of the box; returns how many there are."""
    factors = db.scalars(sa.select(SecondFactor)).all()
    for factor in factors:
        factor.locked_secret = box.rotate(factor.locked_secret.encode()).decode()
    return len(factors)


def begin(db: Session, who: Viewer, box: MultiFernet, *, now: datetime) -> SecondFactor:
    """Make a secret for this person; it counts once it is confirmed. Beginning again is anew."""
    person = queries.person_with_code(db, who.code)
    known = db.get(SecondFactor, person.id)
    if known is not None and known.confirmed_at is not None:
        raise Refusal("second_factor.exists", "动态码已经启用。如需更换，请先停用。")
    if known is not None:
        db.delete(known)
        db.flush()  # the new row has the same key
    made = SecondFactor(
        person_id=person.id,
        locked_secret=box.encrypt(pyotp.random_base32().encode()).decode(),
        made_at=now,
    )
    db.add(made)
    return made


def secret_of(factor: SecondFactor, box: MultiFernet) -> str:
    """The shared secret in base 32."""
    return box.decrypt(factor.locked_secret.encode()).decode()


def address_of(factor: SecondFactor, who: Viewer, box: MultiFernet) -> str:
    """What an authenticator reads as a QR code."""
    shared = pyotp.TOTP(secret_of(factor, box))
    return shared.provisioning_uri(name=who.username, issuer_name=ISSUER)


def confirm(db: Session, who: Viewer, code: str, box: MultiFernet, *, now: datetime) -> list[str]:
    """Count from now on; returns the recovery codes, which are shown this once."""
    factor = queries.second_factor_of(db, who.code)
    if factor is None or factor.confirmed_at is not None:
        raise Refusal("second_factor.not_begun", "请先生成动态码密钥。")
    step = rules.accepted_step(secret_of(factor, box), code, now, factor.last_step)
    if step is None:
        raise wrong_code()
    factor.last_step, factor.confirmed_at = step, now
    codes = _new_codes(db, factor.person_id, now)
    _tell(db, who.code, "second_factor.enrolled", who.code, {"recovery_codes": len(codes)}, now)
    return codes


def prove(db: Session, person: str, code: str, box: MultiFernet, *, now: datetime) -> bool:
    """Whether this code is right; a recovery code is used up by it, a wrong code is counted.

    The caller holds the person. Raises NotAllowed while no code is looked at.
    """
    factor = queries.second_factor_of(db, person)
    if factor is None or factor.confirmed_at is None:
        raise Refusal("second_factor.none", "该账户没有启用动态码。")
    refuse_if(rules.trying_problems(factor.wrong, factor.wrong_at, now), NotAllowed)
    step = rules.accepted_step(secret_of(factor, box), code, now, factor.last_step)
    if step is None and not _use_recovery_code(db, factor, person, code, now):
        factor.wrong, factor.wrong_at = factor.wrong + 1, now
        return False
    factor.last_step = step or factor.last_step
    factor.wrong, factor.wrong_at = 0, None
    return True


def renew_codes(db: Session, who: Viewer, *, now: datetime) -> list[str]:
    """Ten new recovery codes; the old ones are worth nothing any more. Proved before."""
    codes = _new_codes(db, queries.person_with_code(db, who.code).id, now)
    _tell(db, who.code, "recovery_codes.renewed", who.code, {"recovery_codes": len(codes)}, now)
    return codes


def end(db: Session, who: Viewer, *, now: datetime) -> None:
    """Switch the second factor off. Proved before."""
    _forget(db, queries.person_with_code(db, who.code).id)
    _tell(db, who.code, "second_factor.ended", who.code, {}, now)


def reset(db: Session, who: Viewer, person: Person, *, ground: str, now: datetime) -> None:
    """The trading centre takes away a lost second factor: every sign-in of the person ends.

    The person is told at the next sign-in.
    """
    factor = queries.second_factor_of(db, person.code)
    if factor is None or factor.confirmed_at is None:
        raise Refusal("second_factor.none", "该账户没有启用动态码。")
    _forget(db, person.id)
    end_everywhere(db, person, now=now)
    _tell(db, person.code, "second_factor.reset", who.code, {"ground": ground}, now)


def digest_of(code: str) -> bytes:
    """What is kept of a recovery code."""
    return hashlib.sha256(rules.plain(code).encode()).digest()


def wrong_code() -> NotAllowed:
    """The one answer to a wrong, old or used code."""
    return NotAllowed("second_factor.wrong_code", "动态码不正确、已过期或已经用过。", field="code")


def _use_recovery_code(
    db: Session, factor: SecondFactor, person: str, code: str, now: datetime
) -> bool:
    found = db.get(RecoveryCode, digest_of(code)) if rules.is_recovery_code(code) else None
    if found is None or found.person_id != factor.person_id or found.used_at is not None:
        return False
    found.used_at = now
    left = queries.recovery_codes_left(db, person)
    _tell(db, person, "recovery_code.used", person, {"left": left}, now)
    return True


def _new_codes(db: Session, person_id: int, now: datetime) -> list[str]:
    """Fresh codes of 80 bits in groups of four; the old ones are dropped."""
    db.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = []
    for _ in range(rules.RECOVERY_CODES):
        text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
        codes.append("-".join(text[at : at + 4] for at in range(0, 16, 4)))
    db.add_all(
        RecoveryCode(digest=digest_of(code), person_id=person_id, made_at=now) for code in codes
    )
    return codes


def _forget(db: Session, person_id: int) -> None:
    db.execute(sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    db.execute(sa.delete(SecondFactor).where(SecondFactor.person_id == person_id))


def _tell(
    db: Session, person: str, kind: str, actor: str, data: Mapping[str, Any], now: datetime
) -> None:
    record(
        db,
        stream=f"person:{person}",
        kind=kind,
        actor=actor,
        subject=f"person:{person}",
        data=data,
        now=now,
    )
