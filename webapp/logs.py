"""Logs go to stdout, one line an event: its name, then its fields. No names, addresses, tokens or whole payloads."""

from __future__ import annotations

import logging
import sys

STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class Fields(logging.Formatter):
    """`12:00:01 WARNING payment.declined payment=7 try=2`."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        extra = {name: value for name, value in record.__dict__.items() if name not in STANDARD}
        if not extra:
            return line
        fields = " ".join(f"{name}={value}" for name, value in extra.items())
        head, newline, rest = line.partition("\n")
        return f"{head} {fields}{newline}{rest}"


def init(level: str = "INFO") -> None:
    root = logging.getLogger()
    if any(isinstance(one.formatter, Fields) for one in root.handlers):
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(Fields("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S"))
    root.addHandler(handler)
    root.setLevel(level)
    for noisy in ("rq.worker", "urllib3", "stripe", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
