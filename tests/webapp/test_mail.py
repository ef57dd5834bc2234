"""E-mail to a real SMTP server: what it says, when it is tried again, that it comes at least once."""

import os
import threading

from aiosmtpd.controller import Controller

from identity.actions.letters import write_letter
from outbox import queries
from outbox.models.mail import MailState
from outbox.rules.letters import LetterKind
from outbox.rules.mail import MOST_TRIES
from storage import database as doors
from storage.database import snapshot, transaction
from tests.factories.identity import CODES
from tests.factories.letters import confirm_mail, letters_to, mails
from tests.factories.mail_server import Box, listening, postman, wait_over, write


def test_a_letter_is_told_by_mail_only_to_a_confirmed_address_that_is_on(
    correspondents, tmp_path, box
):
    write()
    assert mails() == []
    confirm_mail("bidder", "one@builder.example")

    write(LetterKind.BID_WITHDRAWN)
    post = postman(tmp_path, box.port)

    assert (post.send_one(), post.send_one()) == (True, False)
    assert [to for to, _ in box.messages] == [["one@builder.example"]]
    assert [mail.state for mail in mails()] == [MailState.SENT]


def test_mail_about_a_bid_names_neither_kind_nor_lot(correspondents, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    write()
    postman(tmp_path, box.port).send_one()

    message = box.messages[0][1]
    letter = letters_to("bidder")[0].code
    text = message.get_content()
    assert message["Subject"] == "有一封给您的信件"
    assert f"https://linjiang.example/inbox/{letter}" in text
    told = str(message["Subject"]) + text.replace(letter, "")  # its code may hold any letters
    for secret in ("投标", "TD0", "RC1", "大桥", "回执"):
        assert secret not in told


def test_mail_about_a_public_matter_names_it(correspondents, tmp_path, box):
    confirm_mail("agent", "agent@agency.example")
    write(LetterKind.OPENING_DONE, CODES[1])
    postman(tmp_path, box.port).send_one()
    assert "开标完成（标段 TD0-01）" in box.messages[0][1].get_content()


def test_a_worker_killed_after_sending_sends_the_same_message_again(
    correspondents, tmp_path, box, database
):
    confirm_mail("bidder", "one@builder.example")
    write()
    url = database.url.render_as_string(hide_password=False)
    database.dispose()
    child = os.fork()
    if child == 0:
        doors._current = None
        doors.open_database(url)
        dying = postman(tmp_path, box.port)
        dying.hand_over(dying.claim())
        os._exit(9)
    os.waitpid(child, 0)
    post = postman(tmp_path, box.port)
    assert not post.send_one()  # it is claimed still

    wait_over()
    post.send_one()

    identities = [message["Message-ID"] for _, message in box.messages]
    assert identities == [f"<{mails()[0].code.lower()}@linjiang.example>"] * 2
    assert [mail.state for mail in mails()] == [MailState.SENT]


def test_mail_waits_while_the_server_is_down_and_goes_when_it_is_up(correspondents, tmp_path):
    confirm_mail("bidder", "one@builder.example")
    write()
    box = Box()
    server, port = listening(box)
    server.stop()
    post = postman(tmp_path, port)

    assert (post.send_one(), post.send_one()) == (True, False)
    waiting = mails()[0]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    wait_over()
    post.send_one()
    server.stop()

    assert (waiting.state, waiting.tries) == (MailState.WAITING, 1)
    assert "ConnectionRefused" in waiting.last_error
    assert (mails()[0].state, mails()[0].last_error, len(box.messages)) == (MailState.SENT, None, 1)


def test_two_workers_send_every_mail_once(correspondents, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    for number in range(12):
        with transaction() as (db, now):
            subject = f"lot:TD{number}-01"
            write_letter(db, LetterKind.BID_WITHDRAWN, subject, to=[CODES[0]], now=now)

    def send_all():
        post = postman(tmp_path, box.port)
        while post.send_one():
            pass

    workers = [threading.Thread(target=send_all) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    sent = [message["Message-ID"] for _, message in box.messages]
    assert len(sent) == len(set(sent)) == 12
    assert {mail.state for mail in mails()} == {MailState.SENT}


def test_a_refused_recipient_is_given_up_at_once_and_a_full_box_is_tried_again(
    correspondents, tmp_path, box
):
    confirm_mail("bidder", "one@builder.example")
    confirm_mail("agent", "agent@agency.example")
    box.answers = {
        "one@builder.example": "550 no such user",
        "agent@agency.example": "452 mailbox full",
    }
    write()
    write(LetterKind.OPENING_DONE, CODES[1])
    post = postman(tmp_path, box.port)
    while post.send_one():
        pass

    states = {mail.letter.kind: (mail.state, mail.last_error) for mail in mails()}
    assert states == {
        LetterKind.BID_RECEIVED: (MailState.GIVEN_UP, "refused: [550]"),
        LetterKind.OPENING_DONE: (MailState.WAITING, "refused: [452]"),
    }


def test_mail_is_given_up_after_the_last_try(correspondents, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    box.answers = {"one@builder.example": "452 mailbox full"}
    write()
    post, tries = postman(tmp_path, box.port), 0
    while post.send_one():
        wait_over()
        tries += 1
    assert (tries, mails()[0].state) == (MOST_TRIES, MailState.GIVEN_UP)


def test_who_dies_over_every_try_does_not_try_for_ever(correspondents, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    write()
    post, tries = postman(tmp_path, box.port), 0
    while post.claim():
        wait_over()
        tries += 1
    assert (tries, mails()[0].state) == (MOST_TRIES, MailState.GIVEN_UP)


def test_mail_that_tells_of_a_bid_is_in_no_number(correspondents, tmp_path, box):
    confirm_mail("bidder", "one@builder.example")
    confirm_mail("agent", "agent@agency.example")

    def counts():
        with snapshot() as db:
            return queries.mail_counts(db)

    before = counts()
    write()
    assert counts() == before == dict.fromkeys(MailState, 0)
    write(LetterKind.OPENING_DONE, CODES[1])
    assert counts()[MailState.WAITING] == 1
