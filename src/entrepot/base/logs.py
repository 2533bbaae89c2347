"""How every process writes its log: one JSON object a line, and of an error never the values it was about."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import msgspec
import psycopg
import structlog

_MESSAGE_AT_MOST = 200
_FRAMES_AT_MOST = 12
_MISUSE = TypeError | AttributeError | NameError | ImportError  # they speak of code
_encode = msgspec.json.Encoder(enc_hook=str).encode


def configure(settings: dict[str, Any]) -> None:
    """Let the log of this process, Django's and its libraries' included, go to standard error as JSON lines.

    Django calls this with its LOGGING setting: `{"level": …, "libraries": …}`, both names of levels.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_values,
            _line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings["level"]]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_Lines())
    logging.basicConfig(handlers=[handler], level=settings["libraries"], force=True)


def told(error: BaseException) -> list[dict[str, Any]]:
    """Return an error and what caused it: kind, place by place, and its words where they cannot repeat a value.

    A database error speaks of the row it failed on, a ValueError of what it could not read, and a frame's variables
    hold whole requests: none of that is written.
    """
    chain: list[dict[str, Any]] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        frames = traceback.extract_tb(current.__traceback__)
        chain.append(
            {
                "kind": f"{type(current).__module__}.{type(current).__qualname__}",
                "says": _words(current),
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-_FRAMES_AT_MOST:]],
            }
        )
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


def _words(error: BaseException) -> str:
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        diagnosis = error.diag
        named = (error.sqlstate, diagnosis.table_name, diagnosis.column_name, diagnosis.constraint_name)
        return " ".join(word for word in named if word)
    is_harmless = isinstance(error, psycopg.OperationalError | OSError | AssertionError | _MISUSE)
    is_own = type(error).__module__.partition(".")[0] == "entrepot"
    return str(error)[:_MESSAGE_AT_MOST] if is_harmless or is_own else ""


def _without_values(logger: Any, method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    del logger, method
    given = entry.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exc_info()[1]
        if error is not None:
            entry["error"] = told(error)
    return entry


def _line(logger: Any, method: str, entry: MutableMapping[str, Any]) -> str:
    del logger, method
    return _encode(entry).decode()


class _Lines(logging.Formatter):
    """The same line for what libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "event": record.getMessage()[:_MESSAGE_AT_MOST],
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = told(record.exc_info[1])
        return _encode(entry).decode()
