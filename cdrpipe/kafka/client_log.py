"""What the Kafka client says of itself, each fault once: it repeats one at every try to connect."""

import logging
import re
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException

REPEAT_S = 60.0

# A line reads "[thrd:b1:9092/1]: b1:9092/1: Disconnected (after 3021ms in state UP)".
_THREAD = re.compile(r"^\[thrd:[^\]]*\]: ")
_BROKER = re.compile(r"^\S*/(?:bootstrap|\d+|GroupCoordinator): ")
_CIRCUMSTANCE = re.compile(r" \(after \d+ms.*$", re.DOTALL)
_COUNT = re.compile(r"(?<=\s)\d+(?=\s)")


class ClientLog:
    """Takes the client's lines as a logger does, and hands on what is news.

    A fault is handed on when it is first heard and again after REPEAT_S, with how often it came
    meanwhile; lines below a warning are handed on as they come. Two faults are the same when they
    differ in nothing but durations and counts.

    Parameters
    ----------
    target
        Gets what is handed on.
    """

    def __init__(self, target: logging.Logger, *, now_s: Callable[[], float]) -> None:
        self._target = target
        self._now_s = now_s
        self._said_at: dict[str, float] = {}
        self._held_count: dict[str, int] = {}
        self.last_fault: str | None = None

    def log(self, level: int, _pattern: str, facility: str, _client: str, text: str) -> None:
        """Take one line; the client calls it within ``poll``, ``consume`` and ``close``."""
        line = f"{facility}: {_THREAD.sub('', text)}"
        if level < logging.WARNING:
            self._target.log(level, "%s", line)
            return
        self.last_fault = _plain(text)
        fault = _COUNT.sub("#", _CIRCUMSTANCE.sub("", line))
        now = self._now_s()
        if now < self._said_at.get(fault, -REPEAT_S) + REPEAT_S:
            self._held_count[fault] = self._held_count.get(fault, 0) + 1
            return
        held_count = self._held_count.pop(fault, 0)
        self._forget_before(now - REPEAT_S)
        self._said_at[fault] = now
        again = f" ({held_count} times more in the meantime)" if held_count else ""
        self._target.log(level, "%s%s", line, again)

    def _forget_before(self, instant: float) -> None:
        for fault in [each for each, said_at in self._said_at.items() if said_at <= instant]:
            del self._said_at[fault]
            self._held_count.pop(fault, None)


def reason_of(error: KafkaException) -> str:
    """Give the plain reason of what the client raised."""
    cause = error.args[0] if error.args else error
    return cause.str() if isinstance(cause, KafkaError) else str(cause)


def _plain(text: str) -> str:
    return _CIRCUMSTANCE.sub("", _BROKER.sub("", _THREAD.sub("", text)))
