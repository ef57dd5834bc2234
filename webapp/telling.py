"""How commands tell that they were refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from kernel.errors import Refusal


def telling(command: Callable[..., None]) -> Callable[..., None]:
    """Tell a refusal with its code, and end with 1."""

    @wraps(command)
    def told(*words: Any, **named: Any) -> None:
        try:
            command(*words, **named)
        except Refusal as refusal:
            problem = refusal.problems[0]
            raise click.ClickException(f"{problem.code}: {problem}") from refusal

    return told
