"""A call's life: fetch TwiML, do what it says, report what happened.

Which request carries what, for which leg and in which order: twilio.com/docs/voice/twiml,
…/twiml/dial, …/twiml/number, and captures of client calls.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable, Coroutine
from email.utils import format_datetime
from typing import TypeVar

from simulator import callees, errors, twiml
from simulator.account import Account, HttpMethod
from simulator.calls import Call, CallStatus, Leg
from simulator.errors import CallProblem, Problem
from simulator.twiml import Dial, Document, Number, ProgressEvent
from simulator.webhooks import Delivery, DeliveryKind, Reply, WebhookSender, form

logger = logging.getLogger(__name__)

T = TypeVar("T")

API_VERSION = "2010-04-01"
DIAL_TIMEOUT_GRACE = 5
"""Seconds that Twilio adds to Dial's timeout."""

_E164 = re.compile(r"\+[1-9][0-9]{1,14}")
_SIP_CODES: dict[CallStatus, int] = {
    "completed": 200,
    "busy": 486,
    "no-answer": 487,
    "canceled": 487,
}


class Execution:
    """Lives one call, from the request to the Voice URL to the last callback."""

    def __init__(
        self,
        call: Call,
        account: Account,
        callee_table: callees.CalleeTable,
        sender: WebhookSender,
        is_lost: Callable[[Delivery], bool],
        disturb: Callable[[Delivery], None],
    ) -> None:
        self._call = call
        self._account = account
        self._callees = callee_table
        self._sender = sender
        self._is_lost = is_lost
        self._disturb = disturb
        self._background: set[asyncio.Task[object]] = set()
        self._application_error = False

    async def run(self) -> None:
        """Live the call. Returns when it is over and every webhook of it is settled."""
        try:
            await self._live()
        except Exception as error:
            # A defect of the simulator must not leave a call hanging.
            logger.exception("%s broke", self._call.sid)
            self._call.record_problem(Problem(errors.INTERNAL_FAILURE, repr(error)))
            self._application_error = True
        if self._call.lead and self._call.lead.live:
            self._end_leg(self._call.lead, "failed")
        self._end_agent()
        self._report_agent()
        while self._background:
            await asyncio.wait(self._background)
        self._call.finish()

    def abandon(self) -> None:
        """Drop what is still under way in the background, because the simulator stops."""
        for task in self._background:
            task.cancel()

    async def _live(self) -> None:
        call = self._call
        call.record(
            "call", f"{call.agent.from_} calls {call.agent.to or '(no To)'}", params=call.params
        )
        # Twilio's own names win over whatever the browser sent under them.
        params = call.params | self._agent_params()
        document = await self._fetch("voice", call.app.voice_url, call.app.voice_method, params)
        if call.agent_gone:
            # Hung up before Twilio knew what to do with the call.
            self._end_agent("canceled")
            return
        while document is not None:
            document = await self._play(document)

    async def _play(self, document: Document) -> Document | None:
        """Execute ``document``; the one that replaces it, or None when the call is over."""
        call = self._call
        for verb in document.verbs:
            match verb:
                case Dial():
                    replacement = await self._dial(verb)
                    if verb.action or call.agent_gone:
                        return replacement
                    continue
                case twiml.Reject() if call.agent.status == "ringing":
                    call.record("verb", f"Reject ({verb.reason})")
                    self._end_agent("busy" if verb.reason == "busy" else "no-answer")
                    return None
                case twiml.Reject() | twiml.Hangup():
                    self._answer_agent()
                    call.record("verb", "Hangup")
                    return None
                case twiml.Say():
                    self._answer_agent()
                    call.sound = "announcement"
                    call.record("verb", f"Say: {verb.text.strip()}")
                    await call.timeline.wait(verb.seconds, call.interruption)
                    call.sound = "silence"
                case twiml.Pause():
                    self._answer_agent()
                    call.record("verb", f"Pause: {verb.seconds} s")
                    await call.timeline.wait(verb.seconds, call.interruption)
                case twiml.Echo():
                    self._answer_agent()
                    script = callees.apply(call.overrides, callees.ANY_OTHER)
                    call.sound = "echo"
                    call.record("verb", "Echo")
                    # A browser is left to hang up by itself.
                    seconds = math.inf if call.media else script.echo_seconds
                    await call.timeline.wait(seconds, call.interruption)
                    call.hang_up("agent")
            if call.agent_gone:
                return None
        return None

    async def _dial(self, dial: Dial) -> Document | None:
        """Dial, then ask Dial's action, if there is one, what comes next."""
        call = self._call
        if not dial.answer_on_bridge:
            self._answer_agent()
        lead: Leg | None = None
        status: CallStatus = "failed"
        try:
            self._check_dial(dial)
        except CallProblem as refused:
            call.record_problem(refused.problem)
        else:
            lead = await self._connect(dial)
            status = lead.status
        if call.agent_gone:
            self._end_agent()
        if dial.action is None:
            return None
        answered = lead is not None and lead.answered is not None
        params = self._agent_params() | form(
            {
                "DialCallStatus": status,
                "DialCallSid": lead.sid if lead else None,
                "DialCallDuration": str(lead.duration) if lead and answered else None,
                "DialBridged": "true" if answered else "false",
            }
        )
        return await self._fetch("action", dial.action, dial.method, params)

    def _check_dial(self, dial: Dial) -> None:
        if dial.caller_id not in self._account.numbers:
            raise CallProblem(
                errors.DIAL_INVALID_CALLER_ID,
                f"Dial: Invalid callerId value {dial.caller_id!r}: a call from a client needs a "
                "number of the account",
            )
        if not _E164.fullmatch(dial.number.number):
            raise CallProblem(
                errors.INVALID_NUMBER_FORMAT,
                f"Dial: Invalid phone number format {dial.number.number!r}",
            )

    async def _connect(self, dial: Dial) -> Leg:
        """Ring the callee and let the two talk; the lead's leg, ended."""
        call, number = self._call, dial.number
        script = callees.apply(call.overrides, self._callees.script_for(number.number))
        call.script = script
        lead = Leg(
            role="lead",
            direction="outbound-dial",
            from_=dial.caller_id or "",
            to=number.number,
            status="initiated",
            started=call.timeline.elapsed,
            parent_sid=call.sid,
        )
        call.lead = lead
        call.legs.append(lead)
        self._show(lead)
        self._progress(lead, number, "initiated")

        if script.ending in ("busy", "failed") and script.ring_seconds == 0:
            return self._refuse(lead, number, script)

        lead.status = "ringing"
        call.sound = "ringback"
        self._show(lead)
        self._progress(lead, number, "ringing")
        patience = dial.timeout + DIAL_TIMEOUT_GRACE
        ring = math.inf if script.ending == "no-answer" else script.ring_seconds
        if not await call.timeline.wait(min(ring, patience), call.interruption):
            return self._end_lead(lead, number, "canceled" if call.agent_gone else "busy")
        if ring > patience:
            return self._end_lead(lead, number, "no-answer")
        if script.ending in ("busy", "failed"):
            return self._refuse(lead, number, script)
        if script.ending == "canceled":
            call.hang_up("agent")
            return self._end_lead(lead, number, "canceled")

        call.sound = script.voice
        self._answer_agent()
        lead.status = "in-progress"
        lead.answered = call.timeline.elapsed
        self._show(lead)
        self._progress(lead, number, "answered")
        talk = min(script.talk_seconds, dial.time_limit)
        if await call.timeline.wait(talk, call.interruption):
            if script.talk_seconds > dial.time_limit:
                call.record("verb", f"Dial's timeLimit of {dial.time_limit} s is reached")
            else:
                call.hang_up(script.hangs_up)
        return self._end_lead(lead, number, "completed")

    def _refuse(self, lead: Leg, number: Number, script: callees.Script) -> Leg:
        """End a leg that the network did not put through, or whose callee is busy."""
        if script.ending == "busy":
            return self._end_lead(lead, number, "busy")
        self._call.record_problem(
            Problem(script.failure_code, f"Dial: cannot call {number.number}")
        )
        return self._end_lead(lead, number, "failed", sip_code=script.sip_code)

    def _end_lead(
        self, lead: Leg, number: Number, status: CallStatus, sip_code: int | None = None
    ) -> Leg:
        self._call.sound = "silence"
        self._end_leg(lead, status)
        if not self._call.agent_gone:
            # The callee's hang-up is dealt with; the agent's would end the whole call.
            self._call.hung_up.clear()
            self._call.interruption.clear()
        self._progress(lead, number, "completed", sip_code or _SIP_CODES.get(status))
        return lead

    def _answer_agent(self) -> None:
        agent = self._call.agent
        if agent.status == "ringing":
            agent.status = "in-progress"
            agent.answered = self._call.timeline.elapsed
            self._show(agent)

    def _end_agent(self, status: CallStatus | None = None) -> None:
        """End the agent's leg, unless it has ended."""
        agent = self._call.agent
        if agent.live:
            never_worked = self._application_error and agent.answered is None
            self._end_leg(agent, status or ("failed" if never_worked else "completed"))

    def _report_agent(self) -> None:
        """Tell the TwiML App's static callback, which hears of the agent leg's end alone."""
        call, agent = self._call, self._call.agent
        if not call.app.status_callback:
            return
        params = self._agent_params() | self._progress_params(agent) | self._terminal_params(agent)
        self._send_later(
            Delivery(
                "agent-status", call.app.status_callback, call.app.status_callback_method, params
            )
        )

    def _end_leg(self, leg: Leg, status: CallStatus) -> None:
        leg.status = status
        leg.ended = self._call.timeline.elapsed
        self._show(leg)

    def _show(self, leg: Leg) -> None:
        who = "agent" if leg.role == "agent" else f"lead {leg.to}"
        talk = (
            f" after {leg.duration} s" if leg.ended is not None and leg.answered is not None else ""
        )
        self._call.record(
            "leg",
            f"{who}: {leg.status}{talk}",
            callSid=leg.sid,
            role=leg.role,
            status=leg.status,
            duration=leg.duration if leg.ended is not None else None,
        )

    def _agent_params(self) -> dict[str, str]:
        """The parameters of every request about a client's call; `Called` is sent empty."""
        call, agent = self._call, self._call.agent
        return form(
            {
                "AccountSid": self._account.sid,
                "ApiVersion": API_VERSION,
                "ApplicationSid": call.app.sid,
                "CallSid": agent.sid,
                "CallStatus": agent.status,
                "Called": "",
                "Caller": agent.from_,
                "Direction": agent.direction,
                "From": agent.from_,
                "To": agent.to,
            }
        )

    def _progress_params(self, leg: Leg) -> dict[str, str]:
        sequence_number = leg.next_sequence_number
        leg.next_sequence_number += 1
        timeline = self._call.timeline
        happened = timeline.elapsed if leg.ended is None else leg.ended
        return {
            "Timestamp": format_datetime(timeline.at(happened)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(sequence_number),
        }

    def _terminal_params(self, leg: Leg) -> dict[str, str]:
        return {
            "CallDuration": str(leg.duration),
            # Minutes, begun ones counted whole.
            "Duration": str(math.ceil(leg.duration / 60)),
        }

    def _progress(
        self, lead: Leg, number: Number, event: ProgressEvent, sip_code: int | None = None
    ) -> None:
        """Send a progress callback, if it was subscribed to, without waiting for the answer."""
        if number.status_callback is None or event not in number.status_callback_events:
            return
        params = {
            "AccountSid": self._account.sid,
            "ApiVersion": API_VERSION,
            "CallSid": lead.sid,
            "CallStatus": lead.status,
            "Called": number.number,
            "Caller": lead.from_,
            "Direction": lead.direction,
            "From": lead.from_,
            "ParentCallSid": self._call.sid,
            "To": number.number,
        } | self._progress_params(lead)
        if event == "completed":
            params |= self._terminal_params(lead)
            if sip_code is not None:
                params["SipResponseCode"] = str(sip_code)
        self._send_later(
            Delivery("lead-status", number.status_callback, number.status_callback_method, params)
        )

    def _send_later(self, delivery: Delivery) -> None:
        self._call.deliveries.append(delivery)
        self._in_background(self._send_callback(delivery))

    async def _send_callback(self, delivery: Delivery) -> None:
        if self._is_lost(delivery):
            delivery.settled = delivery.lost = True
            self._call.record(
                "callback",
                f"{delivery.kind} webhook, {delivery.params['CallStatus']}: lost",
                webhook=delivery.kind,
                params=delivery.params,
                delivered=False,
                attempts=0,
                status=None,
            )
            return
        self._disturb(delivery)
        await self._call.timeline.delay(delivery.mishap.delay_seconds)
        await self._sender.deliver(delivery)
        self._show_delivery(delivery)

    async def _fetch(
        self, kind: DeliveryKind, url: str, method: HttpMethod, params: dict[str, str]
    ) -> Document | None:
        """Ask the product for TwiML; None if there is nothing to execute.

        That is so after an application error, and when the agent is gone: the request is then
        made all the same and its answer is kept, but nobody is left to execute it for.
        """
        call = self._call
        delivery = Delivery(kind, url, method, params)
        call.deliveries.append(delivery)
        call.record(
            "request",
            f"{kind} webhook: {method} {delivery.bare_url}",
            webhook=kind,
            params=params,
        )
        fetching = self._in_background(self._fetch_document(delivery))
        with call.timeline.real_time():
            interrupted = asyncio.ensure_future(call.interruption.wait())
            try:
                await asyncio.wait({fetching, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                interrupted.cancel()
        if call.agent_gone:
            return None
        document = await fetching
        self._application_error = document is None
        return document

    async def _fetch_document(self, delivery: Delivery) -> Document | None:
        self._disturb(delivery)
        reply = await self._sender.deliver(delivery)
        self._show_delivery(delivery)
        if reply is None:
            return None
        self._keep(delivery, reply)
        try:
            document = twiml.parse(reply.body, reply.content_type, reply.url)
        except CallProblem as invalid:
            self._call.record_problem(invalid.problem)
            return None
        for warning in document.warnings:
            self._call.record_problem(warning)
        return document

    def _keep(self, delivery: Delivery, reply: Reply) -> None:
        call = self._call
        body = reply.body.decode(errors="replace")
        call.documents.append(
            {
                "kind": delivery.kind,
                "url": reply.url,
                "contentType": reply.content_type,
                "body": body,
                "at": call.time_of_day(call.timeline.elapsed),
            }
        )
        call.record("twiml", " ".join(body.split()), webhook=delivery.kind, url=reply.url)

    def _show_delivery(self, delivery: Delivery) -> None:
        if delivery.delivered and delivery.kind in ("voice", "action"):
            # Its TwiML is the next entry.
            return
        last = delivery.attempts[-1]
        outcome = str(last.status) if delivery.delivered else last.detail
        attempts = f" ({len(delivery.attempts)} attempts)" if len(delivery.attempts) > 1 else ""
        status = delivery.params.get("DialCallStatus") or delivery.params["CallStatus"]
        self._call.record(
            "callback",
            f"{delivery.kind} webhook, {status}: {outcome}{attempts}",
            webhook=delivery.kind,
            params=delivery.params,
            delivered=delivery.delivered,
            attempts=len(delivery.attempts),
            status=last.status,
        )
        if delivery.problem:
            self._call.record_problem(delivery.problem)

    def _in_background(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background_done)
        return task

    def _background_done(self, task: asyncio.Task[object]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("%s broke: %r", self._call.sid, error)
