"""The log of a process: one JSON object a line, on standard error.

It may hold what an operator needs to find a fault: which door was asked, how it answered and how
long that took, what kind of due work failed, where in the code a fault arose. That tells the
traffic of a machine, also of the doors where bids arrive, to whoever runs it: they see that
anyway (docs/trust.md). It holds nobody's name, number or address, no code of a person, a
thing or a firm, no text that anybody wrote and nothing of a bid. Therefore

- an event is the constant text in the source, its values are left out but for `FIELDS`;
- a fault is told by its kind and place, never by its message, which may quote what was given;
- of what other people's code says only is told that it said something, and where.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter

from webapp.answered import Answered

FIELDS = ("method", "status", "code", "ms", "kind")
_OWN = "zhaobiao"
_SERVER = "gunicorn.error"
_DEPTH = 8
log = logging.getLogger("zhaobiao.request")


def begin_logs(stream: TextIO | None = None) -> None:
    """Let everything that this process logs become such lines; once, at its start."""
    handler = logging.StreamHandler(stream or sys.stderr)
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler.setFormatter(ProcessorFormatter(processors=[_line_of, renderer], use_get_message=False))
    logging.getLogger().handlers = [handler]
    logging.getLogger(_OWN).setLevel(logging.INFO)
    # The server's own lines name the address that a broken request came from.
    server = logging.getLogger(_SERVER)
    server.handlers, server.propagate = [], True


def log_answered(answered: Answered) -> None:
    """One line for a request. Those for files of the pages themselves are left out."""
    if answered.endpoint == "static":
        return
    fields = {"method": answered.method, "status": answered.status}
    took = {"ms": round(answered.seconds * 1000, 1)}
    code = {"code": answered.code} if answered.code else {}
    log.info("request answered", extra=fields | code | took)


def _line_of(_logger: object, _method: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    record: logging.LogRecord = event["_record"]
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line = {"at": at, "level": record.levelname.lower(), "logger": record.name}
    if record.name.partition(".")[0] != _OWN:
        return line | {"event": "foreign", "where": f"{record.module}:{record.lineno}"}
    given = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    told = {"fault": list(_told(fault[1]))} if (fault := event.get("exc_info")) else {}
    about = structlog.contextvars.get_contextvars()
    return line | {"event": str(record.msg)} | about | given | told


def _told(fault: BaseException | None) -> Iterator[str]:
    """The kinds of a fault and of what it came from, each with the last places it passed."""
    while fault is not None:
        frames = traceback.extract_tb(fault.__traceback__)[-_DEPTH:]
        places = " < ".join(f"{f.filename}:{f.lineno} {f.name}" for f in reversed(frames))
        yield f"{type(fault).__module__}.{type(fault).__name__} at {places}"
        fault = fault.__cause__ or fault.__context__
