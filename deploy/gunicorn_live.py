"""gunicorn for a live process: gevent, a thousand sockets and more in one thread."""

import os

bind = os.environ.get("ZHAOBIAO_BIND", "0.0.0.0:8000")
worker_class = "gevent"
workers = 1
worker_connections = 10_000
backlog = 4096
graceful_timeout = 5
accesslog = None
loglevel = "warning"
control_socket_disable = True
