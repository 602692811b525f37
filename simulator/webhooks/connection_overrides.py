"""Connection overrides: the time limits and retries in the fragment of a webhook's URL.

Source: twilio.com/docs/usage/webhooks/webhooks-connection-overrides. All times are real seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.webhooks.deliveries import Failure

_RETRYABLE: frozenset[Failure] = frozenset({"4xx", "5xx", "ct", "rt"})


@dataclass(frozen=True)
class Overrides:
    """How long one delivery may take, and how often and after which failures it is tried again."""

    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float = 15.0
    retries: int = 1
    retried_failures: frozenset[Failure] = frozenset({"ct"})

    @classmethod
    def of(cls, url: str) -> Overrides:
        """The overrides of ``url``.

        A value out of range becomes the nearest one in range; one that cannot be read becomes
        the default.
        """
        given = dict(
            part.partition("=")[::2] for part in url.partition("#")[2].split("&") if "=" in part
        )
        policy = frozenset(part.strip() for part in given.get("rp", "ct").split(","))
        retried = (
            _RETRYABLE
            if "all" in policy
            else frozenset(failure for failure in _RETRYABLE if failure in policy)
        )
        return cls(
            connect_timeout=_whole(given.get("ct"), 5000, 100, 10000) / 1000,
            read_timeout=_whole(given.get("rt"), 15000, 100, 15000) / 1000,
            total_timeout=_whole(given.get("tt"), 15000, 100, 15000) / 1000,
            retries=_whole(given.get("rc"), 1, 0, 5),
            retried_failures=retried or frozenset({"ct"}),
        )


def _whole(given: str | None, default: int, low: int, high: int) -> int:
    if given is None or not given.isascii() or not given.isdigit():
        return default
    return min(max(int(given), low), high)
