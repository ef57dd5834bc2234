"""Steps that we explain ourselves: ours are, whatever an attacker writes into one is not."""

import io
import itertools

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm

from evidence.actions import pdf_reading, pdf_revisions, pdf_signatures, signing
from evidence.actions.pdf_own_steps import OwnSteps
from evidence.rules.pdf_reasons import Status
from tests.evidence import attacks, drafts, signed_papers
from tests.evidence.attacks_on_steps import (
    BOX,
    LEFT_TO_THE_COMPARISON,
    ON_A_STAMP,
    ON_AN_EXPERT,
    experts_step,
    stamps_step,
)
from tests.evidence.signed_papers import examined, updated

pytestmark = pytest.mark.attack("archives")


def asked(pdf):
    """Reader, signatures and what is said of the last step without any comparison."""
    reader = pdf_reading.open_reader(pdf)
    signatures, _ = pdf_signatures._signatures(reader)
    own = OwnSteps(reader, pdf)
    said = [
        own.explain(one, two, *pdf_revisions._limits(signatures[: place + 1]))
        for place, (one, two) in enumerate(itertools.pairwise(signatures))
    ]
    return reader, signatures, said


def against(reader, signatures, own):
    """What speaks against later steps, signature by signature."""
    found = pdf_revisions._later_facts(reader, signatures, own)
    return [[fact for fact in facts if fact.status != Status.VALID] for facts in found]


CASES = [
    pytest.param(step, attack, id=f"{step.__name__} {attack.__name__}".replace("_", " "))
    for step, table in ((experts_step, ON_AN_EXPERT), (stamps_step, ON_A_STAMP))
    for attack in table
]


@pytest.mark.parametrize("step", [experts_step, stamps_step])
def test_a_revision_written_again_as_it_was_is_ours_and_valid(step):
    plan, key = step()
    pdf = drafts.signed(plan, key)

    assert all(asked(pdf)[2])
    assert examined(pdf).verdict == Status.VALID
    assert not is_told(examined(pdf))


def test_every_step_of_an_archive_is_explained_without_the_comparison():
    _, signatures, said = asked(signed_papers.archive())

    assert said == [True] * (len(signatures) - 1) == [True] * 7


@pytest.mark.parametrize(("step", "attack"), CASES)
def test_what_is_changed_in_the_revision_that_is_signed_is_never_ours(step, attack):
    plan, key = step()
    attack(plan)
    pdf = drafts.signed(plan, key)

    result = examined(pdf)

    is_let_pass = attack in LEFT_TO_THE_COMPARISON
    assert (result.verdict == Status.VALID) == is_let_pass
    assert is_told(result) or not is_let_pass
    if result.error:
        return
    reader, signatures, said = asked(pdf)
    is_signature_lost = signatures[-1].signed_revision + 1 < reader.total_revisions
    assert is_signature_lost or not said[-1]
    assert against(reader, signatures, OwnSteps(reader, pdf)) == against(reader, signatures, None)


def is_told(result):
    return "coverage.later_compared" in {finding.coverage.code for finding in result.findings}


class Everything:
    def is_locked(self, field_name):
        return True


def test_a_person_may_not_sign_where_the_field_is_locked_or_nothing_may_follow():
    pdf = signed_papers.archive_steps()[2]
    reader, signatures, _ = asked(pdf)
    nothing = pdf_revisions._limits([])[0]
    steps = (signatures[1], signatures[2])

    assert OwnSteps(reader, pdf).explain(*steps, nothing, MDPPerm.FILL_FORMS)
    assert not OwnSteps(reader, pdf).explain(*steps, Everything(), MDPPerm.FILL_FORMS)
    assert not OwnSteps(reader, pdf).explain(*steps, nothing, MDPPerm.NO_CHANGES)


def test_two_revisions_at_once_are_no_step_of_ours():
    pdf = signed_papers.archive()
    reader, signatures, _ = asked(pdf)

    assert not OwnSteps(reader, pdf).explain(signatures[1], signatures[3], Everything(), None)


def test_a_revision_that_names_a_place_behind_its_end_is_left_to_the_comparison():
    """What stands there comes only with the next signature."""
    plan = drafts.draft(signed_papers.archive_steps()[1])
    plan.entries[plan.add(BOX)] = (1, len(signed_papers.archive_steps()[1]) + 900, 0)
    pdf = drafts.signed(plan, signed_papers.person("甲").key)
    pdf = signed_papers.signed_by(pdf, "expert2", signed_papers.person("乙"))

    reader, signatures, said = asked(pdf)

    assert not said[-1]
    assert against(reader, signatures, OwnSteps(reader, pdf)) == against(reader, signatures, None)


def signed_first(change):
    """Certified, with a report that `change(writer)` prepared for what comes later, and signed."""
    pdf = signing.lay_out_fields(signed_papers.report(), signed_papers.places())
    pdf = updated(pdf, change)
    context = signed_papers.authority().validation_context(signed_papers.NOW)
    pdf = signing.certify(
        pdf, signed_papers.authority(), signed_papers.timestamper(), context=context
    )
    return signed_papers.signed_by(pdf, "expert1", signed_papers.person("甲"))


def with_contents(choose):
    """A change that draws one more object behind the content of the first page."""

    def change(w):
        page = attacks.page_of(w)
        content = generic.ArrayObject([page.raw_get("/Contents"), choose(w)])
        page[generic.pdf_name("/Contents")] = content
        w.update_container(page)

    return change


def number_of_the_picture(pdf):
    reader = PdfFileReader(io.BytesIO(pdf))
    field = reader.root["/AcroForm"]["/Fields"][1]
    return field["/AP"].raw_get("/N").reference.idnum


def test_a_page_that_draws_an_object_yet_to_come_is_left_to_the_comparison():
    """The content would appear with the signature of an innocent expert."""
    plain = signed_first(lambda w: w.update_root())
    later = number_of_the_picture(plain)
    pdf = signed_first(
        with_contents(lambda w: generic.IndirectObject(later, 0, w)),
    )

    assert number_of_the_picture(pdf) == later
    assert asked(plain)[2] == [True]
    assert asked(pdf)[2] == [False]
    assert examined(pdf).verdict != Status.VALID


def test_metadata_that_a_page_draws_is_left_to_the_comparison():
    """Its dates change with every signature."""
    pdf = signed_first(with_contents(lambda w: w.root.raw_get("/Metadata")))

    assert asked(pdf)[2] == [False]


def test_a_signature_without_time_stamp_or_certification_is_compared_too():
    """A letter of anybody with a second signature, which came in two revisions."""
    pdf = attacks.stranger_signs(signed_papers.letter())

    assert asked(pdf)[2] == [False]
    assert examined(pdf).findings[0].status == Status.VALID


def test_a_value_read_at_one_go_is_what_pyhanko_reads():
    pdf = signed_papers.archive()
    fast, slow = pdf_reading.open_reader(pdf), PdfFileReader(io.BytesIO(pdf))

    for ours, theirs in zip(fast.embedded_signatures, slow.embedded_signatures, strict=True):
        assert dict(ours.sig_object) == dict(theirs.sig_object)
        assert ours.pkcs7_content == theirs.pkcs7_content


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"/Filter /Adobe.PPKLite", b"/Contents <00>        ", id="value twice"),
        pytest.param(b"/Filter /Adobe.PPKLite\n", b">>                    \n", id="an early end"),
        pytest.param(b"/Filter /Adobe.PPKLite", b"(((((((((((((((((((((((", id="no end"),
    ],
)
def test_a_dictionary_that_is_more_than_a_signature_is_read_the_slow_way(old, new):
    pdf = signed_papers.letter().replace(old, new)

    result = examined(pdf)

    assert result.verdict != Status.VALID


def test_a_value_that_does_not_fit_is_asked_about_again():
    pdf = attacks.flip_value(signed_papers.archive_steps()[2])

    codes = [finding.signature.code for finding in examined(pdf).findings]

    assert codes == ["signature.fits", "signature.fits", "signature.wrong"]


def test_papers_of_other_stamps_are_ours_as_well():
    """A field without picture, and one signed without a time-stamp."""
    fields = [signing.SignatureField(f"expert{n}", "签名") for n in (1, 2)]
    pdf = signing.lay_out_fields(signed_papers.report(), fields)
    context = signed_papers.authority().validation_context(signed_papers.NOW)
    for field, name in zip(fields, "甲乙", strict=True):
        who = signed_papers.person(name)
        pdf = signing.sign_with(
            pdf, field.name, who, signed_papers.authority(), None, context=context
        )

    assert asked(pdf)[2] == [True]
    assert examined(pdf).verdict == Status.VALID
