"""A workshop with a real authority, document keys of people, and papers signed step by step."""

from evidence.actions.workshop import Workshop
from evidence.rules import signing
from evidence.rules.signing import PreparedSignature
from identity import queries
from identity.actions import credentials, papers
from storage.base import real_now
from storage.database import snapshot, transaction
from storage.vault import Vault
from tests.evidence.signed_papers import FONTS, authority
from tests.factories.identity import viewer
from webapp.worker import DUTIES

PIN = "246810"


def make_workshop(folder):
    """Files in this folder, one authority for the whole run."""
    return workshop_over(Vault(folder / "files"))


def workshop_over(vault):
    """The same with these files."""
    return Workshop(vault, authority().folder, FONTS)


def enrol_document_key(username, workshop, pin=PIN):
    who = viewer(username)
    with snapshot() as db:
        now = real_now(db)
    made = credentials.make_document_key(who, pin, workshop.authority, now)
    with transaction(lock=[f"person:{who.code}"]) as (db, now):
        return credentials.enrol_document_key(db, who, made, now=now).code


def do_duty(kind, subject, workshop):
    """One piece of due work as the worker does it."""
    duty, code = DUTIES[kind], subject.partition(":")[2]
    result = duty.work(code, workshop) if duty.work else None
    with transaction(lock=[subject, *duty.locks(code)]) as (db, now):
        duty.act(db, code, now, result)
    return result


def ask(username, code):
    with transaction(lock=[papers.subject_of(code)]) as (db, now):
        return papers.ask_turn(db, viewer(username), code, now=now)


def value_of(username, code, workshop, pin=PIN):
    """This person's signature value over the attributes that are prepared now."""
    who = viewer(username)
    with snapshot() as db:
        turn = queries.turn_of(db, code, who.code)
        locked = queries.key_by_code(db, turn.key_code).locked_key
    key = signing.unlock(locked.encode(), pin)
    revision = workshop.vault.read(turn.prepared["revision_sha256"])
    prepared = PreparedSignature.from_row(turn.prepared, revision)
    return signing.sign_attributes(key, prepared.attributes)


def give(username, code, workshop):
    value = value_of(username, code, workshop)
    with transaction(lock=[papers.subject_of(code)]) as (db, now):
        return papers.give_signature(db, viewer(username), code, value, now=now)


def sign(username, code, workshop):
    """All three steps of one person."""
    ask(username, code)
    do_duty(papers.PREPARE, papers.subject_of(code), workshop)
    give(username, code, workshop)
    do_duty(papers.FINISH, papers.subject_of(code), workshop)
