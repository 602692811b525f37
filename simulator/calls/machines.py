"""Answering machines, and how Twilio detects them.

Source: twilio.com/docs/voice/answering-machine-detection and …/twiml/number. When the verdict
comes, in seconds, is the simulator's choice.
"""

from __future__ import annotations

from simulator.calls.call_webhooks import CallWebhooks
from simulator.calls.callee_scripts import AnsweredBy, Script
from simulator.calls.legs import Leg
from simulator.protocol.verbs import Detection, Number

BEEP_SECONDS = 0.5
HUMAN_SECONDS = 2.0
"""A person says a word or two, and listens."""
START_SECONDS = 4.0
"""Whoever talks for so long is a machine."""


def greet(leg: Leg, script: Script) -> None:
    """The machine says its greeting from now on, beeps, and listens."""
    ends = leg.clock.elapsed + script.greeting_seconds
    leg.plan(ends, lambda: leg.say("beep"))
    leg.plan(ends + BEEP_SECONDS, lambda: leg.say("silence"))


def detect(leg: Leg, number: Number, script: Script, webhooks: CallWebhooks) -> None:
    """From the answer on, find out who has answered, and report it. If the leg ends before, nobody
    is told."""
    detection = number.detection
    if detection is None:
        return
    verdict, seconds = _judge(detection, script)

    def report() -> None:
        leg.answered_by = verdict
        webhooks.report_answer(leg, detection, round(seconds * 1000))

    leg.plan(leg.clock.elapsed + seconds, report)


def _judge(detection: Detection, script: Script) -> tuple[AnsweredBy, float]:
    """The verdict, and how long it takes."""
    greeting = script.greeting_seconds
    verdict: AnsweredBy = "human"
    seconds = HUMAN_SECONDS
    if script.machine and detection.awaits_end:
        verdict, seconds = "machine_end_beep", greeting + BEEP_SECONDS
    elif script.machine:
        verdict, seconds = "machine_start", min(greeting, START_SECONDS)
    if seconds > detection.timeout:
        return "unknown", float(detection.timeout)
    return script.answered_by or verdict, seconds
