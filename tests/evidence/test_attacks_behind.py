"""What is put behind a signed file never leaves it valid, and flips anywhere in it are seen."""

import random

import pytest

from evidence.rules.pdf_reasons import Status
from tests.evidence import attacks_on_trailers, signed_papers
from tests.evidence.signed_papers import examined
from tests.evidence.test_hostile_pdfs import in_contents

pytestmark = pytest.mark.attack("archives")


@pytest.mark.parametrize("attack", attacks_on_trailers.ON_ANY, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("make", [signed_papers.letter, signed_papers.archive])
def test_what_is_put_behind_a_signed_file_never_leaves_it_valid(make, attack):
    assert examined(attack(make())).verdict != Status.VALID


@pytest.mark.parametrize(
    "attack", attacks_on_trailers.ON_A_FORM, ids=lambda attack: attack.__name__
)
def test_how_a_form_is_drawn_is_not_changed_without_a_word(attack):
    result = examined(attack(signed_papers.letter()))

    assert result.verdict == Status.INDETERMINATE
    assert result.fact("coverage").code == "coverage.form_filled"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_thousand_flips_of_an_archive_are_seen(tried):
    pdf, chance, unseen = signed_papers.archive(), random.Random(17), []
    for _ in range(1_000):
        at = chance.randrange(len(pdf))
        flipped = pdf[:at] + bytes([pdf[at] ^ (1 << chance.randrange(8))]) + pdf[at + 1 :]
        if examined(flipped).verdict == Status.VALID:
            unseen.append(at)
    tried(1_000)

    assert [at for at in unseen if not in_contents(pdf, at)] == []
