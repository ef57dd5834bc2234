"""Reading signed PDFs: pyHanko's reader, with the long values of signatures read at one go.

pyHanko reads a hexadecimal string digit by digit; an archive holds a hundred and eighty thousand
of them, a third of the cost of judging it. Only this string is read otherwise, to the same value.
"""

# mypy: allow-untyped-calls
# (pyHanko's constructors carry no annotations.)

import binascii
import io
import re
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

_SIGNATURE = re.compile(rb"(\d{1,10}) (\d{1,5}) obj\n(<<\n/Contents <)([0-9A-Fa-f]{512,})>")
_PLACEHOLDER = b"00"


def open_reader(pdf: bytes) -> PdfFileReader:
    """The file for reading, strictly and under pyHanko's limits for untrusted input."""
    return _Reader(pdf)


class _Reader(PdfFileReader):
    """pyHanko's reader, but for how it comes by a signature dictionary that we have written."""

    def __init__(self, pdf: bytes) -> None:
        self._pdf = pdf
        super().__init__(io.BytesIO(pdf), strict=True)

    # pyHanko's reader differs from its base in the same way.
    def get_object(  # type: ignore[override]
        self, ref: generic.Reference, revision: int | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """The object of that reference, the newest or that of a revision."""
        is_known = self.cache_get_indirect_object(ref.generation, ref.idnum) is not None
        if revision is None and not is_known:
            signature = self._signature(ref)
            if signature is not None and not self.encrypted:
                self.cache_indirect_object(ref.generation, ref.idnum, signature)
        return super().get_object(ref, revision, *args, **kwargs)

    def _signature(self, ref: generic.Reference) -> generic.DictionaryObject | None:
        """The signature dictionary there; None if it is none or must be read the slow way."""
        place = self.xrefs[ref]
        found = _SIGNATURE.match(self._pdf, place) if isinstance(place, int) else None
        if not found or (int(found[1]), int(found[2])) != (ref.idnum, ref.generation):
            return None
        end = self._pdf.find(b"endobj", found.end())
        short = found[3] + _PLACEHOLDER + self._pdf[found.end() - 1 : end + len(b"endobj")]
        try:
            return _with_contents(
                short, generic.Reference(ref.idnum, ref.generation, self), found[4]
            )
        except (PdfError, ValueError, IndexError):
            return None


def _with_contents(
    short: bytes, ref: generic.Reference, digits: bytes
) -> generic.DictionaryObject | None:
    """The dictionary in which a placeholder stands for the value; None if it is more than that."""
    stream = io.BytesIO(short)
    found = generic.read_object(stream, ref)
    if stream.read().strip() != b"endobj" or type(found) is not generic.DictionaryObject:
        return None
    found[generic.pdf_name("/Contents")] = generic.pdf_string(binascii.unhexlify(digits))
    return found
