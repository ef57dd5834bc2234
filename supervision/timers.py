"""What falls due when in supervision, and which action it calls. The worker sweeps these.

One row stands for every finding on an agency whose defence period ends at the same moment.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage.duties import Duty
from supervision.actions.conduct import end_defence


def _end_defence(db: Session, agency: str, now: datetime, _: Any) -> None:
    end_defence(db, agency, now=now)


DUTIES: Mapping[str, Duty] = {"finding.defence_over": Duty(_end_defence)}
