"""`flask supervision …`: the evidence of a tender, price screens and document similarity.

Screens and similarity need no database: what they say can be recomputed by anybody who has the
files.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import AppGroup

from evidence.actions.authority import kept_trust_pem
from evidence.cli import program_keys, write_to
from kernel.errors import Refusal
from supervision.actions.dossier import Sources, export_dossier
from supervision.actions.extraction import Extracted, extracted
from supervision.actions.screens import ScreenedTender, screened_tenders
from supervision.rules.disclosure import READERS
from supervision.rules.screens_flags import MEANINGS, reading_of
from supervision.rules.screens_reference import Reference
from supervision.rules.similarity import Comparison, Passage, StandardText, compare
from trading.rules.disclosure import Audience

commands = AppGroup("supervision", help="Evidence bundles, price screens, document similarity.")


@commands.command("bundle")
@click.argument("tender", metavar="TENDER")
@click.option(
    "--out", required=True, metavar="ZIP", type=click.Path(dir_okay=False, path_type=Path)
)
@click.option(
    "--for",
    "audience",
    type=click.Choice([audience.value for audience in READERS]),
    default=Audience.PARTY.value,
    show_default=True,
    help="Who will read it; decides what is withheld.",
)
def bundle(tender: str, out: Path, audience: str) -> None:
    """Write the evidence of TENDER that this audience may know into ZIP.

    What the newest checkpoint does not cover is not in it. Anybody checks it with
    `python3 verifier/verify.py ZIP`; the format is described in docs/bundle.md. Exit 0, or 1 when
    there is nothing to export, 2 when ZIP cannot be written.

    Example: flask supervision bundle TD0000000000 --out evidence.zip --for public
    """
    to_whom = Audience(audience)
    write_to(out, lambda db, file: export_dossier(db, tender, to_whom, _sources(), file))


def _sources() -> Sources:
    settings: Any = current_app.extensions["settings"]
    vault = current_app.extensions["vault"]
    return Sources(program_keys(), vault, kept_trust_pem(settings.authority))


@commands.command("screens")
@click.argument("csv_file", metavar="CSV")
@click.option("--subgroups", is_flag=True, help="Add min and median over subgroups of 3 and 4.")
@click.option("--explain", is_flag=True, help="Add flags, their meaning and what clears them.")
@click.option("--reference", metavar="CSV", help="Add percentiles among the tenders of this table.")
def screens(csv_file: str, subgroups: bool, explain: bool, reference: str | None) -> None:
    """Compute price screens of every tender of a CSV (or - for standard input).

    Columns tender, bidder, price; UTF-8. One JSON line per tender; null = not defined. The rows of
    one tender may be scattered. Exit 0, or 2 with the line of the first fault.

    \b
    Example:
      flask supervision screens bids.csv --explain
      printf 'tender,bidder,price\\nT1,甲,100\\nT1,乙,103\\n' | flask supervision screens -
    """
    try:
        group = _reference(reference) if reference else None
        with click.open_file(csv_file, "rb") as source:
            for tender in screened_tenders(source, with_subgroups=subgroups):
                click.echo(_line(tender, explain=explain, group=group))
    except Refusal as refusal:
        _stop(str(refusal.problems[0]))
    except OSError as error:
        _stop(f"无法读取“{error.filename}”。")


@commands.command("similarity")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--exclude", multiple=True, metavar="FILE", help="Leave out this file's text (repeatable)."
)
def similarity(first: str, second: str, exclude: tuple[str, ...]) -> None:
    """Compare two documents (UTF-8 text, PDF or DOCX) and print what they share as JSON.

    Passages are half-open ranges of code points of the original text; every shared run of 20
    compared characters or more is found. Exit 0, or 2 when a file has no readable text.

    \b
    Example:
      flask supervision similarity bid-a.pdf bid-b.pdf --exclude tender-document.pdf
    """
    try:
        standards = [StandardText(path, extracted(path).document.text) for path in exclude]
        a, b = extracted(first), extracted(second)
    except Refusal as refusal:
        _stop(str(refusal.problems[0]))
    for name, one in ((first, a), (second, b)):
        if one.textless_pages:
            click.echo(f"“{name}”有扫描页,未比对:{list(one.textless_pages)}", err=True)
    found = compare(a.document, b.document, standards)
    click.echo(json.dumps(_comparison(found, a, b), ensure_ascii=False, allow_nan=False))


def _comparison(found: Comparison, a: Extracted, b: Extracted) -> dict[str, object]:
    return {
        "containment": found.containment,
        "passages": [_passage(passage) for passage in found.passages],
        "lengths": {"a": found.lengths[0], "b": found.lengths[1]},
        "left_out": [dataclasses.asdict(each) for each in found.left_out],
        "pages_without_text": {"a": a.textless_pages, "b": b.textless_pages},
        "sentences": [dataclasses.asdict(each) for each in found.sentences],
        "slips": [dataclasses.asdict(each) for each in found.slips],
        "numbers": [dataclasses.asdict(each) for each in found.numbers],
        "flags": found.flags,
        "abstains": found.abstains,
    }


def _passage(passage: Passage) -> dict[str, object]:
    shown: dict[str, object] = {"a": passage.a, "b": passage.b, "text": passage.text}
    if passage.pages_a or passage.pages_b:
        shown["pages"] = {"a": passage.pages_a, "b": passage.pages_b}
    return shown


def _line(tender: ScreenedTender, *, explain: bool, group: Reference | None) -> str:
    line: dict[str, object] = {"tender": tender.bids.tender, **tender.screens.as_json()}
    if tender.subgroups:
        line["subgroups"] = [each.as_json() for each in tender.subgroups]
    if group:
        places = group.places_of(tender.screens)
        line["reference"] = {
            "group": group.name,
            **{name: dataclasses.asdict(place) for name, place in places.items()},
        }
    if explain:
        line["reading"] = _reading(tender)
    return json.dumps(line, ensure_ascii=False, allow_nan=False)


def _reading(tender: ScreenedTender) -> dict[str, object]:
    reading = reading_of(tender.bids.decimals())
    flags = []
    for flag in reading.flags:
        shown = dataclasses.asdict(flag)
        if flag.clears:
            bidder = tender.bids.bidders[flag.clears.bidder]
            shown["clears"] = {"bidder": bidder, "percent": str(flag.clears.percent)}
        flags.append(shown)
    step = None if reading.step is None else format(reading.step, "f")
    return {"signal": reading.signal, "flags": flags, "regular_step": step, "meanings": MEANINGS}


def _reference(path: str) -> Reference:
    with click.open_file(path, "rb") as source:
        return Reference(path, (tender.screens for tender in screened_tenders(source)))


def _stop(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    raise SystemExit(2)
