"""Log lines: JSON with the request's id, from structlog and from the standard library alike."""

import logging
import logging.config
import re
from typing import Any

import structlog

SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
KEYS = re.compile(r"""(/password/reset/key/|[?&](?:token|code)=)[^\s/?&"'<>\\]+""")
"""What opens something for whoever has the address: a new password, a guest's order, a sign-in by another company."""

OWN = ("api", "apps", "chaos", "integrations", "kernel", "saluhall")
"""What says more at DEBUG. Libraries never do: there they write down codes, tokens and statements with their values."""


def without_keys(_logger: object, _name: str, line: str) -> str:
    """Take the keys out of a finished line, wherever they stand: in its words, a member or a traceback."""
    return KEYS.sub(r"\1***", line)


def logging_settings(*, level: str, as_json: bool) -> None:
    """Set up both logging systems to write one kind of line to standard error."""
    for_people = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    for_machines = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    last: list[Any] = for_machines if as_json else [for_people]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, without_keys],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": max(logging.getLevelNamesMapping()[level], logging.INFO)},
            "loggers": {
                **{package: {"level": level} for package in OWN},
                "django.server": {"level": "INFO", "propagate": True},
                "django.request": {"level": "ERROR", "propagate": True},
            },
        }
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
