"""Steps that we explain ourselves: ours are, whatever an attacker writes into one is not."""

import io
import itertools

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm

from evidence.actions import pdf_reading, pdf_revisions, pdf_signatures, signing
from evidence.actions.pdf_own_steps import OwnSteps
from evidence.rules.pdf_reasons import Status
from tests.evidence import attacks, drafts, signed_papers
from tests.evidence.signed_papers import examined, updated

BOX = (
    b"<<\n/Type /XObject\n/Subtype /Form\n/BBox [ 0 0 9 9 ]\n/Length 3\n>>\nstream\n0 g\nendstream"
)


def experts_step():
    """The revision in which the second expert signs, and the expert's key."""
    return drafts.draft(signed_papers.archive_steps()[2]), signed_papers.person("乙").key


def stamps_step():
    """The revision with the time-stamp of the document, last of an archive."""
    return drafts.draft(signed_papers.archive()), None


def page(plan):
    """Number of the first page, of its content, and the page as it is written."""
    with pikepdf.open(io.BytesIO(plan.prefix)) as pdf:
        first = pdf.pages[0].obj
        text = first.unparse(resolved=True)
        return first.objgen[0], first.Contents.objgen[0], text


def exchange_content(plan):
    plan.add(BOX, page(plan)[1])


def annotate(plan):
    note = plan.add(b"<<\n/Type /Annot\n/Subtype /Square\n/Rect [ 0 0 90 90 ]\n>>")
    number, _, text = page(plan)
    plan.add(text[:-2] + b"/Annots [ %d 0 R ] >>" % note, number)


def open_action(plan):
    plan.replace(plan.root, b"/PageMode /UseNone", b"/OpenAction << /S /JavaScript /JS (1) >>")


def another_catalog(plan):
    number = plan.add(plan.texts[plan.root].removeprefix(b"%d 0 obj\n" % plan.root)[:-8])
    plan.replace(number, b"/PageMode /UseNone", b"/PageMode /UseOutlines")
    plan.root = number


def another_information(plan):
    del plan.texts[plan.info]
    plan.info = plan.add(b"<<\n/Title (other)\n>>")


def form_font(plan):
    with pikepdf.open(io.BytesIO(plan.prefix)) as pdf:
        form = pdf.Root.AcroForm
        plan.add(form.unparse(resolved=True)[:-2] + b"/DA (/F 0 Tf) >>", form.objgen[0])


def proofs_with_something_else(plan):
    plan.replace(plan.number_with(b"/CRLs ["), b"/CRLs [", b"/Evil %d 0 R\n/CRLs [" % plan.root)


def proofs_of_an_old_object(plan):
    store = plan.number_with(b"/CRLs [")
    plan.replace(store, b"/CRLs [", b"/OCSPs [ %d 0 R ]\n/CRLs [" % page(plan)[0])


def proofs_taken_away(plan):
    store = plan.number_with(b"/CRLs [")
    plan.texts[store] = plan.texts[store].replace(b"/CRLs [", b"/OCSPs [")


def proof_twice(plan):
    store = plan.number_with(b"/CRLs [")
    first = plan.texts[store].split(b"/Certs [ ")[1].split(b" R ")[0] + b" R "
    plan.replace(store, b" ]\n/CRLs", b" %b]\n/CRLs" % first)


def marked_field(plan):
    plan.replace(plan.number_with(b"/T (expert2)"), b"/F 132", b"/F 132\n/MK <<\n>>")


def notes_elsewhere(plan):
    number = page(plan)[0]
    inside = plan.texts[number].split(b"/Annots ")[1].split(b"]")[0] + b"]"
    plan.replace(number, inside, b"%d 0 R" % plan.add(inside))


def proofs_list_elsewhere(plan):
    certificates = plan.add(b"<<\n>>")
    store = plan.number_with(b"/CRLs [")
    plan.replace(store, b"/CRLs [", b"/OCSPs %d 0 R\n/CRLs [" % certificates)


def offset_into_a_stream(plan):
    _, content, _ = page(plan)
    inner = b"%d 0 obj\n%b\nendobj\n" % (content, BOX)
    body = b"<<\n/Length %d\n>>\nstream\n%b\nendstream" % (len(inner), inner)
    shell = plan.add(body)
    before = sum(len(text) for number, text in plan.texts.items() if number != shell)
    at = len(plan.prefix) + before + plan.texts[shell].index(inner)
    plan.entries[content] = (1, at, 0)


def offset_to_an_earlier_revision(plan):
    field = plan.number_with(b"/T (expert2)")
    at = plan.prefix.index(b"%d 0 obj\n" % field)
    plan.entries[field] = (1, at, 0)


def key_twice(plan):
    plan.replace(plan.number_with(b"/T (expert2)"), b"/F 132", b"/F 132\n/F 4")


def hybrid(plan):
    plan.more = b"/XRefStm %d\n" % plan.prev


def freed_and_used_again(plan):
    content = page(plan)[1]
    plan.entries[content] = (0, 0, 1)


def object_stream(plan):
    number, _, text = page(plan)
    inside = b"%d 0 " % number + text.replace(b"/Rotate 0", b"/Rotate 90")
    head = b"<<\n/Type /ObjStm\n/N 1\n/First %d\n/Length %d\n>>\nstream\n%b\nendstream"
    stream = plan.add(head % (len(b"%d 0 " % number), len(inside), inside))
    plan.entries[number] = (2, stream, 0)


def moved_field(plan):
    field = plan.number_with(b"/T (expert2)")
    plan.texts[field] = plan.texts[field].replace(b"/Rect [ ", b"/Rect [ 1")


def second_picture(plan):
    field, picture = plan.number_with(b"/T (expert2)"), plan.add(BOX)
    plan.replace(field, b"/AP <<\n", b"/AP <<\n/D %d 0 R\n" % picture)


def other_field_too(plan):
    with pikepdf.open(io.BytesIO(plan.prefix)) as pdf:
        field = pdf.Root.AcroForm.Fields[1]
        picture = plan.add(BOX)
        old = b"/N %d 0 R" % field.AP.N.objgen[0]
        text = field.unparse(resolved=True)
        plan.add(text.replace(old, b"/N %d 0 R" % picture), field.objgen[0])


def text_field_instead(plan):
    plan.replace(plan.number_with(b"/T (expert2)"), b"/FT /Sig", b"/FT /Tx")


def hidden_between(plan):
    plan.between = b"% hidden\n"


def hidden_behind(plan):
    plan.behind = b"% hidden\n"


def wide_stamp(plan):
    plan.replace(plan.number_with(b"/T (timestamp)"), b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 90 90 ]")


def pictured_stamp(plan):
    field, picture = plan.number_with(b"/T (timestamp)"), plan.add(BOX)
    plan.replace(field, b"/F 132", b"/F 132\n/AP << /N %d 0 R >>" % picture)


def namesake_stamp(plan):
    plan.replace(plan.number_with(b"/T (timestamp)"), b"(timestamp)", b"(expert1)")


def turned_page(plan):
    plan.replace(page(plan)[0], b"/Rotate 0", b"/Rotate 90")


def second_note(plan):
    note = plan.add(b"<<\n/Type /Annot\n/Subtype /Square\n/Rect [ 0 0 90 90 ]\n>>")
    plan.replace(page(plan)[0], b"/Annots [ ", b"/Annots [ %d 0 R " % note)


def dropped_field(plan):
    form = plan.number_with(b"/SigFlags")
    first = plan.texts[form].split(b"/Fields [ ")[1].split(b" R ")[0] + b" R "
    plan.replace(form, first, b"")


def flagged_form(plan):
    plan.replace(plan.number_with(b"/SigFlags"), b"/SigFlags 3", b"/SigFlags 3\n/XFA (x)")


ON_AN_EXPERT = [
    *(exchange_content, annotate, open_action, another_catalog, form_font),
    *(proofs_with_something_else, proofs_of_an_old_object, proofs_taken_away),
    *(offset_into_a_stream, offset_to_an_earlier_revision, key_twice, hybrid),
    *(freed_and_used_again, object_stream, moved_field, second_picture, other_field_too),
    *(text_field_instead, hidden_between, hidden_behind, another_information),
    *(proofs_list_elsewhere, proof_twice, marked_field),
]
ON_A_STAMP = [
    *(exchange_content, wide_stamp, pictured_stamp, namesake_stamp, turned_page, second_note),
    *(dropped_field, flagged_form, hidden_between, notes_elsewhere),
]
LEFT_TO_THE_COMPARISON = [
    *(form_font, second_picture, hidden_between, hidden_behind, proof_twice, hybrid),
    *(offset_to_an_earlier_revision, another_information, notes_elsewhere),
]
"""What we never write, though it changes nothing on a page: pyHanko's comparison lets it pass."""


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


def test_every_step_of_an_archive_is_explained_without_the_comparison():
    _, signatures, said = asked(signed_papers.archive())

    assert said == [True] * (len(signatures) - 1) == [True] * 7


@pytest.mark.parametrize(("step", "attack"), CASES)
def test_what_is_changed_in_the_revision_that_is_signed_is_never_ours(step, attack):
    plan, key = step()
    attack(plan)
    pdf = drafts.signed(plan, key)

    result = examined(pdf)

    assert (result.verdict == Status.VALID) == (attack in LEFT_TO_THE_COMPARISON)
    if result.error:
        return
    reader, signatures, said = asked(pdf)
    is_signature_lost = signatures[-1].signed_revision + 1 < reader.total_revisions
    assert is_signature_lost or not said[-1]
    alone = pdf_revisions._later_facts(reader, signatures, None)
    assert pdf_revisions._later_facts(reader, signatures, OwnSteps(reader, pdf)) == alone


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
    alone = pdf_revisions._later_facts(reader, signatures, None)
    assert pdf_revisions._later_facts(reader, signatures, OwnSteps(reader, pdf)) == alone


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
