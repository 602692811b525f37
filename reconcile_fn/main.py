"""POST /api/twilio/reconcile: repairs calls whose callbacks were lost. It runs every minute.

Whoever is left alone in a call's room is attended to: for a lead, somebody is rung.

In:   the scheduler's identity token, signed by Google. The body is not read.
Out:  `{"asked", "settled"}`: about how many calls Twilio was asked, and how many of them are
      settled. 503 if Twilio or the database does not answer, or if Twilio asks us to wait: the next
      run continues.
"""

from __future__ import annotations

import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import functions_framework
from flask import Request, Response

from shared import errors, settings, twilio_inquiry, web
from shared.database import Database
from shared.reconciler_rpc import AsReconciler
from shared.scheduler_identity import SchedulerAuthenticator
from shared.unsettled_calls import UnsettledCall

if TYPE_CHECKING:
    from twilio.rest import Client

# After this time a run begins nothing new, and what it has begun ends within 11 s. The host waits
# for 20 s. A lease is longer than that, and ends before the next run.
RUN_SECONDS = 8.0
LEASE_SECONDS = 30
BATCH = 50
AT_ONCE = 8
# The reason for one failure may be that call. Several mean that Twilio or we have a problem.
MAX_FAILURES = 3

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read_without_secret(env)
    TWILIO = settings.TwilioRest.read(env, DEPLOYMENT)
    SCHEDULER = settings.Scheduler.read(env, DEPLOYMENT)
    PUBLIC_BASE_URL = settings.read_public_base_url(env)
    RECONCILER_JWT = settings.read_reconciler_jwt(env)

SCHEDULERS = SchedulerAuthenticator(SCHEDULER)
AS_RECONCILER = AsReconciler(Database(SUPABASE), RECONCILER_JWT)
# It starts its threads when they are first needed, which is after functions-framework forks.
WORKERS = ThreadPoolExecutor(AT_ONCE)


@functions_framework.http
@web.endpoint("/api/twilio/reconcile", {"POST"}, DEPLOYMENT)
def reconcile(request: Request) -> Response:
    SCHEDULERS.authenticate(request)
    run = Run()
    try:
        while not run.is_over():
            claim = AS_RECONCILER.claim_unsettled_calls(limit=BATCH, lease_seconds=LEASE_SECONDS)
            if claim["paused_seconds"]:
                raise errors.TwilioBusy(claim["paused_seconds"])
            if not claim["calls"] and not claim["settled"]:
                break
            run.settle(claim["calls"])
    finally:
        web.note(asked=run.asked, settled=run.settled, failed=len(run.failures))
    if run.failures:
        raise run.failures[0]
    return web.answer_success({"asked": run.asked, "settled": run.settled})


class Run:
    """One run, and what it has done so far."""

    def __init__(self) -> None:
        self.asked = self.settled = 0
        self.failures: list[errors.RequestError] = []
        self._ends_at = time.monotonic() + RUN_SECONDS
        self._stopped = threading.Event()
        self._counting = threading.Lock()

    def is_over(self) -> bool:
        return self._stopped.is_set() or time.monotonic() > self._ends_at

    def settle(self, calls: list[UnsettledCall]) -> None:
        """Asks about AT_ONCE calls at the same time. Returns when all are done, or raises what
        stopped the run. The calls that are left are claimed again when their lease ends."""
        if not calls:
            return
        client = open_client()
        under_way = [WORKERS.submit(self._settle, client, claimed) for claimed in calls]
        wait(under_way)
        for each in under_way:
            each.result()

    def _settle(self, client: Client, claimed: UnsettledCall) -> None:
        if self.is_over():
            return
        try:
            found = twilio_inquiry.find(client, claimed)
            settlement = AS_RECONCILER.settle_call(
                agent_call_sid=claimed["call_sid"], legs=found.legs if found else None
            )
            if found:
                twilio_inquiry.attend(client, PUBLIC_BASE_URL, claimed, found)
        except errors.TwilioBusy as busy:
            self._stopped.set()
            # Stored in the database, so that the next runs know it, on whatever instance they run.
            AS_RECONCILER.pause_reconciliation(seconds=busy.seconds)
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
                self.settled += settlement["settled"]


@functools.cache
def open_client() -> Client:
    """Twilio's client. It is imported when there is a call to ask about: the import takes half as
    long as the rest of a cold start, and most runs have nothing to ask."""
    from shared import twilio_client

    return twilio_client.build_client(TWILIO)
