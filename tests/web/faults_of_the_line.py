"""The faults of a line, made on purpose for a browser: by its network, its microphone, its browser,
its clock, its token."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import BrowserContext, Route
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

Grant = dict[str, Any]
"""The data of token_fn's answer."""

_SILENT_MICROPHONE = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const silence = new ConstantSourceNode(context, { offset: 0 });
  const microphone = new MediaStreamAudioDestinationNode(context);
  silence.connect(microphone);
  silence.start();
  return microphone.stream;
};
"""

_UNANSWERED = """
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
"""
_NO_WEBRTC = "delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection;"


def _microphone_fails(name: str) -> str:
    return f"""
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {{
  throw new DOMException('made by a test', {json.dumps(name)});
}};
"""


@dataclass(frozen=True)
class Made:
    """One fault, and how it is made."""

    name: str
    verdict: str | None = None
    """What the check says; None: the check cannot know."""
    in_row: str | None = None
    """The fault in the row of a call; None: there is no call."""
    network: Mapping[str, object] = field(default_factory=dict)
    """Conditions of the simulator."""
    script: str = ""
    """What the browser is like."""
    grant: Callable[[Grant, Mapping[str, str]], None] | None = None
    """What is wrong in token_fn's answer, given the settings of the stack."""
    answers: int | None = None
    """The status of token_fn's answer."""
    is_mute: bool = False
    """Signalling opens, and never says anything."""
    offline: bool = False
    outage: bool = False
    """The network lets no socket of signalling through."""
    breaks: bool = False
    """The way of the sound is cut in the middle of a call, until the call tells it."""
    lead: Mapping[str, object] = field(default_factory=dict)
    """What is different about who is called."""

    @property
    def verdicts(self) -> list[str]:
        """What a check may say."""
        return [self.verdict or "ok", *self._of_a_busy_machine]

    @property
    def in_rows(self) -> list[str | None]:
        """The faults that a row may have."""
        return [self.in_row, *self._of_a_busy_machine]

    @property
    def _of_a_busy_machine(self) -> list[str]:
        """The faults of a good line where other tests compute."""
        return [] if self.network or self.script else ["jitter", "delay"]

    def prepare(self, context: BrowserContext, env: Mapping[str, str]) -> None:
        """Make the browser so, before its pages are opened."""
        if self.script:
            context.add_init_script(self.script)
        if self.answers:
            status = self.answers
            context.route("**/api/twilio/token", lambda route: route.fulfill(status=status))
        if self.is_mute:
            context.route_web_socket(re.compile("/signal"), lambda socket: None)
        if self.grant:
            change = self.grant

            def answer(route: Route) -> None:
                response = route.fetch()
                body = response.json()
                change(body["data"], env)
                route.fulfill(response=response, json=body)

            context.route("**/api/twilio/token", answer)


def _clock_behind(data: Grant, env: Mapping[str, str]) -> None:
    issued = datetime.fromisoformat(data["issuedAt"].replace("Z", "+00:00"))
    data["issuedAt"] = (issued + timedelta(minutes=7)).isoformat()


def _expired(data: Grant, env: Mapping[str, str]) -> None:
    data["token"] = _token(data["identity"], env, lives=-60)


def _refused(data: Grant, env: Mapping[str, str]) -> None:
    data["token"] = _token(data["identity"], env, secret="another-secret-of-thirty-two-letters")


def _token(identity: str, env: Mapping[str, str], secret: str = "", lives: int = 3600) -> str:
    token = AccessToken(
        env["TWILIO_ACCOUNT_SID"],
        env["TWILIO_API_KEY_SID"],
        secret or env["TWILIO_API_KEY_SECRET"],
        identity=identity,
        valid_until=int(time.time() + lives),
    )
    token.add_grant(VoiceGrant(outgoing_application_sid=env["TWILIO_TWIML_APP_SID"]))
    return str(token.to_jwt())


def _both(name: str, code: str, **network: object) -> Made:
    return Made(name, verdict=code, in_row=code, network=network)


ON_THE_LINE = (
    _both("5 % lost on the way in", "loss_in", loss=0.05, direction="in"),
    _both("20 % lost on the way in", "loss_in", loss=0.2, direction="in"),
    _both("5 % lost on the way out", "loss_out", loss=0.05, direction="out"),
    _both("20 % lost on the way out", "loss_out", loss=0.2, direction="out"),
    _both("jitter", "jitter", jitterMs=60, direction="in"),
    _both("delay", "delay", delayMs=250),
    _both("nothing comes", "nothing_heard", audioLost="in"),
    _both("nothing arrives there", "not_heard", audioLost="out"),
    _both("UDP is blocked", "audio_blocked", blockAudio=True),
    Made("silent microphone", "microphone_silent", "microphone_silent", script=_SILENT_MICROPHONE),
    Made("the way breaks off", in_row="connection_lost", breaks=True),
    Made("the other side is silent", in_row="other_side_silent", lead={"voice": "silence"}),
)
"""Measured for seconds, in a check and in a call."""

HEALTHY = Made("a healthy line", "ok")
SAMPLE = [
    made for made in ON_THE_LINE if made.name in ("5 % lost on the way out", "UDP is blocked")
]

BEFORE_A_CALL = (
    Made("an expired token", "token_expired", grant=_expired),
    Made("no permission", "microphone_denied", script=_microphone_fails("NotAllowedError")),
    Made("no microphone", "microphone_missing", script=_microphone_fails("NotFoundError")),
    Made("another app has it", "microphone_in_use", script=_microphone_fails("NotReadableError")),
    Made("nobody answers the browser", "microphone_unanswered", script=_UNANSWERED),
    Made("no WebRTC", "browser_unsupported", script=_NO_WEBRTC),
    Made("the clock is wrong", "clock_wrong", grant=_clock_behind),
    Made("a token that is refused", "token_refused", grant=_refused),
    Made("token_fn is broken", "token_unavailable", answers=500),
    Made("nobody is signed in", "signed_out", answers=401),
    Made("signalling never answers", "signalling_blocked", is_mute=True),
    Made("the browser is offline", "offline", offline=True),
    Made("signalling is blocked", "signalling_blocked", outage=True),
)
"""Known without a call, or before it is connected."""
