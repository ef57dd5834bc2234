"""Refusing what is somebody else's costs the same as refusing what there is not.

Counted in statements to the database, and for passwords as a ratio of times in one run: a guess that
is answered sooner would tell what the words of the refusal do not.
"""

import statistics
import time

import pytest

from kernel import codes
from tests.attacks.test_actors import AT_THE_DOOR, reads, seers
from tests.factories.identity import CODES, make_organisation, make_person
from tests.factories.statements import asked

pytestmark = pytest.mark.attack("leaks")

# There is nothing to guess here: the list of opened bids and the meeting of a lot are public by then.
TOLD_ANYWAY = ("/bids/{receipt}/files", "/meetings/{meeting}/report")


def with_other_codes(known):
    """The same, but every code is one of its shape that nobody has."""
    fake = {
        name: codes.new_code(value[:2]) + value[12:]
        for name, value in known.items()
        if isinstance(value, str) and len(value) >= 12
    }
    return {**known, **fake}


def work(trial, known, address, token):
    """(code of the refusal, statements that it took)."""
    request = {"method": "GET", "path": address.format_map(known)}
    with asked() as statements:
        code = trial.code(request, token)
    return code, len(statements)


def test_what_belongs_to_others_is_refused_with_no_more_work_than_what_there_is_not(town, tried):
    trial, wrong, compared = town.trial, [], 0
    for address, stage, _codes, who in reads():
        known = trial.at(stage)
        if any(each in address for each in TOLD_ANYWAY):
            continue
        for name in known["tokens"].keys() - seers(known, who):
            token = known["tokens"][name]
            theirs = work(trial, known, address, token)
            nobodys = work(trial, with_other_codes(known), address, token)
            if theirs[0] == nobodys[0] and theirs[0] not in AT_THE_DOOR:
                compared += 1
                if theirs != nobodys:
                    wrong.append((address, stage, name, theirs, nobodys))

    tried(compared)
    assert wrong == []
    assert compared > 200


def test_a_name_that_nobody_has_is_refused_as_slowly_as_a_wrong_password(client, tried):
    make_organisation(CODES[0], "甲")
    make_person("agent", CODES[0])
    times = {"agent": [], "nobody": []}
    for _ in range(4):
        for name, taken in times.items():
            began = time.perf_counter()
            answer = client.post("/api/v1/tokens", json={"username": name, "password": "wrong-one"})
            taken.append(time.perf_counter() - began)
            assert answer.status_code == 403

    theirs, nobodys = (statistics.median(each) for each in times.values())
    assert 0.5 < theirs / nobodys < 2
    tried(8)
