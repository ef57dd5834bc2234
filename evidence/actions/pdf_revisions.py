"""Does a signature speak for the file as it is shown now? Byte ranges and what came later.

Each step from one signed revision to the next is compared once, under the locks of all earlier
signatures: cheaper than comparing every signature with the end, and no less strict.
Source: ISO 32000-1 12.8.1, 12.8.2.2 (DocMDP), 12.8.2.4 (FieldMDP).
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from asn1crypto import core
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    StandardDiffPolicy,
    SuspiciousModification,
)
from pyhanko.sign.diff_analysis.form_rules_api import FormUpdatingRule
from pyhanko.sign.diff_analysis.rules.form_field_rules import (
    SigFieldCreationRule,
    SigFieldModificationRule,
)
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from evidence.actions.pdf_own_steps import OwnSteps
from evidence.actions.pdf_trust import UNREADABLE
from evidence.rules.pdf_reasons import Status
from evidence.rules.pdf_signatures import Fact

_END = re.compile(rb"startxref\s+\d+\s+%%EOF[ \t]*(?:\r\n|\r|\n)?")
_TAIL_BYTES = 2048
_SIGNATURES_ONLY = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(field_rules=[SigFieldCreationRule(), SigFieldModificationRule()]),
)
"""What may come after a signature without a person looking: signatures, time-stamps, proofs."""
_NOTHING_TO_TELL = {"coverage.whole", "coverage.later_signatures"}


@dataclasses.dataclass(frozen=True)
class _Locks:
    """The field locks of several signatures together, as the comparison asks them."""

    specs: tuple[FieldMDPSpec, ...]

    def is_locked(self, field_name: str) -> bool:
        return any(spec.is_locked(field_name) for spec in self.specs)


def coverage_facts(
    reader: PdfFileReader, pdf: bytes, signatures: Sequence[EmbeddedPdfSignature]
) -> list[Fact]:
    """One fact a signature, in the order given, which must be the order of signing."""
    ranges = [_range_fact(reader, pdf, signature) for signature in signatures]
    later = _later_facts(reader, signatures, OwnSteps(reader, pdf) if _all_hold(ranges) else None)
    tail = [] if ends_clean(pdf) else [Fact("coverage.tail")]
    return [_worst([own, *after, *tail]) for own, after in zip(ranges, later, strict=True)]


def ends_clean(pdf: bytes) -> bool:
    """Whether the file ends with the end mark of its last revision and at most one line end."""
    marks = list(_END.finditer(pdf, max(0, len(pdf) - _TAIL_BYTES)))
    return bool(marks) and marks[-1].end() == len(pdf)


def _worst(facts: Sequence[Fact]) -> Fact:
    """The gravest fact; of equal ones the first that tells something."""
    gravity = (Status.INVALID, Status.INDETERMINATE, Status.VALID)
    return min(facts, key=lambda fact: (gravity.index(fact.status), fact.code in _NOTHING_TO_TELL))


def _range_fact(reader: PdfFileReader, pdf: bytes, signature: EmbeddedPdfSignature) -> Fact:
    """Whether the signature covers its revision but for exactly its own value."""
    try:
        numbers = [int(number) for number in signature.byte_range]
    except (TypeError, ValueError):
        return Fact("coverage.gap")
    if len(numbers) != 4 or not _is_snug(pdf, numbers, signature.pkcs7_content):
        return Fact("coverage.gap")
    if not _is_padded_with_zeros(signature.pkcs7_content):
        return Fact("coverage.padding")
    level = signature.evaluate_signature_coverage()
    if level < SignatureCoverageLevel.ENTIRE_REVISION:
        return Fact("coverage.partial")
    whole = level == SignatureCoverageLevel.ENTIRE_FILE
    return Fact("coverage.whole" if whole else "coverage.later_signatures")


def _is_snug(pdf: bytes, numbers: Sequence[int], content: bytes) -> bool:
    """Whether the range starts at 0 and leaves out the signature's value and nothing else."""
    start, first, second, length = numbers
    if start != 0 or not 0 < first < second <= second + length <= len(pdf):
        return False
    gap = pdf[first:second]
    if gap[:1] != b"<" or gap[-1:] != b">":
        return False
    try:
        return bytes.fromhex(gap[1:-1].decode("ascii")) == content
    except ValueError:
        return False


def _is_padded_with_zeros(content: bytes) -> bool:
    """Whether nothing but zeros follows; that it begins with a whole value was seen before."""
    used = len(core.Asn1Value.load(content).dump())
    return not content[used:].strip(b"\x00")


def _all_hold(facts: Sequence[Fact]) -> bool:
    return all(fact.status == Status.VALID for fact in facts)


def _later_facts(
    reader: PdfFileReader, signatures: Sequence[EmbeddedPdfSignature], own: OwnSteps | None
) -> list[list[Fact]]:
    """For each signature what speaks against the steps that came after it.

    `own` explains the steps that we wrote ourselves; the others are compared, which is told.
    """
    found: list[list[Fact]] = [[] for _ in signatures]
    for index, signature in enumerate(signatures):
        following = signatures[index + 1 :]
        end = following[0].signed_revision if following else reader.xrefs.total_revisions - 1
        limits = _limits(signatures[: index + 1])
        if following and own and own.explain(signature, following[0], *limits):
            continue
        facts = list(_step_facts(reader, signature.signed_revision, end, *limits))
        if not facts and end > signature.signed_revision:
            facts = [Fact("coverage.later_compared")]
        for affected in found[: index + 1]:
            affected.extend(facts)
    return found


def _limits(earlier: Sequence[EmbeddedPdfSignature]) -> tuple[_Locks, MDPPerm | None]:
    """What these signatures together allow to come after them."""
    locks = _Locks(tuple(item.fieldmdp for item in earlier if item.fieldmdp is not None))
    levels = [item.docmdp_level for item in earlier if item.docmdp_level is not None]
    return locks, min(levels, key=lambda level: level.value, default=None)


def _step_facts(
    reader: PdfFileReader, start: int, end: int, locks: _Locks, strictest: MDPPerm | None
) -> Iterable[Fact]:
    """What is wrong with the revisions after `start` up to and with `end`."""
    for revision in range(start + 1, end + 1):
        old = reader.get_historical_resolver(start)
        new = reader.get_historical_resolver(revision)
        code = _step_code(old, new, locks, strictest)
        if not code and revision == end and not _new_fields_are_signed(old, new):
            code = "coverage.unsigned_field"
        if code:
            yield Fact(code)


def _step_code(
    old: HistoricalResolver, new: HistoricalResolver, locks: _Locks, strictest: MDPPerm | None
) -> str:
    """The reason against one step, or nothing."""
    try:
        if _allows(_SIGNATURES_ONLY, old, new, locks, strictest):
            return "" if _keeps_look_of_forms(old, new) else "coverage.form_filled"
        if _allows(DEFAULT_DIFF_POLICY, old, new, locks, strictest):
            return "coverage.form_filled"
    except UNREADABLE:
        return "coverage.unknown"
    try:
        return _what_changed(old, new)
    except UNREADABLE:
        return "coverage.changed"


def _allows(
    policy: StandardDiffPolicy,
    old: HistoricalResolver,
    new: HistoricalResolver,
    locks: _Locks,
    strictest: MDPPerm | None,
) -> bool:
    # The comparison only ever asks is_locked().
    spec = cast(FieldMDPSpec, locks)
    try:
        level = policy.apply(old, new, field_mdp_spec=spec, doc_mdp=strictest).modification_level
    except SuspiciousModification:
        return False
    return bool(level.value <= (strictest or MDPPerm.ANNOTATE).value)


def _new_fields_are_signed(old: HistoricalResolver, new: HistoricalResolver) -> bool:
    """Whether every signature field that came with this step came with a signature, or unseen."""
    known = {name for name, _, _ in enumerate_sig_fields(old)}
    return all(
        value is not None or not _is_visible(field)
        for name, value, field in enumerate_sig_fields(new)
        if name not in known
    )


def _keeps_look_of_forms(old: HistoricalResolver, new: HistoricalResolver) -> bool:
    """Whether forms that said how their text is drawn still say the same; the comparison lets that
    pass, since programs add it when they sign."""
    before, after = (_entry(each, each.root, "/AcroForm") or {} for each in (old, new))
    return "/DA" not in before or before["/DA"] == after.get("/DA")


def _is_visible(reference: generic.IndirectObject) -> bool:
    field = reference.get_object()
    widgets = [kid.get_object() for kid in _listed(field, "/Kids")] or [field]
    return any("/AP" in widget or _has_area(widget) for widget in widgets)


def _has_area(widget: generic.DictionaryObject) -> bool:
    corners = list(_listed(widget, "/Rect"))
    return len(corners) == 4 and corners[0] != corners[2] and corners[1] != corners[3]


def _listed(holder: generic.DictionaryObject, key: str) -> Sequence[Any]:
    """The list under a key, followed if it stands elsewhere; empty if there is none."""
    if key not in holder:
        return ()
    return cast(Sequence[Any], holder[key])


def _what_changed(old: HistoricalResolver, new: HistoricalResolver) -> str:
    """The plainest name for a change that is not allowed."""
    before, after = _pages(old), _pages(new)
    if len(after) != len(before):
        return "coverage.pages_added" if len(after) > len(before) else "coverage.pages_removed"
    if before != after:
        return "coverage.pages_replaced"
    if _annotations(old, before) != _annotations(new, after):
        return "coverage.annotation"
    if _field_values(old) != _field_values(new):
        return "coverage.field"
    return "coverage.changed"


def _pages(resolver: HistoricalResolver) -> list[generic.Reference]:
    """References of the pages in reading order."""
    found: list[generic.Reference] = []
    waiting = [resolver.root.raw_get("/Pages")]
    seen: set[generic.Reference] = set()
    while waiting:
        node = waiting.pop()
        if node.reference in seen:
            continue
        seen.add(node.reference)
        kids = _entry(resolver, resolver(node.reference), "/Kids")
        if kids is None:
            found.append(node.reference)
        else:
            waiting.extend(reversed(kids))
    return found


def _annotations(
    resolver: HistoricalResolver, pages: Iterable[generic.Reference]
) -> list[tuple[str, ...]]:
    """Subtype, place and text of every annotation, page by page."""
    return [
        tuple(str(_entry(resolver, note, key)) for key in ("/Subtype", "/Rect", "/Contents"))
        for page in pages
        for note in _items(resolver, resolver(page), "/Annots")
    ]


def _field_values(resolver: HistoricalResolver) -> list[str]:
    form = _entry(resolver, resolver.root, "/AcroForm")
    if form is None:
        return []
    return [str(_entry(resolver, item, "/V")) for item in _items(resolver, form, "/Fields")]


def _entry(resolver: HistoricalResolver, holder: generic.DictionaryObject, key: str) -> Any:
    """What stands under a key at that revision, or None."""
    if key not in holder:
        return None
    value = holder.raw_get(key)
    return resolver(value.reference) if isinstance(value, generic.IndirectObject) else value


def _items(resolver: HistoricalResolver, holder: generic.DictionaryObject, key: str) -> list[Any]:
    """The dictionaries in a list at that revision; none if there is no list."""
    return [
        resolver(item.reference) if isinstance(item, generic.IndirectObject) else item
        for item in list.__iter__(_entry(resolver, holder, key) or generic.ArrayObject())
    ]
