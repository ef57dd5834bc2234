"""The commands `flask evaluation …`: no database and no var/ folder is needed for them."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from evaluation.actions.archive import read_bundle, verify_pdf
from kernel.errors import InvalidInput

commands = AppGroup("evaluation", help="Evaluation: price scores, signed archives.")

EXIT_CODES = {"valid": 0, "invalid": 1, "indeterminate": 2}
_NO_FACTS = dict.fromkeys(("digest", "signature", "trust", "coverage"), "indeterminate")


@commands.command("verify")
@click.argument("pdf", type=click.Path(path_type=Path))
@click.option("--evidence", type=click.Path(path_type=Path), help="Evidence bundle (ZIP).")
@click.option("--trust", type=click.Path(path_type=Path), help="Trust root(s), PEM.")
def verify(pdf: Path, evidence: Path | None, trust: Path | None) -> None:
    """Check a signed PDF: digest, signature, trust when signed, coverage.

    Prints one JSON object; exit 0 = valid, 1 = invalid, 2 = indeterminate or unreadable. With
    --evidence the file must be one of our archives and stand in the bundle's archives.json; the
    bundle's trust.pem is used unless --trust is given.

    Example: flask evaluation verify evaluation.pdf --evidence evidence.zip
    """
    try:
        logged, bundled = read_bundle(evidence) if evidence else (None, None)
        roots = [trust.read_bytes()] if trust else [bundled] if bundled else []
        result = verify_pdf(pdf.read_bytes(), trust=roots, logged=logged, now=datetime.now(UTC))
    except OSError as error:
        result = _failed("file.unreadable", f"{error.filename}: {error.strerror}")
    except InvalidInput as refusal:
        result = _failed(refusal.code, str(refusal.problems[0]))
    click.echo(json.dumps(result, ensure_ascii=False))
    if "error" in result:
        click.echo(f"verify: {result['error']}", err=True)
    sys.exit(EXIT_CODES[str(result["verdict"])])


def _failed(code: str, message: str) -> dict[str, object]:
    return {
        "verdict": "indeterminate",
        "facts": _NO_FACTS,
        "signatures": [],
        "error": {"code": code, "zh": message, "en": message},
    }
