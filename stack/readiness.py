"""Waits until every part of a stack answers."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

from stack.errors import StackError
from stack.settings import Settings

_READY_SECONDS = 60.0
# Every part runs on this machine, where no proxy of the environment can reach it.
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_until_ready(settings: Settings, env: Mapping[str, str], check: Callable[[], None]) -> None:
    """Returns once every part answers.

    Raises StackError if one does not within a minute, and what `check` raises meanwhile.
    """
    # The addresses that have not answered yet, each with the API key that it needs.
    waiting: dict[str, str | None] = {
        # A GET is answered 405, which shows that the function is loaded.
        f"{settings.functions_url}/api/twilio/token": None,
        f"{settings.simulator_url}/health": None,
        f"{settings.calls_page_url}/health": None,
        f"{settings.scheduler_url}/oauth2/v3/certs": None,
    }
    if settings.hosted is None:
        # It answers with the list of tables, so it has reached the database.
        waiting[f"{settings.supabase_url}/rest/v1/"] = env["SUPABASE_SECRET_KEY"]
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        check()
        waiting = {url: key for url, key in waiting.items() if not _answers(url, key)}
        if not waiting:
            return
        if time.monotonic() > deadline:
            raise StackError(
                f"No answer from {', '.join(waiting)} within {_READY_SECONDS:.0f} s. "
                f"See {settings.logs_dir}."
            )
        time.sleep(0.05)


def _answers(url: str, key: str | None) -> bool:
    request = urllib.request.Request(url, headers={"apikey": key} if key else {})
    try:
        with _DIRECTLY.open(request, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        # The REST API answers 503 until it has reached the database.
        return error.code < 500
    except OSError:
        return False
