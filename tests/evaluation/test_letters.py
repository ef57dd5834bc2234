"""Letters of an evaluation: to its experts alone, and to regulators when a draw cannot go on."""

from evaluation.actions import calls
from evaluation.rules.draw import Party
from identity.states import OrganisationKind, Role
from outbox.rules.letters import LetterKind
from storage.vault import Vault
from tests.evaluation.test_draw import end_reveals
from tests.evaluation.test_report import Room
from tests.factories.evaluation import Evaluation
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.letters import inbox, letters_to, readers

K = LetterKind


def test_the_committee_is_asked_to_sign_its_report(database, tmp_path):
    room = Room(Vault(tmp_path / "files")).ranked().begin()

    members = sorted(room.experts[code] for code in room.keys)
    assert readers(K.REPORT_TO_SIGN) == members
    assert {
        letter.data["paper"] for letter in letters_to(members[0]) if "paper" in letter.data
    } == {room.paper}
    assert K.REPORT_TO_SIGN not in inbox("agent")


def test_who_is_called_instead_of_another_gets_a_letter_too(database, tmp_path):
    made = Evaluation(Vault(tmp_path / "files")).confirmed().drawn()
    first = made.calls()[0]
    made.do(calls.refuse_call, made.experts[first.expert_code], made.draw, reason="出差")

    called = {made.experts[call.expert_code] for call in made.calls()}
    assert readers(K.EXPERT_CALLED) == sorted(called)
    assert len(called) == 6


def test_regulators_are_told_of_a_draw_that_waits_for_them(database, tmp_path):
    made = Evaluation(Vault(tmp_path / "files")).confirmed().open_draw()
    make_organisation(CODES[43], "临江发改委", OrganisationKind.REGULATOR)
    make_person("regulator", CODES[43], Role.REGULATOR)
    for _ in range(2):
        made.commit().freeze().reveal(Party.PROCURING_ENTITY)
        end_reveals(made)

    assert inbox("regulator") == [K.DRAW_WAITS]
    assert letters_to("regulator")[0].data["draw"] == made.draw
    assert readers(K.EXPERT_CALLED) == []
