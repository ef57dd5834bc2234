"""Takes a signed PDF apart for plain tools: `python3 verifier/pdf.py FILE FOLDER`.

Of each signature it writes NN.der and NN.signed, the bytes that it covers. It judges
nothing: `openssl cms -verify` and `openssl ts -verify` do that with what is written.
Source: ISO 32000-1 12.8.1 (ByteRange and Contents).
"""

import re
import sys
from pathlib import Path

if not __package__:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier.findings import Broken

_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
MOST_SIGNATURES = 100


def main(arguments: list[str]) -> int:
    """Take the file apart and tell what each signature covers; 1 if it is no whole signed PDF."""
    if len(arguments) != 2:
        print("python3 verifier/pdf.py FILE FOLDER", file=sys.stderr)
        return 2
    try:
        for line in take_apart(Path(arguments[0]).read_bytes(), Path(arguments[1])):
            print(line)
    except (Broken, OSError) as fault:
        print(fault)
        return 1
    return 0


def take_apart(pdf: bytes, folder: Path) -> list[str]:
    """Write both files for each signature, in the order of the file. Raises Broken."""
    folder.mkdir(parents=True, exist_ok=True)
    ranges = sorted({tuple(map(int, match.groups())) for match in _RANGE.finditer(pdf)})
    told, covered = [], 0
    for number, (start, length, after, rest) in enumerate(_in_order(ranges), 1):
        if start != 0 or not length < after <= after + rest <= len(pdf):
            raise Broken("pdf.range", f"第 {number} 个签名的范围不在文件内")
        try:
            contents = bytes.fromhex(pdf[length:after].decode("ascii").strip("<> \r\n"))
        except ValueError as fault:
            raise Broken("pdf.contents", f"第 {number} 个签名无法读取") from fault
        name = f"{number:02d}"
        (folder / f"{name}.der").write_bytes(_first_value(contents))
        (folder / f"{name}.signed").write_bytes(pdf[:length] + pdf[after : after + rest])
        covered = after + rest
        told.append(f"{name} covers {covered} of {len(pdf)} bytes")
    if not told or covered != len(pdf):
        raise Broken("pdf.coverage", "没有签名，或最后一个签名之后还有内容")
    return told


def _in_order(ranges: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    if len(ranges) > MOST_SIGNATURES:
        raise Broken("pdf.signatures", "签名过多")
    return sorted(ranges, key=lambda each: each[2] + each[3])


def _first_value(padded: bytes) -> bytes:
    """The DER value at the beginning; what a PDF pads it with is left out. Raises Broken."""
    if len(padded) < 2:
        raise Broken("pdf.contents", "签名为空")
    size, head = padded[1], 2
    if size >= 0x80:
        head = 2 + (size & 0x7F)
        size = int.from_bytes(padded[2:head], "big")
    if padded[0] != 0x30 or head + size > len(padded) or any(padded[head + size :]):
        raise Broken("pdf.contents", "签名不是一个 DER 值")
    return padded[: head + size]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
