"""The method by which a lot is evaluated, and its frame."""

from evaluation.rules.method import Frame, Method, parse_method
from kernel.periods import legal_date
from trading.models.tendering import Lot


def frame_of(lot: Lot) -> Frame:
    """What the lot's tender says that its method must fit; the day is that of registration."""
    tender = lot.tender
    return Frame(tender.regime, tender.category, legal_date(tender.registered_at), lot.estimate_fen)


def method_of(lot: Lot) -> Method:
    """The lot's method. Raises InvalidInput or Refusal where it is none."""
    return parse_method(lot.method, frame_of(lot))
