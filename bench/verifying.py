"""Row 5c: judging an archive of seven signatures against pyHanko's default on the same file.

The archive is ours as it is kept: a report of about twenty pages, certified, signed by five
experts, sealed, each with a time-stamp, and a document time-stamp last. The limit asks pyHanko
about every signature with its default policy. Both must say valid of the file and invalid of it
with one byte changed, or the run fails. `python -m bench.verifying`.
"""

import io
import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from evidence.actions import papers, signing
from evidence.actions.authority import (
    Authority,
    Credential,
    asn1_certificate,
    new_rsa_key,
    open_authority,
)
from evidence.actions.pdf_signatures import examine
from evidence.actions.timestamps import BuiltInTimeStamper
from evidence.rules.certificates import Subject
from evidence.rules.signing import SignatureField

FONTS = Path(__file__).resolve().parents[1] / "static/dist/fonts"
ROUNDS, EXPERTS, LINES = 5, 5, 620


def main() -> None:
    """Print the row: medians of interleaved rounds, milliseconds of processor time."""
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        now = datetime.now(UTC)
        authority = open_authority(Path(folder) / "ca", now)
        pdf = archive(authority, now)
        compare_verdicts(pdf, authority)
        pairs = [(timed(ours, pdf, authority), timed(stock, pdf, authority)) for _ in range(ROUNDS)]
    pages = len(list(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"]))
    row = {
        "row": "5c",
        "what": f"judging an archive of 7 signatures and a time-stamp, {pages} pages, CPU",
        "ours": f"{statistics.median(pair[0] for pair in pairs):.0f} ms",
        "limit": f"{statistics.median(pair[1] for pair in pairs):.0f} ms (pyHanko's default)",
        "ratio": round(statistics.median(a / b for a, b in pairs), 2),
        "goal": "≤ 0.3 × pyHanko's default",
    }
    print(json.dumps(row))


def compare_verdicts(pdf: bytes, authority: Authority) -> None:
    """Stop unless both ways call the file valid, and not so with its version digit changed."""
    place = len(b"%PDF-1.")
    changed = pdf[:place] + b"0" + pdf[place + 1 :]
    said = [[judge(one, authority) for judge in (ours, stock)] for one in (pdf, changed)]
    if said != [[True, True], [False, False]]:
        sys.exit(f"verdicts differ: {said}")


def ours(pdf: bytes, authority: Authority) -> bool:
    """Whether we call the file valid."""
    return examine(pdf, [authority.trust_pem], now=datetime.now(UTC)).verdict == "valid"


def stock(pdf: bytes, authority: Authority) -> bool:
    """Whether pyHanko does, asked about each signature as its manual shows."""
    reader = PdfFileReader(io.BytesIO(pdf))
    root = asn1_certificate(authority.certificate_chain[-1])
    verdicts = []
    for signature in reader.embedded_signatures:
        context = ValidationContext(trust_roots=[root], allow_fetching=False)
        if signature.sig_object_type == "/DocTimeStamp":
            stamp = validate_pdf_timestamp(signature, context)
            verdicts.append(stamp.valid and stamp.intact and stamp.trusted)
        else:
            verdicts.append(validate_pdf_signature(signature, context).bottom_line)
    return all(verdicts)


def timed(judge: Callable[[bytes, Authority], bool], pdf: bytes, authority: Authority) -> float:
    """Milliseconds of processor time for one judgement."""
    began = time.process_time()
    judge(pdf, authority)
    return (time.process_time() - began) * 1000


def archive(authority: Authority, now: datetime) -> bytes:
    """A report with all its signatures, made as the platform makes it."""
    stamper, context = BuiltInTimeStamper(authority), authority.validation_context(now)
    stamp = papers.draw_stamp(["签名"], font_folder=FONTS)
    pdf = signing.lay_out_fields(report(now), places())
    pdf = signing.certify(pdf, authority, stamper, context=context)
    for number in range(1, EXPERTS + 1):
        who = person(authority, number, now)
        name = f"expert{number}"
        pdf = signing.sign_with(pdf, name, who, authority, stamper, context=context, stamp=stamp)
    return signing.seal(pdf, authority, stamper, context=context, stamp=stamp)


def person(authority: Authority, number: int, now: datetime) -> Credential:
    """An expert with a key and a certificate."""
    key = new_rsa_key()
    subject = Subject("某某大学", f"评标专家{number}", "12100000400000000X", f"E-{number}")
    return Credential(authority.issue(subject, key.public_key(), now=now), key)


def report(now: datetime) -> bytes:
    """An unsigned report: one long table."""
    rows = [[str(n), f"某某建设{n}有限公司", "12345.00"] for n in range(LINES)]
    pieces = [
        papers.Heading("评标报告", 1),
        papers.Grid(["序号", "投标人", "报价（元）"], rows, [1, 4, 2], "表一 得分", [2]),
        papers.Room(210),
    ]
    return papers.write_pdfa(
        pieces,
        title="评标报告",
        subject="ZB-2026-001",
        attachment=("evaluation.json", b'{"lot":"1"}'),
        font_folder=FONTS,
        now=now,
        rehearsal=False,
    )


def places() -> list[SignatureField]:
    """The fields of an archive, in the free room of the last page."""
    people = [
        SignatureField(f"expert{n}", f"评标专家签名{n}", -1, (60, 60 + 30 * n, 200, 84 + 30 * n))
        for n in range(1, EXPERTS + 1)
    ]
    seal = SignatureField("seal", "平台电子印章", -1, (380, 130, 520, 184))
    return [SignatureField("certification", "平台认证"), *people, seal]


if __name__ == "__main__":
    main()
