"""Attacks behind a signed file, after pyHanko's list: trailers, freed objects, old versions led back
to, lost proofs, actions and layers that come later.
"""

import io
import re

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.evidence import attacks
from tests.evidence.signed_papers import updated

_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF")


def starts(pdf):
    """Where the cross-reference of each revision stands."""
    return [int(number) for number in _START.findall(pdf)]


def section(pdf, entries=(), root=None, previous=None, more=b""):
    """The file with one more cross-reference table and trailer; entries: (number, line)."""
    reader = PdfFileReader(io.BytesIO(pdf))
    root = root or reader.trailer.raw_get("/Root").reference.idnum
    previous = starts(pdf)[-1] if previous is None else previous
    size = int(reader.trailer["/Size"])
    table = b"".join(b"%d 1\n%b" % entry for entry in entries) or b"0 1\n0000000000 65535 f \n"
    trailer = b"<< /Size %d /Root %d 0 R /Prev %d %b >>" % (size, root, previous, more)
    at = len(pdf) + 1
    return b"%b\nxref\n%btrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (pdf, table, trailer, at)


def used(offset):
    return b"%010d 00000 n \n" % offset


FREE = b"0000000000 00001 f \n"


def number_of(pdf, find):
    """Object number of what `find(reader)` leads to."""
    return find(PdfFileReader(io.BytesIO(pdf))).reference.idnum


def last_signed_field(reader):
    fields = reader.root["/AcroForm"]["/Fields"]
    people = [n for n, field in enumerate(fields) if _is_persons(field.get_object())]
    return fields.raw_get(people[-1])


def _is_persons(field):
    """Signed in a place that had been laid out before; a time-stamp brings its own."""
    return "/V" in field and field["/FT"] == "/Sig" and field["/V"]["/Type"] == "/Sig"


def field_led_back(pdf):
    """The last field as it was before anybody signed in it: one signature less is shown."""
    number = number_of(pdf, last_signed_field)
    return section(pdf, [(number, used(pdf.index(b"\n%d 0 obj" % number) + 1))])


def page_led_back(pdf):
    number = number_of(pdf, lambda r: r.root["/Pages"]["/Kids"].raw_get(0))
    return section(pdf, [(number, used(pdf.index(b"\n%d 0 obj" % number) + 1))])


def form_led_back(pdf):
    return section(pdf, [], previous=starts(pdf)[0])


def second_start(pdf):
    """Nothing but the address of an earlier revision, at the very end."""
    return pdf + b"startxref\n%d\n%%%%EOF\n" % starts(pdf)[0]


def second_start_in_a_comment(pdf):
    return pdf + b"%%startxref\n%d\n%%%%EOF\n" % starts(pdf)[0]


def sneaky_trailer(pdf):
    """Another catalog: an object of the file that is none."""
    return section(pdf, root=number_of(pdf, lambda r: r.root.raw_get("/Pages")))


def encrypting_trailer(pdf):
    return section(pdf, more=b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 >>")


def hybrid_trailer(pdf):
    return section(pdf, more=b"/XRefStm %d" % starts(pdf)[0])


def circular_trailer(pdf):
    return section(pdf, previous=len(pdf) + 1)


def trailer_before_the_file(pdf):
    return section(pdf, previous=0)


def freed(find):
    def attack(pdf):
        return section(pdf, [(number_of(pdf, find), FREE)])

    return attack


freed_page = freed(lambda r: r.root["/Pages"]["/Kids"].raw_get(0))
freed_content = freed(lambda r: r.root["/Pages"]["/Kids"][0].raw_get("/Contents"))
freed_proofs = freed(lambda r: r.root.raw_get("/DSS"))
freed_field = freed(last_signed_field)
freed_page.__name__, freed_content.__name__ = "freed_page", "freed_content"
freed_proofs.__name__, freed_field.__name__ = "freed_proofs", "freed_field"


def of_catalog(name, value):
    def change(w):
        w.root[pdf_name(name)] = value(w) if callable(value) else value
        w.update_root()

    return change


def clobbered_proofs(pdf):
    return updated(pdf, of_catalog("/DSS", generic.DictionaryObject()))


def proofs_that_are_a_number(pdf):
    return updated(pdf, of_catalog("/DSS", generic.NumberObject(7)))


def no_proofs(pdf):
    def change(w):
        del w.root["/DSS"]
        w.update_root()

    return updated(pdf, change)


def script(w):
    return w.add_object(
        generic.DictionaryObject(
            {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.pdf_string("1")}
        )
    )


def action_when_opened(pdf):
    return updated(pdf, of_catalog("/OpenAction", script))


def hidden_layers(pdf):
    layers = generic.DictionaryObject({pdf_name("/OCGs"): generic.ArrayObject()})
    return updated(pdf, of_catalog("/OCProperties", layers))


def of_page(name, value):
    def attack(pdf):
        def change(w):
            page = attacks.page_of(w)
            page[pdf_name(name)] = value(w)
            w.update_container(page)

        return updated(pdf, change)

    return attack


turned_later = of_page("/Rotate", lambda _: generic.NumberObject(90))
cut_later = of_page(
    "/CropBox", lambda _: generic.ArrayObject(map(generic.NumberObject, (0, 0, 50, 50)))
)
action_of_page = of_page("/AA", lambda w: generic.DictionaryObject({pdf_name("/O"): script(w)}))
turned_later.__name__, cut_later.__name__ = "turned_later", "cut_later"
action_of_page.__name__ = "action_of_page"


def more_permissions(pdf):
    def change(w):
        w.root[pdf_name("/Perms")] = generic.DictionaryObject()
        w.update_root()

    return updated(pdf, change)


def other_font_of_forms(pdf):
    def change(w):
        form = w.root["/AcroForm"]
        form[pdf_name("/DA")] = generic.pdf_string("/Evil 0 Tf")
        w.update_container(form)

    return updated(pdf, change)


ON_ANY = [
    *(field_led_back, form_led_back, second_start, second_start_in_a_comment, sneaky_trailer),
    *(encrypting_trailer, hybrid_trailer, circular_trailer, trailer_before_the_file),
    *(freed_page, freed_content, freed_proofs, freed_field, clobbered_proofs),
    *(proofs_that_are_a_number, no_proofs, action_when_opened, hidden_layers),
    *(turned_later, cut_later, action_of_page, more_permissions),
]
ON_A_FORM = [other_font_of_forms]
