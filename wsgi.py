"""Starts the program. No logic: gunicorn and `flask` both find `app` here."""

from webapp.factory import create_app
from webapp.logs import begin_logs

begin_logs()
app = create_app()
