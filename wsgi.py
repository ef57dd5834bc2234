"""Starts the program. No logic: gunicorn and `flask` both find `app` here."""

import gc

from webapp.factory import create_app
from webapp.logs import begin_logs

begin_logs()
app = create_app()
gc.freeze()  # what was made to start with stays: never look through it again while people wait
