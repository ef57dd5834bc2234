"""Checks an evidence bundle off-line: `python3 verifier/verify.py ZIP`.

Needs the standard library and, for signatures, `cryptography`; without it the verdict is at
best `indeterminate`. Shares no code with the platform. Prints one JSON object; exit 0 valid,
1 invalid, 2 indeterminate or unreadable. The format is described in docs/bundle.md.
"""

import argparse
import hashlib
import io
import json
import sys
from dataclasses import asdict
from pathlib import Path

if not __package__:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier import attachments, signatures, successions
from verifier.bundle import Bundle, Trust, check_bundle
from verifier.findings import EXITS, INDETERMINATE, Broken, Findings, Unreadable
from verifier.heads import check_heads, read_head
from verifier.receipts import check_receipt, read_receipt
from verifier.successions import check_successions


def main(arguments: list[str] | None = None) -> int:
    """Run the check and print its result; return the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    if not given.zip and not given.receipt and not given.head:
        parser.error("ZIP, --receipt FILE or --head FILE is needed")
    findings = Findings()
    try:
        bundle = _checked(given, findings)
    except Unreadable as fault:
        _print({"verdict": INDETERMINATE, "checked": {}, "not_checked": [], "error": str(fault)})
        return EXITS[INDETERMINATE]
    _tell_fingerprints(bundle, given)
    _print(_result(bundle, findings))
    return EXITS[findings.verdict]


def _checked(given: argparse.Namespace, findings: Findings) -> Bundle:
    trust = _trust(given)
    receipts = [read_receipt(path) for path in given.receipt]
    heads = [read_head(path) for path in given.head]
    bundle = check_bundle(given.zip, trust, findings) if given.zip else Bundle()
    if bundle.log is None:
        _take_given(findings, bundle, trust)
    for receipt in receipts:
        check_receipt(findings, receipt, bundle.receipts, bundle.streams, bundle.sets, bundle.logs)
    check_heads(findings, heads, bundle.proven, bundle.logs)
    if bundle.manifest and not given.log_key:
        findings.leave("日志密钥取自证据包本身：请与别处公布的指纹核对，或用 --log-key 给出")
    if bundle.manifest and not given.receipt_key:
        findings.leave("平台密钥取自证据包本身：请与别处公布的指纹核对，或用 --receipt-key 给出")
    return bundle


def _take_given(findings: Findings, bundle: Bundle, trust: Trust) -> None:
    """Without a bundle, or with one that says nothing, only what was given counts."""
    bundle.log, bundle.receipt = trust.log, trust.receipt
    try:
        bundle.successions = check_successions(findings, trust.successions, "successions")
    except Broken as fault:
        raise Unreadable(fault.text) from fault


def _trust(given: argparse.Namespace) -> Trust:
    try:
        log = signatures.read_note_key(_text(given.log_key)) if given.log_key else None
        receipt = bytes.fromhex(_text(given.receipt_key)) if given.receipt_key else None
        witnesses = [signatures.read_note_key(_text(key)) for key in given.witness_key]
        roots = given.trust.read_bytes() if given.trust else None
        if roots is not None:
            attachments.read_certificates(roots)
    except Broken as fault:
        raise Unreadable(fault.text) from fault
    except (OSError, ValueError) as fault:
        raise Unreadable(f"无法读取给出的密钥或证书：{fault}") from fault
    followed = successions.told(_text(given.successions)) if given.successions else []
    return Trust(log, receipt, roots, followed, witnesses)


def _text(key: str) -> str:
    """A text given as itself or as the file that holds it."""
    path = Path(key)
    return path.read_text("utf-8").strip() if len(key) < 256 and path.is_file() else key


def _result(bundle: Bundle, findings: Findings) -> dict[str, object]:
    described = {
        name: bundle.manifest[name]
        for name in ("scope", "subject", "audience", "origin", "tree_size")
        if name in bundle.manifest
    }
    return {
        "verdict": findings.verdict,
        "bundle": described,
        "checked": dict(sorted(findings.checked.items())),
        "not_checked": findings.not_checked,
        "problems": [asdict(problem) for problem in findings.problems],
    }


def _tell_fingerprints(bundle: Bundle, given: argparse.Namespace) -> None:
    """What was taken from the bundle itself, for comparison with what is published elsewhere."""
    if bundle.log and not given.log_key:
        _tell(f"log key {bundle.log.name}+{bundle.log.identity.hex()}", bundle.log.public)
    if bundle.receipt and not given.receipt_key:
        _tell("receipt key", bundle.receipt)
    for key in () if given.witness_key else bundle.witnesses:
        _tell(f"witness key {key.name}+{key.identity.hex()}", key.public)
    if not given.trust:
        for certificate in bundle.roots:
            _tell("trusted certificate", certificate)


def _tell(what: str, content: bytes) -> None:
    print(f"from the bundle: {what} sha256:{hashlib.sha256(content).hexdigest()}", file=sys.stderr)


def _print(result: dict[str, object]) -> None:
    print(json.dumps(result, ensure_ascii=False, indent=1))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Check an evidence bundle; receipts and kept checkpoints alone or against it.",
        epilog="Example: python3 verifier/verify.py evidence.zip --log-key log.key",
    )
    parser.add_argument("zip", metavar="ZIP", type=Path, nargs="?", help="the bundle")
    parser.add_argument("--log-key", metavar="KEY", help="the log's verifier key, or its file")
    parser.add_argument("--receipt-key", metavar="HEX", help="the platform's receipt key")
    parser.add_argument(
        "--successions", metavar="JSON", help="how keys followed others: what /api/v1/log answered"
    )
    parser.add_argument(
        "--witness-key",
        metavar="KEY",
        action="append",
        default=[],
        help="a witness whose co-signature the checkpoint must have",
    )
    parser.add_argument("--trust", metavar="PEM", type=Path, help="certificates that are trusted")
    parser.add_argument(
        "--receipt", metavar="FILE", type=Path, action="append", default=[], help="a receipt"
    )
    parser.add_argument(
        "--head", metavar="FILE", type=Path, action="append", default=[], help="a kept checkpoint"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
