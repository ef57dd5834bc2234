"""What the bidders bring: files, made or given, and prices that follow from the seed."""

import io
import random
from collections.abc import Mapping
from pathlib import Path

import pikepdf

from client.bidder import Form

_MOST_FILES = 1000


def form_of(rng: random.Random, ceiling_fen: int) -> Form:
    """A price from 80 to 96 per cent of the ceiling, and the rest of what is read out."""
    price_fen = ceiling_fen * rng.randint(8000, 9600) // 10000
    price = f"{price_fen // 100}.{price_fen % 100:02d}"
    return Form(price, rng.randint(150, 210), "合格")


def files_of(
    folder: Path, bidder: str, *, megabytes: int, given: Path | None, number: int
) -> Mapping[str, Path]:
    """Files of one bidder by name: those of the number-th sub-folder of `given`, or made ones."""
    if given is not None:
        return given_files(given, number)
    target = folder / "bids" / bidder / "投标文件.pdf"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_document(bidder, megabytes))
    return {target.name: target}


def given_files(folder: Path, number: int) -> Mapping[str, Path]:
    """The files in the number-th sub-folder (from 0, by name). Raises ValueError without one."""
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    if number >= len(folders):
        raise ValueError(f"{folder} has {len(folders)} sub-folders, one is needed for each bidder")
    root = folders[number]
    files = {
        str(path.relative_to(root)): path
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
    if not 0 < len(files) <= _MOST_FILES:
        raise ValueError(f"{root} should hold 1 to {_MOST_FILES} files")
    return files


def _document(bidder: str, megabytes: int) -> bytes:
    """A real PDF of about this size: a page, and drawings that do not compress, as attachment."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    rng = random.Random(bidder)  # noqa: S311 (filler, not a secret)
    drawings = rng.randbytes(megabytes << 20)
    pdf.attachments["drawings.bin"] = pikepdf.AttachedFileSpec(
        pdf,
        drawings,
        filename="drawings.bin",
        description="drawings",
        mime_type="application/octet-stream",
        creation_date="",
        mod_date="",
    )
    buffer = io.BytesIO()
    pdf.save(buffer, compress_streams=False)
    return buffer.getvalue()
