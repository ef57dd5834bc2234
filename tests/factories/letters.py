"""What lies in the inboxes, and addresses for e-mail that were confirmed by a code."""

import sqlalchemy as sa

from identity.models.accounts import Person
from outbox.actions import mail
from outbox.models.letters import Letter
from outbox.models.mail import Mail, MailAddress
from storage.database import snapshot, transaction
from tests.factories.identity import viewer


def inbox(username):
    """Kinds of a person's letters, in the order of their writing."""
    return [letter.kind for letter in letters_to(username)]


def letters_to(username):
    with snapshot() as db:
        mine = sa.select(Letter).where(Letter.reader == viewer(username).code)
        return db.scalars(mine.order_by(Letter.written_at, Letter.kind)).all()


def readers(kind):
    """Sign-in names of all who got a letter of this kind."""
    with snapshot() as db:
        query = sa.select(Person.username).join(Letter, Letter.reader == Person.code)
        return sorted(db.scalars(query.where(Letter.kind == kind)))


def confirm_mail(username, address, language="zh"):
    """This person wants e-mail there; the code's own mail is taken out of the queue."""
    code = viewer(username).code
    with transaction(lock=[f"person:{code}"]) as (db, now):
        row = mail.choose_address(db, code, address, language, now=now)
        assert mail.confirm_address(db, code, row.code, now=now) == []
    with transaction() as (db, _):
        db.execute(sa.delete(Mail).where(Mail.person == code))


def address_of(username):
    with snapshot() as db:
        return db.get(MailAddress, viewer(username).code)


def mails():
    with snapshot() as db:
        return db.scalars(sa.select(Mail).order_by(Mail.code)).all()
