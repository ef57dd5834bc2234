"""Puts the program together: settings, database, blueprints, sockets, commands."""

from flask import Flask

from webapp.commands import register_commands


def create_app() -> Flask:
    """A ready application. Opens no database and no file until it is first needed."""
    app = Flask("zhaobiao")
    register_commands(app)
    return app
