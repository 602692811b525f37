"""Dial: rings phone numbers and clients, connects the first that answers, asks what comes next.

Source: twilio.com/docs/voice/twiml/dial, …/twiml/number and …/twiml/client.
"""

from __future__ import annotations

import math
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence

from simulator.calls.audio import Heard, LegAudio
from simulator.calls.call import Call
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callee_scripts import Script
from simulator.calls.legs import Callback, CallStatus, Leg
from simulator.calls.outgoing import Outgoing
from simulator.calls.prompting import Prompting
from simulator.calls.webhook_params import dial_params
from simulator.protocol import errors
from simulator.protocol.account import Account
from simulator.protocol.errors import CallProblem
from simulator.protocol.verbs import Client, Dial, Document, Noun, Number

REDIRECT_SECONDS = 0.17
"""From the redirection of a leg to the end of the leg that it had dialled. Measured on Twilio."""
STALE_ACTION_SECONDS = 0.33
"""From the request to the action of a Dial that a redirection ended to the request that gets the
control. Measured on Twilio."""

# Short numbers are valid for Dial, other than for an account's own numbers.
_DIALLABLE = re.compile(r"\+[1-9][0-9]{1,14}")

_UNANSWERED: tuple[CallStatus, ...] = ("no-answer", "busy", "failed", "canceled")
"""Of several legs that nobody answered, the first of these that one ended with counts."""

Execute = Callable[[Leg], Awaitable[None]]
Spawn = Callable[[Coroutine[object, object, None]], object]


class Bridge:
    """Two legs that a Dial connects."""

    def __init__(self, parent: LegAudio, child: LegAudio) -> None:
        self._ends = (parent, child)
        parent.connection = child.connection = self

    def heard_by(self, audio: LegAudio) -> Sequence[LegAudio | Heard]:
        """The other leg."""
        return [end for end in self._ends if end is not audio]

    def close(self) -> None:
        """The legs hear each other no more."""
        for end in self._ends:
            if end.connection is self:
                end.connection = None


class Branch:
    """A party that a Dial calls, and its leg."""

    def __init__(self, leg: Leg, noun: Noun, script: Script | None) -> None:
        self.leg = leg
        self.noun = noun
        self.script = script
        """None for a client."""
        self.over = False
        """The Dial has nothing to do with the leg any more."""
        self.bridged = False
        """The party was connected with the caller."""
        self.redirected = False
        """The REST API gave the leg other TwiML, and it lives on."""


class Dialling:
    """Executes the Dial verbs of one call. ``execute`` executes the TwiML of a leg that was
    redirected, ``spawn`` runs the life of a leg."""

    def __init__(
        self,
        call: Call,
        account: Account,
        outgoing: Outgoing,
        webhooks: CallWebhooks,
        prompting: Prompting,
        execute: Execute,
        spawn: Spawn,
    ) -> None:
        self._call = call
        self._account = account
        self._outgoing = outgoing
        self._webhooks = webhooks
        self.whisper = prompting.whisper
        self.execute = execute
        self.live = spawn

    async def dial(self, leg: Leg, dial: Dial) -> Document | None:
        """Execute ``dial``; the TwiML of its `action`, or None if there is none."""
        if not dial.answer_on_bridge:
            leg.answer()
        branches: list[Branch] = []
        status: CallStatus = "failed"
        try:
            self._check(leg, dial)
        except CallProblem as refused:
            leg.log.add_problem(refused.problem)
        else:
            branches = await _Connecting(self, leg, dial).run()
            status = _status_of(branches)
        leg.dialled = status
        if leg.over:
            leg.finish()
        if dial.action is None:
            return None
        branch = next((each for each in branches if each.leg.answered is not None), None)
        shown = branch or (branches[0] if branches else None)
        more = dial_params(
            status,
            shown.leg if shown else None,
            bridged=bool(branch and branch.bridged),
            redirected=bool(branch and branch.redirected),
        )
        if not leg.interrupted:
            return await self._webhooks.fetch(leg, "action", dial.action, dial.method, more)
        self._webhooks.ask(leg, "action", dial.action, dial.method, more)
        if not leg.over:
            await leg.clock.wait(lambda: leg.over, STALE_ACTION_SECONDS)
        return None

    def branch(self, leg: Leg, noun: Noun, caller_id: str) -> Branch:
        """A new leg to ``noun``."""
        to_client = isinstance(noun, Client)
        child = Leg(
            role="client" if to_client else "lead" if leg.role == "agent" else "phone",
            direction="outbound-dial",
            from_=caller_id,
            to=f"client:{noun.identity}" if isinstance(noun, Client) else noun.number,
            log=self._call.log,
            clock=self._call.new_clock(leg),
            parent=leg,
            callback=_callback_of(noun),
        )
        self._call.legs.append(child)
        script = self._outgoing.script_of(leg, noun) if isinstance(noun, Number) else None
        if script and child.role == "lead":
            self._call.script = script
        return Branch(child, noun, script)

    async def call(self, branch: Branch, timeout: int, on_answer: Callable[[], bool]) -> bool:
        """Call the party of ``branch``; whether it answered."""
        return await self._outgoing.call(branch.leg, branch.noun, timeout, branch.script, on_answer)

    def end(self, leg: Leg) -> None:
        """End an answered leg, and report it."""
        leg.end("completed")
        self._webhooks.report(leg, "completed")

    def caller_id_of(self, leg: Leg, dial: Dial) -> str:
        """Who the called parties see: the Dial's caller ID, else who called, or was called by."""
        return dial.caller_id or leg.from_

    def _check(self, leg: Leg, dial: Dial) -> None:
        """Raises CallProblem if Twilio would not even create a leg."""
        numbers = [noun.number for noun in dial.nouns if isinstance(noun, Number)]
        caller_id = self.caller_id_of(leg, dial)
        if numbers and caller_id not in self._account.numbers:
            raise CallProblem(
                errors.DIAL_INVALID_CALLER_ID,
                f"Dial: Invalid callerId value {caller_id!r}: a call to a number needs a number "
                "of the account",
            )
        for number in numbers:
            if not _DIALLABLE.fullmatch(number):
                raise CallProblem(
                    errors.INVALID_NUMBER_FORMAT, f"Dial: Invalid phone number format {number!r}"
                )


class _Connecting:
    """One Dial of numbers and clients, from its first ring until its leg is free again."""

    def __init__(self, dialling: Dialling, leg: Leg, dial: Dial) -> None:
        self._dialling = dialling
        self._leg = leg
        self._dial = dial
        self._branches: list[Branch] = []
        self._winner: Branch | None = None

    async def run(self) -> list[Branch]:
        leg, dialling = self._leg, self._dialling
        caller_id, would_leave_at = dialling.caller_id_of(leg, self._dial), leg.leaves_at
        self._branches = [dialling.branch(leg, noun, caller_id) for noun in self._dial.nouns]
        leg.audio.playing = "ringback"
        for branch in self._branches:
            dialling.live(self._live(branch))
        await leg.wait(condition=self._over)
        if not self._over():
            if leg.redirection and not leg.over:
                await leg.clock.wait(lambda: leg.over, REDIRECT_SECONDS)
            self._release(self._branches)
            await leg.clock.wait(self._over)
        leg.audio.playing = None
        leg.rings = False
        if not any(branch.redirected for branch in self._branches):
            # What the callee's script says about the caller ends with the callee.
            leg.leaves_at = would_leave_at
        return self._branches

    async def _live(self, branch: Branch) -> None:
        leg, dialling = branch.leg, self._dialling
        try:
            if await dialling.call(branch, self._dial.timeout, lambda: self._pick(branch)):
                if await self._introduce(branch):
                    await self._talk(branch)
                branch.redirected = leg.redirection is not None and not leg.over
                if not branch.redirected:
                    dialling.end(leg)
        finally:
            branch.over = True
            self._leg.clock.tell(leg.clock.elapsed)
        if branch.redirected:
            await dialling.execute(leg)
            dialling.end(leg)

    def _pick(self, branch: Branch) -> bool:
        """``branch`` was answered: it wins, unless another was faster or the caller left. It is
        connected at once, unless it hears something before."""
        parent = self._leg
        if self._winner or parent.interrupted:
            return False
        self._winner = branch
        if branch.noun.whisper is None:
            self._connect(branch)
        others = [each for each in self._branches if each is not branch]
        self._release(others, branch.leg.clock.elapsed)
        return True

    async def _introduce(self, branch: Branch) -> bool:
        """Let the party hear what it is to hear before; whether it is connected."""
        if branch.noun.whisper:
            branch.leg.whispered_to = True
            heard = await self._dialling.whisper(branch.leg, branch.noun.whisper)
            branch.leg.whispered_to = False
            if not heard or self._leg.interrupted:
                return False
            self._connect(branch)
        return True

    def _connect(self, branch: Branch) -> None:
        parent = self._leg
        branch.bridged = True
        parent.clock.tell(branch.leg.clock.elapsed)
        parent.clock.catch_up()
        parent.audio.playing = None
        parent.answer()

    async def _talk(self, branch: Branch) -> None:
        leg, parent = branch.leg, self._leg
        bridge = Bridge(parent.audio, leg.audio)
        limit = float(self._dial.time_limit)
        if script := branch.script:
            ends = leg.clock.elapsed + script.talk_seconds
            if script.hangs_up == "callee":
                leg.leaves_at = ends
            elif script.talk_seconds <= limit:
                parent.leaves_at, limit = min(parent.leaves_at, ends), math.inf
                parent.clock.tell(leg.clock.elapsed)
        if not await leg.wait(limit):
            leg.log.add("verb", f"Dial's timeLimit of {self._dial.time_limit} s is reached")
        bridge.close()

    def _release(self, branches: Iterable[Branch], at: float = 0.0) -> None:
        for branch in branches:
            if not branch.over:
                branch.leg.release("canceled", max(at, self._leg.clock.elapsed))

    def _over(self) -> bool:
        return all(branch.over for branch in self._branches)


def _status_of(branches: Sequence[Branch]) -> CallStatus:
    """The DialCallStatus. A leg that was answered counts as completed, even if it lives on."""
    if any(branch.leg.answered is not None for branch in branches):
        return "completed"
    statuses = {branch.leg.status for branch in branches}
    return next((each for each in _UNANSWERED if each in statuses), "failed")


def _callback_of(noun: Noun) -> Callback | None:
    if noun.status_callback is None:
        return None
    return Callback(noun.status_callback, noun.status_callback_method, noun.status_callback_events)
