"""The `flask …` command groups: each package brings its own in cli.py."""

from flask import Flask
from flask.cli import AppGroup

from evaluation.cli import commands as evaluation_commands

GROUPS: list[AppGroup] = [evaluation_commands]


def register_commands(app: Flask) -> None:
    """Hang every group under `flask`."""
    for group in GROUPS:
        app.cli.add_command(group)
