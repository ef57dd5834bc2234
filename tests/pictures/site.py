"""A site of its own with the whole demo city, in processes that end with the pictures."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.journeys.program import Program


@contextlib.contextmanager
def site() -> Iterator[str]:
    """Address of a new site on which the city was played to its end."""
    with tempfile.TemporaryDirectory(prefix="zhaobiao-pictures-") as folder:
        program = Program(Path(folder), "127.0.0.1")
        try:
            yield str(program.wait_for_the_site().wait_for_the_city().url)
        finally:
            program.stop()
