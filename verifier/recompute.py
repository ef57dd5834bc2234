"""Makes again what a tender's own figures lead to: `python3 verifier/recompute.py WHAT …`.

sealed   the count and root of the bids that were fixed at the deadline; is my receipt among them?
draw     the experts, from the frozen list and the revealed nonces
prices   the price scores, from the public bundle
ranking  rejections, price scores, totals and ranks, from the evaluation.json of the report
history  an older checkpoint is a prefix of a newer one

Standard library and, for signatures, `cryptography`. Shares no code with the platform. Prints one
JSON object; exit 0 valid, 1 invalid, 2 indeterminate or unreadable. docs/check-it-yourself.md
goes through them one by one.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

if not __package__:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier import drawing, history, ranking, sealed, signatures, successions
from verifier.bids import SealedSets
from verifier.bundle import Trust, check_bundle
from verifier.findings import EXITS, INDETERMINATE, Broken, Findings, Unreadable
from verifier.receipts import check_receipt, read_receipt
from verifier.streams import Leaf

Streams = Mapping[str, Sequence[Leaf]]
Json = dict[str, Any]
_LARGEST = 64 << 20
# What reading a field that is missing, or is something else than it should be, ends in.
_MISREAD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


def main(arguments: list[str] | None = None) -> int:
    """Run one of them and print its result; return the exit code."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    given = _parser().parse_args(arguments)
    findings, told = Findings(), {}
    try:
        told = _ACTS[given.what](given, findings)
    except Broken as fault:
        findings.bad(fault.code, str(given.file), fault.text)
    except _MISREAD as fault:
        findings.bad("file.unreadable", str(given.file), f"内容不是应有的样子：{fault!r}")
    except Unreadable as fault:
        print(json.dumps({"verdict": INDETERMINATE, "error": str(fault)}, ensure_ascii=False))
        return EXITS[INDETERMINATE]
    print(json.dumps(_result(findings, told), ensure_ascii=False, indent=1))
    return EXITS[findings.verdict]


def _sealed(given: argparse.Namespace, findings: Findings) -> Json:
    receipts, streams = [read_receipt(path) for path in given.receipt], _streams(given, findings)
    for receipt in receipts:
        check_receipt(findings, receipt, (), {}, SealedSets(), ())
    value = _json(given.file)
    sealed.check_sealed_set(findings, value, receipts, streams)
    return {"count": value["count"], "root": value["root"]}


def _draw(given: argparse.Namespace, findings: Findings) -> Json:
    return {"drawn": drawing.check_draw(findings, _json(given.file), _streams(given, findings))}


def _prices(given: argparse.Namespace, findings: Findings) -> Json:
    given.bundle = given.file
    streams = _streams(given, findings)
    lots = sorted(name[4:] for name in streams if name.startswith("lot:") and "/" not in name)
    return {lot: ranking.check_prices(findings, streams, lot) for lot in lots}


def _ranking(given: argparse.Namespace, findings: Findings) -> Json:
    raw, value = _read(given.file), _json(given.file)
    return {"ranking": ranking.check_ranking(findings, raw, _streams(given, findings), value)}


def _history(given: argparse.Namespace, findings: Findings) -> Json:
    key = signatures.read_note_key(given.log_key)
    newer, proof = _read(given.newer), _json(given.proof)
    rows = successions.told(_read(given.successions).decode()) if given.successions else ()
    keys = successions.log_keys(key, successions.check_successions(findings, rows, "successions"))
    history.check_history(findings, _read(given.file), newer, proof, keys)
    return {}


_ACTS: Mapping[str, Callable[[argparse.Namespace, Findings], Json]] = {
    "sealed": _sealed,
    "draw": _draw,
    "prices": _prices,
    "ranking": _ranking,
    "history": _history,
}


def _streams(given: argparse.Namespace, findings: Findings) -> Streams:
    """The streams of the bundle that was given, if it is a valid one; its faults are told."""
    if given.bundle is None:
        return {}
    own = Findings()
    bundle = check_bundle(given.bundle, Trust(), own)
    findings.problems += own.problems
    findings.undecided |= own.undecided
    findings.leave("证据包的密钥取自其自身：另请用 verifier/verify.py 以 --log-key 核验")
    return bundle.streams if not own.problems else {}


def _result(findings: Findings, told: Json) -> Json:
    return {
        "verdict": findings.verdict,
        **told,
        "checked": dict(sorted(findings.checked.items())),
        "not_checked": findings.not_checked,
        "problems": [asdict(problem) for problem in findings.problems],
    }


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as fault:
        raise Unreadable(f"无法读取 {path}：{fault}") from fault


def _json(path: Path) -> Json:
    try:
        value = json.loads(_read(path).decode())
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"{path}：不是 JSON（{fault}）") from fault
    if not isinstance(value, dict):
        raise Unreadable(f"{path}：应为 JSON 对象")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    acts = parser.add_subparsers(dest="what", required=True)
    for name in _ACTS:
        act = acts.add_parser(name)
        act.add_argument("file", type=Path, metavar="FILE")
        if name in ("sealed", "draw", "ranking"):
            act.add_argument("--bundle", type=Path, metavar="ZIP", help="compare with the log")
        if name == "sealed":
            act.add_argument("--receipt", type=Path, metavar="FILE", action="append", default=[])
        if name == "history":
            act.add_argument("--newer", type=Path, required=True, help="the newer checkpoint")
            act.add_argument("--proof", type=Path, required=True, help="the proof between them")
            act.add_argument("--log-key", required=True, help="the log's verifier key")
            act.add_argument("--successions", type=Path, help="what /api/v1/log answered")
    return parser


if __name__ == "__main__":
    sys.exit(main())
