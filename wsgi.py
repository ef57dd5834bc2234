"""Starts the program. No logic: gunicorn and `flask` both find `app` here."""

from webapp.factory import create_app

app = create_app()
