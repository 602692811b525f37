"""What a leg's TwiML plays to its party, and the keys that it waits for.

Source: twilio.com/docs/voice/twiml/gather, …/twiml/say, …/twiml/play and …/twiml/redirect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.calls import played_files
from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.legs import Leg
from simulator.protocol import errors
from simulator.protocol.errors import Problem
from simulator.protocol.verbs import Document, Gather, Hangup, Pause, Play, Redirect, Say
from simulator.webhooks.deliveries import DeliveryKind

Prompt = Say | Play | Pause | Gather | Redirect


@dataclass(frozen=True)
class Turn:
    """The document that replaces what a leg executes. None: nothing is left to execute."""

    document: Document | None


class Prompting:
    """Executes the prompts of the legs of one call."""

    def __init__(self, webhooks: CallWebhooks) -> None:
        self._webhooks = webhooks

    async def execute(self, leg: Leg, verb: Prompt) -> Turn | None:
        """Execute ``verb``; None if the next verb follows."""
        match verb:
            case Redirect():
                return await self._turn(leg, "voice", verb, {})
            case Gather():
                return await self._gather(leg, verb)
            case _:
                await self._play(leg, verb, lambda: False)
                return None

    async def whisper(self, leg: Leg, whisper: Redirect) -> bool:
        """Execute what the party of ``leg`` hears before it is connected; whether it may be."""
        turn: Turn | None = await self._turn(leg, "whisper", whisper, {})
        while turn and turn.document:
            verbs, turn = turn.document.verbs, None
            for verb in verbs:
                if isinstance(verb, Hangup):
                    leg.log.add("verb", "Hangup", callSid=leg.sid)
                    return False
                if not isinstance(verb, Prompt):
                    name = type(verb).__name__
                    leg.log.add_problem(
                        Problem(
                            errors.SCHEMA_VALIDATION, f"{name} before a party is connected by Dial"
                        )
                    )
                    return False
                turn = await self.execute(leg, verb)
                if leg.interrupted:
                    return False
                if turn:
                    break
            else:
                return True
        return False

    async def _play(self, leg: Leg, prompt: Say | Play | Pause, until: Callable[[], bool]) -> None:
        """Play ``prompt``, until ``until`` holds."""
        leg.answer()
        match prompt:
            case Say():
                text, seconds = f"Say: {prompt.text.strip()}", prompt.seconds
            case Play():
                text, seconds = f"Play: {prompt.url}", await self._measure(leg, prompt)
            case Pause():
                text, seconds = f"Pause: {prompt.seconds} s", float(prompt.seconds)
        if not isinstance(prompt, Pause):
            leg.audio.playing = "announcement"
        leg.log.add("verb", text, callSid=leg.sid, seconds=seconds)
        await leg.wait(seconds, until)
        leg.audio.playing = None

    async def _measure(self, leg: Leg, play: Play) -> float:
        """How long it takes to play a file. One that cannot be played takes no time."""
        found = await self._webhooks.fetch_file(leg, play.url)
        try:
            if isinstance(found, Problem):
                leg.log.add_problem(found)
                return 0.0
            return played_files.measure(found.body, found.content_type) * play.loop
        except ValueError as error:
            leg.log.add_problem(
                Problem(errors.PLAY_INVALID_CONTENT_TYPE, f"Play: {play.url}: {error}")
            )
            return 0.0

    async def _gather(self, leg: Leg, gather: Gather) -> Turn | None:
        leg.answer()
        leg.log.add("verb", "Gather", callSid=leg.sid)
        # What was pressed before does not count.
        leg.keys = ""

        def pressed() -> bool:
            return gather.hears_keys and bool(leg.keys)

        for prompt in gather.prompts:
            if not pressed() and not leg.interrupted:
                await self._play(leg, prompt, pressed)
        digits, finished_on = "", ""
        while len(digits) < (gather.num_digits or 1000) and not finished_on:
            await leg.wait(gather.timeout, pressed)
            if leg.interrupted:
                return Turn(None)
            key = leg.take_keys(1) if gather.hears_keys else ""
            if not key:
                break
            if key == gather.finish_on_key:
                finished_on = key
            elif key != "w":
                digits += key
        if not digits and not finished_on and not gather.action_on_empty_result:
            return None
        params = {"Digits": digits, "FinishedOnKey": finished_on, "msg": "Gather End"}
        return await self._turn(leg, "action", Redirect(gather.action, gather.method), params)

    async def _turn(
        self, leg: Leg, kind: DeliveryKind, to: Redirect, params: dict[str, str]
    ) -> Turn:
        return Turn(await self._webhooks.fetch(leg, kind, to.url, to.method, params))
