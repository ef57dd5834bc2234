"""Is the step from one signature to the next written exactly as this platform writes it?

pyHanko's comparison walks the whole document once for every step. Our own archives need not pay
that: each step is a few objects, one after the other, at known places. A step that this module
explains changes nothing that can be seen but the place of its own signature; it explains too
little rather than too much, and whatever it does not explain goes to pyHanko's comparison.
Source: ISO 32000-1 7.5.6, 12.8.2.2 (DocMDP), 12.8.2.4 (FieldMDP).
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import dataclasses
import re
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionData
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from evidence.actions.pdf_trust import UNREADABLE, is_time_stamp

_SPACE = rb"(?:[\s\0]|%[^\r\n]*+[\r\n])"
_REFERENCE = re.compile(rb"(?<!\d)(\d++)" + _SPACE + rb"++\d++" + _SPACE + rb"*+R")
"""Also what only a lenient program would take for a reference: comments within, no space at all."""
_AS_METADATA = b"/Metadata "
_LAST = re.compile(rb"endobj\n\nstartxref\n(\d{1,10})\n%%EOF\n\Z")
_ISO = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)"
_WRITTEN_AT = re.compile(
    rb'(?<= xmp:ModifyDate=")' + _ISO + rb'(?=")|(?<=\n/ModDate \(D\\072)\d{14}Z(?=\)\n)'
)
"""The only text that may differ in a rewritten object: when the file was last written."""

_NOTHING = re.compile(rb"(?!)")
_PROOFS = {"/Certs", "/CRLs", "/OCSPs"}
_XREF_KEYS = {
    *("/Type", "/W", "/Index", "/Filter", "/Length"),
    *("/Info", "/Root", "/Size", "/ID", "/Prev"),
}
_STAMP_FIELD = {
    "/FT": "/Sig",
    "/Type": "/Annot",
    "/Subtype": "/Widget",
    "/F": 132,
    "/Rect": [0, 0, 0, 0],
    "/TU": "Timestamp",
}


class Locks(Protocol):
    """The field locks of earlier signatures."""

    def is_locked(self, field_name: str) -> bool:
        """Whether the field may not change any more."""


@dataclasses.dataclass(frozen=True)
class _Step:
    """One revision: its number, its signature, its objects as they are written, and their age."""

    revision: int
    signature: EmbeddedPdfSignature
    texts: dict[int, bytes]
    new: AbstractSet[int]

    @property
    def rewritten(self) -> AbstractSet[int]:
        return self.texts.keys() - self.new


class OwnSteps:
    """The steps of one file, asked about from the first signature to the last."""

    def __init__(self, reader: PdfFileReader, pdf: bytes) -> None:
        self._reader = reader
        self._pdf = pdf
        self._revisions_read = 0
        self._bytes_read = 0
        self._mentioned: set[int] = set()
        self._used: set[int] = set()

    def explain(
        self,
        before: EmbeddedPdfSignature,
        after: EmbeddedPdfSignature,
        locks: Locks,
        strictest: MDPPerm | None,
    ) -> bool:
        """Whether the one revision from `before` to `after` is ours in every object."""
        try:
            if not _may_follow(after, locks, strictest):
                return False
            step = self._step(before, after)
            return step is not None and self._is_ours(step)
        except UNREADABLE:
            return False

    def _step(self, before: EmbeddedPdfSignature, after: EmbeddedPdfSignature) -> _Step | None:
        """The revision taken apart; None if it is not laid out as we do it."""
        revision = after.signed_revision
        if revision != before.signed_revision + 1:
            return None
        self._read_references(before.signed_revision, _end(before))
        texts = self._texts(revision, _end(before), _end(after))
        size = self._reader.xrefs.get_xref_container_info(before.signed_revision).size
        new = {number for number in texts if self._place(number, revision - 1) is None}
        if any(number < size or number in self._mentioned for number in new):
            return None
        self._read_references(revision, _end(after))
        return _Step(revision, after, texts, new)

    def _texts(self, revision: int, begin: int, end: int) -> dict[int, bytes]:
        """Each object of the revision; raises ValueError unless they fill it without a gap."""
        data = self._reader.xrefs.get_xref_data(revision)
        info = self._reader.xrefs.get_xref_container_info(revision)
        xref = info.stream_ref and self._at(info.stream_ref.idnum, revision)
        if not xref or not _is_plain(xref, data):
            raise ValueError("not an update with a plain cross-reference stream")
        places = sorted((place, number) for number, (_, place) in data.standard_xrefs.items())
        last = _LAST.search(self._pdf, max(begin, end - 64), end)
        bounds = [*(place for place, _ in places), last.start() + len("endobj\n") if last else -1]
        if not last or int(last[1]) != places[-1][0] or bounds[0] != begin:
            raise ValueError("the revision has bytes outside its objects")
        texts = {
            number: self._pdf[start:stop]
            for (start, number), stop in zip(places, bounds[1:], strict=True)
        }
        if not all(_is_object(number, text) for number, text in texts.items()):
            raise ValueError("the revision has bytes outside its objects")
        return texts

    def _read_references(self, revision: int, end: int) -> None:
        """Remember every object number that is referred to in the file up to this revision."""
        for number in range(self._revisions_read, revision + 1):
            for stream in self._reader.xrefs.object_streams_used_in(number):
                self._collect(self._reader.get_object(stream, revision=number).data)
            data = self._reader.xrefs.get_xref_data(number)
            if any(place >= end for _, place in data.standard_xrefs.values()):
                raise ValueError("an object lies behind the end of its revision")
        self._collect(self._pdf[self._bytes_read : end])
        self._revisions_read, self._bytes_read = revision + 1, end

    def _collect(self, content: bytes) -> None:
        for found in _REFERENCE.finditer(content):
            self._mentioned.add(int(found[1]))
            begin = found.start()
            if content[max(0, begin - len(_AS_METADATA)) : begin] != _AS_METADATA:
                self._used.add(int(found[1]))

    def _is_ours(self, step: _Step) -> bool:
        """Whether every rewritten object is one that we rewrite, and only as we do it."""
        ends = [self._trailer_entries(number) for number in (step.revision - 1, step.revision)]
        if ends[0] != ends[1]:
            return False
        root, info = (reference.idnum for reference in ends[1])
        catalog = self._at(root, step.revision - 1)
        metadata, form, store = (
            catalog.raw_get(key).reference.idnum for key in ("/Metadata", "/AcroForm", "/DSS")
        )
        if metadata in self._used or len({root, info, metadata, form, store}) != 5:
            return False
        rest = set(step.rewritten)
        if root in rest and not self._is_same(step, root):
            return False
        if not all(self._is_same(step, number, _WRITTEN_AT) for number in rest & {info, metadata}):
            return False
        if store in rest and not self._adds_only_proofs(step, store):
            return False
        rest -= {root, info, metadata, store}
        if is_time_stamp(step.signature):
            return self._adds_hidden_field(step, form, rest)
        return form not in rest and self._signs_one_field(step, rest)

    def _is_same(self, step: _Step, number: int, but_for: re.Pattern[bytes] = _NOTHING) -> bool:
        """Whether the object is written as before, but for this text."""
        new = step.texts[number]
        place = self._place(number, step.revision - 1)
        old = self._pdf[place : place + len(new)]
        return but_for.sub(b"", old) == but_for.sub(b"", new)

    def _adds_only_proofs(self, step: _Step, store: int) -> bool:
        """Whether the security store only grew, by objects that came with this step."""
        old, new = self._old_and_new(step, store)
        if not set(old) <= set(new) <= _PROOFS:
            return False
        for key in new:
            had, has = _direct_list(old, key), _direct_list(new, key)
            if has[: len(had)] != had or not _numbers(has[len(had) :]) <= step.new:
                return False
        return True

    def _signs_one_field(self, step: _Step, rest: AbstractSet[int]) -> bool:
        """Whether the step fills one empty field, and its picture if it had an empty one."""
        if len(rest) != 1:
            return False
        old, new = self._old_and_new(step, *rest)
        if not self._holds_signature(step, new) or set(new) - set(old) != {"/V"}:
            return False
        pictures = _changed(old, new)
        return pictures == set() or (
            pictures == {"/AP"} and _is_one_picture(old) and _is_one_picture(new, step.new)
        )

    def _adds_hidden_field(self, step: _Step, form: int, rest: AbstractSet[int]) -> bool:
        """Whether the step adds one field without any area to the form and to one page."""
        if form not in rest or len(rest) != 2:
            return False
        (page,) = rest - {form}
        added = self._added(step, form, "/Fields")
        if added is None or added != self._added(step, page, "/Annots") or added not in step.new:
            return False
        field = self._at(added, step.revision)
        earlier = _numbers(_direct_list(self._at(form, step.revision - 1), "/Fields"))
        names = {str(self._at(number, step.revision - 1)["/T"]) for number in earlier}
        return (
            set(field) == {*_STAMP_FIELD, "/T", "/P", "/V"}
            and all(field.raw_get(key) == value for key, value in _STAMP_FIELD.items())
            and field.raw_get("/P").reference.idnum == page
            and self._holds_signature(step, field)
            and str(field["/T"]) not in names
        )

    def _added(self, step: _Step, holder: int, key: str) -> int | None:
        """The one reference that was put behind the list under `key`, if nothing else changed."""
        old, new = self._old_and_new(step, holder)
        had, has = _direct_list(old, key), _direct_list(new, key)
        if not set(new) - set(old) <= {key} or _changed(old, new) - {key} or has[:-1] != had:
            return None
        return int(has[-1].reference.idnum)

    def _holds_signature(self, step: _Step, field: generic.DictionaryObject) -> bool:
        """Whether this is the field of the step's signature, whose value came with the step."""
        value = field.raw_get("/V").reference
        signature = step.signature
        return (
            value == signature.sig_field.raw_get("/V").reference
            and value.idnum in step.new
            and field["/T"] == signature.fq_name
        )

    def _old_and_new(
        self, step: _Step, number: int
    ) -> tuple[generic.DictionaryObject, generic.DictionaryObject]:
        return self._at(number, step.revision - 1), self._at(number, step.revision)

    def _at(self, number: int, revision: int) -> Any:
        return self._reader.get_object(generic.Reference(number, 0, self._reader), revision)

    def _place(self, number: int, revision: int) -> Any:
        """Where the object stands: an offset; something else in an object stream; or None."""
        return self._reader.xrefs.get_historical_ref(generic.Reference(number, 0), revision)

    def _trailer_entries(self, revision: int) -> list[generic.Reference]:
        """Catalogue and information, as the trailer of that revision names them."""
        trailer = self._reader.trailer
        return [trailer.raw_get(key, revision=revision).reference for key in ("/Root", "/Info")]


def _may_follow(after: EmbeddedPdfSignature, locks: Locks, strictest: MDPPerm | None) -> bool:
    """A time-stamp may always follow; a person only while filling is allowed and the field free."""
    if is_time_stamp(after):
        return True
    is_final = strictest is not None and strictest.value < MDPPerm.FILL_FORMS.value
    return not is_final and not locks.is_locked(after.fq_name)


def _is_plain(stream: generic.StreamObject, data: XRefSectionData) -> bool:
    """Whether the stream lists each object once, none of them free, packed or of a later life."""
    index = [int(number) for number in _direct_list(stream, "/Index")]
    generations = {generation for generation, _ in data.standard_xrefs.values()}
    return (
        set(stream) <= _XREF_KEYS
        and not data.freed
        and not data.xrefs_in_objstm
        and generations == {0}
        and index[0] == 0
        and sum(index[1::2]) == len(data.standard_xrefs) + 1
    )


def _end(signature: EmbeddedPdfSignature) -> int:
    """Where the bytes end for which the signature speaks."""
    return int(signature.byte_range[2]) + int(signature.byte_range[3])


def _is_object(number: int, text: bytes) -> bool:
    return text.startswith(b"%d 0 obj\n<<\n" % number) and text.endswith(b"\nendobj\n")


def _changed(old: generic.DictionaryObject, new: generic.DictionaryObject) -> set[str]:
    """The keys of the old one under which the new one has something else or nothing."""
    return {str(key) for key in old if key not in new or old.raw_get(key) != new.raw_get(key)}


def _direct_list(holder: generic.DictionaryObject, key: str) -> list[Any]:
    """The entries of a list that stands in the dictionary itself; none if there is none."""
    if key not in holder:
        return []
    found = holder.raw_get(key)
    if not isinstance(found, generic.ArrayObject):
        raise TypeError("the list stands elsewhere")
    return list(list.__iter__(found))


def _numbers(entries: list[Any]) -> set[int]:
    return {entry.reference.idnum for entry in entries}


def _is_one_picture(field: generic.DictionaryObject, among: AbstractSet[int] | None = None) -> bool:
    """Whether the field has one plain picture, which is one of these objects."""
    pictures = field.raw_get("/AP")
    return (
        isinstance(pictures, generic.DictionaryObject)
        and set(pictures) == {"/N"}
        and (among is None or pictures.raw_get("/N").reference.idnum in among)
    )
