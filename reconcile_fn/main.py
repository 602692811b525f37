"""POST /api/twilio/reconcile: repairs what lost callbacks left behind. Run every minute.

In:   the scheduler's identity token, signed by Google. The body is not read.
Out:  `{"asked", "settled"}`: how many calls Twilio was asked about, and how many are through.
      503 when Twilio or the database does not answer, or wants to be left alone: the next run goes
      on where this one stopped.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import functions_framework
from flask import Request, Response

from shared import call_events, errors, settings, web
from shared.database import Database, Row
from shared.scheduler_identity import SchedulerAuthenticator
from shared.twilio_calls import TwilioCalls

# After this long a run begins nothing more, and what it has begun ends within 11 s. The host waits
# for 20 s, the lease is longer than that, and the next run comes after the lease.
RUN_SECONDS = 8.0
LEASE_SECONDS = 30
BATCH = 50
AT_ONCE = 8
# One may be the call's own trouble; several are Twilio's, or ours.
MAX_FAILURES = 3

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read_without_secret(env)
    TWILIO = settings.TwilioRest.read(env, DEPLOYMENT)
    SCHEDULER = settings.Scheduler.read(env, DEPLOYMENT)
    RECONCILER_JWT = settings.reconciler_jwt(env)

AUTHENTICATOR = SchedulerAuthenticator(SCHEDULER)
DATABASE = Database(SUPABASE)
CALLS = TwilioCalls(TWILIO)
# Starts its threads when they are first needed.
WORKERS = ThreadPoolExecutor(AT_ONCE)


@functions_framework.http
@web.endpoint("/api/twilio/reconcile", {"POST"}, DEPLOYMENT)
def reconcile(request: Request) -> Response:
    AUTHENTICATOR.require(request)
    run = Run()
    try:
        while not run.is_over():
            batch = database("claim_unsettled_calls", p_limit=BATCH, p_lease_seconds=LEASE_SECONDS)
            if batch["paused_seconds"]:
                raise errors.TwilioBusy(batch["paused_seconds"])
            if not batch["calls"] and not batch["settled"]:
                break
            run.ask_about(batch["calls"])
    finally:
        web.note(asked=run.asked, settled=run.settled, failed=len(run.failures))
    if run.failures:
        raise run.failures[0]
    return web.success({"asked": run.asked, "settled": run.settled})


class Run:
    """One run, and what it did so far."""

    def __init__(self) -> None:
        self.asked = self.settled = 0
        self.failures: list[errors.RequestError] = []
        self._ends_at = time.monotonic() + RUN_SECONDS
        self._stopped = threading.Event()
        self._counting = threading.Lock()

    def is_over(self) -> bool:
        return self._stopped.is_set() or time.monotonic() > self._ends_at

    def ask_about(self, call_sids: list[str]) -> None:
        """Several at once. Returns when all are through, or raises what stopped the run; the calls
        left over are claimed again when their lease ends."""
        under_way = [WORKERS.submit(self._ask_about, call_sid) for call_sid in call_sids]
        wait(under_way)
        for each in under_way:
            each.result()

    def _ask_about(self, call_sid: str) -> None:
        if self.is_over():
            return
        try:
            legs = CALLS.legs(call_sid)
            told = None if legs is None else [call_events.from_call_resource(leg) for leg in legs]
            answer = database("settle_call", p_agent_call_sid=call_sid, p_legs=told)
        except errors.TwilioBusy as busy:
            self._stopped.set()
            # On record for the runs to come, wherever they run.
            database("pause_reconciliation", p_seconds=busy.seconds)
            raise
        except errors.RequestError as failure:
            with self._counting:
                self.failures.append(failure)
            if len(self.failures) >= MAX_FAILURES:
                self._stopped.set()
        except Exception:
            self._stopped.set()
            raise
        else:
            with self._counting:
                self.asked += 1
                self.settled += bool(answer["settled"])


def database(function: str, **parameters: object) -> Row:
    return DATABASE.call_as_webhook(
        RECONCILER_JWT, function, parameters, setting="SUPABASE_RECONCILER_JWT"
    )
