"""What does a person with a pocket calculator key in to follow the result, line by line?

A line prints the calculation and its figure; the next line starts from exactly that figure.
"""

import dataclasses
from fractions import Fraction

from evaluation.rules.price_numbers import Mode, Rounding, decimals_of, kept, plain


@dataclasses.dataclass(frozen=True)
class TraceEntry:
    """One line. `keys` is what is calculated and `value` the figure that is written down.

    `places` and `mode` say how the value was rounded (None: it is not rounded, or rounding does
    not belong to the rule and only shortens what is written). Lines of reasons have no keys.
    """

    step: str
    bidder: str
    zh: str
    en: str
    keys: str = ""
    value: str = ""
    places: int | None = None
    mode: str = ""


# A figure that goes on as a division is shown to so many decimals beside it.
SHOWN = Rounding(4)
_HOW_ZH = {Mode.HALF_UP: "四舍五入保留", Mode.DOWN: "舍去尾数保留", Mode.UP: "进位保留"}
_HOW_EN = {Mode.HALF_UP: "rounded half up to", Mode.DOWN: "cut to", Mode.UP: "rounded up to"}


class Paper:
    """Where a calculation keeps its figures, and writes its lines if it is asked to.

    `places` is how many decimals are written of a figure that the rule doesn't round; None keeps
    it exact. `endless` tells afterwards whether any figure was longer than can be written.
    """

    def __init__(self, places: int | None = None, *, writing: bool = False) -> None:
        self.places = places
        self.writing = writing
        self.endless = False
        self.entries: list[TraceEntry] = []

    def keep(
        self, figure: Fraction, rounding: Rounding | None = None, *, inner: bool = False
    ) -> Fraction:
        """The figure with which the next step goes on; one inside an expression stays exact."""
        if rounding is not None:
            return rounding.of(figure)
        if inner:
            return figure
        if self.places is None:
            self.endless = self.endless or kept(figure, 0) != figure
            return figure
        return kept(figure, self.places)

    def say(self, step: str, zh: str, en: str, *, bidder: str = "") -> None:
        """Write a line without a calculation."""
        if self.writing:
            self.entries.append(TraceEntry(step, bidder, zh, en))

    def reckon(
        self,
        step: str,
        label: tuple[str, str],
        keys: str,
        figure: Fraction,
        rounding: Rounding | None = None,
        *,
        bidder: str = "",
        inner: bool = False,
    ) -> Fraction:
        """Keep the figure and write how it was calculated. `label` is Chinese, then English."""
        value = self.keep(figure, rounding, inner=inner)
        if self.writing:
            self._write(step, bidder, label, keys, figure, value, rounding)
        return value

    def _write(
        self,
        step: str,
        bidder: str,
        label: tuple[str, str],
        keys: str,
        figure: Fraction,
        value: Fraction,
        rounding: Rounding | None,
    ) -> None:
        how = _how(figure, value, rounding)
        text = plain(value if how is None else how.of(figure), how if rounding else None)
        sums = f"{keys}＝{plain(value)}" if decimals_of(value) is None else keys
        mark = "＝" if how is None or rounding else "≈"
        sums = text if sums == text else f"{sums}{mark}{text}"
        note_zh, note_en = _note(value, how, rounding)
        who_zh, who_en = (f"{bidder}　", f"{bidder}: ") if bidder else ("", "")
        zh = f"{who_zh}{label[0]}＝{sums}{note_zh}"
        spaced = sums.replace("＝", " = ").replace("≈", " ≈ ")
        en = f"{who_en}{label[1]} = {spaced}{note_en}"
        places, mode = (None, "") if how is None else (how.places, how.mode.value)
        self.entries.append(TraceEntry(step, bidder, zh, en, keys, text, places, mode))


def _how(figure: Fraction, value: Fraction, rounding: Rounding | None) -> Rounding | None:
    """How the written figure came out of the exact one; None if it is written whole."""
    if rounding is not None:
        return rounding
    places = decimals_of(value)
    if places is None:
        return SHOWN
    return None if figure == value else Rounding(max(places, SHOWN.places))


def _note(value: Fraction, how: Rounding | None, rounding: Rounding | None) -> tuple[str, str]:
    if how is None:
        return "", ""
    if rounding is not None:
        zh, en = _HOW_ZH[how.mode], _HOW_EN[how.mode]
        return f"（{zh} {how.places} 位小数）", f" ({en} {how.places} decimals)"
    if decimals_of(value) is None:
        going_on = plain(value)
        return f"（下一步按 {going_on} 计算）", f" (the next step goes on with {going_on})"
    return "（只列出所需位数）", " (as many decimals as needed)"


def bracketed(figure: Fraction) -> str:
    """A figure inside a calculation; negative ones and fractions in brackets."""
    text = plain(figure)
    return f"({text})" if text.startswith("-") or "÷" in text else text
