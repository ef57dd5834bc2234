"""gunicorn for a web process: threads, because requests wait for database and disk."""

import os

bind = os.environ.get("ZHAOBIAO_BIND", "0.0.0.0:8000")
worker_class = "gthread"
workers = 1
threads = 64
graceful_timeout = 5
accesslog = None
loglevel = "warning"
control_socket_disable = True
