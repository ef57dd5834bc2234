"""What happened to an account between two visits of its owner, as its pages tell it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from evidence.models.streams import Fact
from identity import queries
from identity.labels import NEWS
from identity.models.sign_ins import SignIn


@dataclass(frozen=True)
class Changes:
    """The sign-in before, tries that failed since, programs that were let in, what was recorded."""

    before: SignIn | None
    is_other_browser: bool
    wrong: int
    programs: int
    facts: Sequence[Fact]


def of(db: Session, sign_in: SignIn) -> Changes | None:
    """What a person is to be told at this sign-in; None if there is nothing out of the ordinary."""
    found = _changes(db, sign_in)
    told = found.wrong or found.programs or found.facts or found.is_other_browser
    return found if told else None


def _changes(db: Session, sign_in: SignIn) -> Changes:
    before = queries.sign_in_before(db, sign_in)
    if before is None or sign_in.since is None:
        return Changes(None, False, sign_in.wrong_before, 0, ())
    return Changes(
        before=before,
        is_other_browser=before.browser != sign_in.browser,
        wrong=sign_in.wrong_before,
        programs=queries.tokens_made_before(db, sign_in),
        facts=queries.news_of(db, sign_in.person.code, NEWS, sign_in.since),
    )
