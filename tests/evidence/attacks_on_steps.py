"""Attacks within the very revision that is signed: each changes a draft of it."""

import io

import pikepdf

from tests.evidence import drafts, signed_papers

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


def other_title(plan):
    plan.replace(plan.info, b"/Title (", b"/Title (x")


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


def entry_twice(plan):
    """A program that takes the first of two entries shows another field."""
    field = plan.number_with(b"/T (expert2)")
    at = plan.prefix.index(b"%d 0 obj\n" % field)
    plan.twice = (field, (1, at, 0))


def later_life(plan):
    content = page(plan)[1]
    plan.entries[content] = (1, len(plan.prefix), 1)


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
    *(
        offset_into_a_stream,
        offset_to_an_earlier_revision,
        key_twice,
        hybrid,
        entry_twice,
        later_life,
    ),
    *(freed_and_used_again, object_stream, moved_field, second_picture, other_field_too),
    *(text_field_instead, hidden_between, hidden_behind, another_information),
    *(proofs_list_elsewhere, proof_twice, marked_field, other_title),
]
ON_A_STAMP = [
    *(exchange_content, wide_stamp, pictured_stamp, namesake_stamp, turned_page, second_note),
    *(dropped_field, flagged_form, hidden_between, notes_elsewhere),
]
LEFT_TO_THE_COMPARISON = [
    *(form_font, second_picture, hidden_between, hidden_behind, proof_twice, hybrid, other_title),
    *(offset_to_an_earlier_revision, another_information, notes_elsewhere),
]
"""What we never write, though it changes nothing on a page: pyHanko's comparison lets it pass."""
