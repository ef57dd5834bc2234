import pytest

from trading.labels import LABELS, label
from trading.rules.opening import Outcome
from trading.states import LotState


@pytest.mark.parametrize("kind", LABELS)
def test_every_state_has_its_words(kind):
    assert all(label(member) for member in kind)


def test_an_opened_lot_and_an_opened_bid_are_not_called_the_same():
    assert (label(LotState.OPENED), label(Outcome.OPENED)) == ("已开标", "已开启")
