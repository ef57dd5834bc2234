"""A forbidden step that was tried is told to regulators, though it was refused and left no trace.

Source: domain.md 7.2; 电子招标投标办法 第48条.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from evidence.actions.streams import record
from identity.rules.permissions import Viewer
from kernel import codes
from kernel.errors import Problem
from outbox.actions.messages import publish, publish_wide
from outbox.rules.letters import LetterKind
from supervision.models.alerts import Attempt
from trading.actions.letters import write_about
from trading.models.tendering import Lot
from trading.rules.disclosure import Audience


def note_attempt(
    db: Session, who: Viewer, lot: Lot, problem: Problem, message: str, *, now: datetime
) -> Attempt:
    """Keep who tried what and which article forbade it. The caller holds the lot."""
    code = codes.new_code("AL")
    data = {"alert": code, "refusal": problem.code, "source": problem.source}
    record(
        db,
        stream=f"alert:{code}",
        kind="alert.raised",
        actor=who.code,
        subject=f"lot:{lot.code}",
        data=data,
        now=now,
    )
    attempt = Attempt(
        code=code,
        lot_id=lot.id,
        person=who.code,
        organisation=who.organisation_name,
        refusal=problem.code,
        message=message[:500],
        source=problem.source[:200],
        attempted_at=now,
    )
    db.add(attempt)
    told = {Audience.REGULATOR.value: {"lot": lot.code}}
    publish(db, f"lot:{lot.code}", "alert.raised", told, now)
    publish_wide(db, "wall", "alert.raised", told, now)
    # One letter an hour for a lot: who tries and tries must not be able to fill an inbox.
    hour = now.replace(minute=0, second=0, microsecond=0)
    write_about(db, lot, LetterKind.ALERT_RAISED, now=hour, alert=code)
    return attempt
