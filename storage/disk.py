"""Letting what was written reach the disk, before somebody is told that it is there."""

import os
from pathlib import Path
from typing import Any


def flush(file: Any) -> None:
    """Let the bytes of an open file reach the disk."""
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Let the names in a folder reach the disk, as the bytes of its files did."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
