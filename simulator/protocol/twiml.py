"""Parses and validates TwiML as Twilio does.

Source: twilio.com/docs/voice/twiml. A verb that Twilio knows but the simulator does not execute is
refused like an unknown one: a call that works here must work at Twilio too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args
from urllib.parse import urljoin
from xml.etree import ElementTree

from simulator.protocol import errors
from simulator.protocol.account import HttpMethod
from simulator.protocol.errors import CallProblem, Problem
from simulator.protocol.formats import is_label
from simulator.protocol.twiml_attributes import ATTRIBUTES
from simulator.protocol.verbs import (
    MAX_NOUNS,
    PROGRESS_EVENTS,
    ROOM_EVENTS,
    Beep,
    Client,
    Conference,
    Detection,
    Dial,
    Document,
    Echo,
    Gather,
    Hangup,
    JitterBuffer,
    Noun,
    Number,
    Pause,
    Play,
    ProgressEvent,
    Redirect,
    Reject,
    Say,
    Verb,
)

MAX_BYTES = 64 * 1024
CONTENT_TYPES = ("text/xml", "application/xml", "text/html")


def parse(body: bytes, content_type: str | None, url: str) -> Document:
    """The document in a reply. Relative URLs are resolved against ``url``, the reply's own address.

    Raises CallProblem: 11750 over 64 KB, 12300 wrong content type, 12100 not XML, 12102 root is
    not Response, 12200 a verb or nesting that is not TwiML or is not simulated.
    """
    if len(body) > MAX_BYTES:
        raise CallProblem(errors.TWIML_TOO_LARGE, "TwiML response body too large (over 64 KB)")
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type not in CONTENT_TYPES:
        raise CallProblem(
            errors.INVALID_CONTENT_TYPE, f"Invalid Content-Type: {media_type or 'none'}"
        )
    try:
        # Safe without a hardened parser: at most 64 KB, and expat limits entity expansion.
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise CallProblem(
            errors.DOCUMENT_PARSE_FAILURE, f"Document parse failure: {error}"
        ) from error
    if root.tag != "Response":
        raise CallProblem(errors.ROOT_ELEMENT, f"The root element is {root.tag}, not Response")
    reader = _Reader(url)
    verbs = tuple(reader.verb(element) for element in root)
    return Document(verbs, tuple(reader.warnings))


class _Reader:
    """Turns elements into verbs and collects warnings."""

    def __init__(self, url: str) -> None:
        self.warnings: list[Problem] = []
        self._url = url

    def verb(self, element: ElementTree.Element) -> Verb:
        self._check_attributes(element)
        if element.tag == "Dial":
            return self._dial(element)
        if element.tag == "Gather":
            return self._gather(element)
        if len(element):
            raise CallProblem(errors.SCHEMA_VALIDATION, f"{element.tag} holds <{element[0].tag}>")
        match element.tag:
            case "Say":
                return Say(element.text or "", self._loop(element))
            case "Play":
                return Play((element.text or "").strip(), self._loop(element))
            case "Redirect":
                target = (element.text or "").strip()
                method = self._method(element, "method", errors.SCHEMA_VALIDATION)
                return Redirect(self._resolved(element, "address", target) or self._url, method)
            case "Pause":
                return Pause(
                    self._whole(element, "length", 1, 0, 14400, errors.PAUSE_INVALID_LENGTH)
                )
            case "Echo":
                return Echo()
            case "Hangup":
                return Hangup()
            case "Reject":
                reason = element.get("reason", "rejected")
                if reason not in ("rejected", "busy"):
                    self._warn(errors.SCHEMA_VALIDATION, f"Reject: unknown reason {reason!r}")
                return Reject("busy" if reason == "busy" else "rejected")
        raise CallProblem(
            errors.SCHEMA_VALIDATION, f"<{element.tag}> is not a verb that the simulator executes"
        )

    def _gather(self, element: ElementTree.Element) -> Gather:
        prompts: list[Say | Play | Pause] = []
        for child in element:
            prompt = self.verb(child)
            if not isinstance(prompt, Say | Play | Pause):
                raise CallProblem(errors.SCHEMA_VALIDATION, f"Gather holds <{child.tag}>")
            prompts.append(prompt)
        inputs = element.get("input", "dtmf").split()
        for unknown in set(inputs) - {"dtmf", "speech"}:
            self._warn(errors.SCHEMA_VALIDATION, f"Gather: unknown input {unknown!r}")
        finish = element.get("finishOnKey", "#")
        if len(finish) > 1 or finish not in "0123456789*#":
            self._warn(errors.SCHEMA_VALIDATION, f"Gather: invalid finishOnKey {finish!r}")
            finish = "#"
        number = self._whole(element, "numDigits", 0, 1, 1000, errors.SCHEMA_VALIDATION)
        return Gather(
            prompts=tuple(prompts),
            action=self._absolute(element, "action") or self._url,
            method=self._method(element, "method", errors.SCHEMA_VALIDATION),
            hears_keys="dtmf" in inputs,
            timeout=self._whole(element, "timeout", 5, 0, 600, errors.SCHEMA_VALIDATION),
            num_digits=number or None,
            finish_on_key=finish,
            action_on_empty_result=self._truth(element, "actionOnEmptyResult"),
        )

    def _loop(self, element: ElementTree.Element) -> int:
        """How often something is played. Zero is for ever, which is 1,000 times."""
        return self._whole(element, "loop", 1, 0, 1000, errors.SCHEMA_VALIDATION) or 1000

    def _dial(self, element: ElementTree.Element) -> Dial:
        rooms = [child for child in element if child.tag == "Conference"]
        if len(element) > (1 if rooms else MAX_NOUNS):
            raise CallProblem(
                errors.DIAL_INVALID_NESTED_ELEMENT,
                f"Dial holds one Conference, or at most {MAX_NOUNS} other parties",
            )
        nouns = tuple(self._noun(child) for child in element if child not in rooms)
        if not len(element):
            nouns = (Number((element.text or "").strip()),)
        return Dial(
            nouns=nouns,
            conference=self._conference(rooms[0]) if rooms else None,
            caller_id=element.get("callerId"),
            answer_on_bridge=self._truth(element, "answerOnBridge"),
            timeout=self._whole(element, "timeout", 30, 5, 600, errors.DIAL_INVALID_TIMEOUT),
            time_limit=self._whole(
                element, "timeLimit", 14400, 1, 14400, errors.DIAL_INVALID_TIME_LIMIT
            ),
            action=self._absolute(element, "action"),
            method=self._method(element, "method", errors.DIAL_INVALID_METHOD),
        )

    def _noun(self, element: ElementTree.Element) -> Noun:
        match element.tag:
            case "Number" if not len(element):
                self._check_attributes(element)
                callback, method, events = self._progress(element, errors.NUMBER_INVALID_METHOD)
                whisper = self._whisper(element, errors.NUMBER_INVALID_METHOD)
                number = (element.text or "").strip()
                return Number(number, callback, method, events, whisper, self._detection(element))
            case "Client":
                return self._client(element)
        inner = element[0].tag if element.tag == "Number" else element.tag
        raise CallProblem(
            errors.DIAL_INVALID_NESTED_ELEMENT, f"Dial holds <{inner}>: not simulated"
        )

    def _client(self, element: ElementTree.Element) -> Client:
        self._check_attributes(element)
        identity = element.text or ""
        parameters: list[tuple[str, str]] = []
        for child in element:
            self._check_attributes(child)
            if child.tag == "Identity" and not len(child):
                identity = child.text or ""
            elif child.tag == "Parameter" and child.get("name") and not len(child):
                parameters.append((child.get("name", ""), child.get("value", "")))
            else:
                raise CallProblem(
                    errors.SCHEMA_VALIDATION,
                    f"Client holds <{child.tag}>, which is not an Identity or a named Parameter",
                )
        callback, method, events = self._progress(element, errors.SCHEMA_VALIDATION)
        whisper = self._whisper(element, errors.SCHEMA_VALIDATION)
        return Client(identity.strip(), tuple(parameters), callback, method, events, whisper)

    def _conference(self, element: ElementTree.Element) -> Conference:
        self._check_attributes(element)
        name = (element.text or "").strip()
        if len(element) or not name:
            raise CallProblem(errors.SCHEMA_VALIDATION, "Conference: the name is missing")
        beep = next((each for each in get_args(Beep) if each == element.get("beep", "true")), None)
        if beep is None:
            self._warn(errors.CONFERENCE_INVALID_BEEP, "Conference: invalid beep")
        size = element.get("jitterBufferSize", "large")
        jitter = next((each for each in get_args(JitterBuffer) if each == size), None)
        if jitter is None:
            self._warn(errors.SCHEMA_VALIDATION, f"Conference: invalid jitterBufferSize {size!r}")
        label = element.get("participantLabel")
        if label and not is_label(label):
            raise CallProblem(errors.INVALID_LABEL, f"Conference: invalid label {label!r}")
        listed = element.get("statusCallbackEvent", "").split()
        for event in set(listed) - set(ROOM_EVENTS):
            self._warn(
                errors.SCHEMA_VALIDATION, f"Conference: unknown statusCallbackEvent {event!r}"
            )
        wait_url = element.get("waitUrl")
        return Conference(
            name=name,
            muted=self._truth(element, "muted"),
            start_on_enter=self._truth(element, "startConferenceOnEnter", "true"),
            end_on_exit=self._truth(element, "endConferenceOnExit"),
            label=label or None,
            beep=beep or "true",
            jitter=jitter or "large",
            region=element.get("region") or "us1",
            wait_url=(self._absolute(element, "waitUrl") or "") if wait_url is not None else None,
            max_participants=self._whole(
                element, "maxParticipants", 250, 2, 250, errors.SCHEMA_VALIDATION
            ),
            coach=element.get("coach") or None,
            status_callback=self._absolute(element, "statusCallback"),
            status_callback_method=self._method(
                element, "statusCallbackMethod", errors.SCHEMA_VALIDATION
            ),
            status_callback_events=frozenset(each for each in ROOM_EVENTS if each in listed),
        )

    def _progress(
        self, element: ElementTree.Element, invalid_method: int
    ) -> tuple[str | None, HttpMethod, frozenset[ProgressEvent]]:
        """Where to report a leg's progress, by which method, and which events."""
        return (
            self._absolute(element, "statusCallback"),
            self._method(element, "statusCallbackMethod", invalid_method),
            self._events(element),
        )

    def _whisper(self, element: ElementTree.Element, invalid_method: int) -> Redirect | None:
        """Where to ask what the called party hears before it is connected."""
        url = self._absolute(element, "url")
        return Redirect(url, self._method(element, "method", invalid_method)) if url else None

    def _detection(self, element: ElementTree.Element) -> Detection | None:
        """Whether machines are detected, and where that is reported."""
        wanted = element.get("machineDetection")
        if not wanted:
            return None
        if wanted not in ("Enable", "DetectMessageEnd"):
            self._warn(errors.SCHEMA_VALIDATION, f"Number: invalid machineDetection {wanted!r}")
            return None
        callback = self._absolute(element, "amdStatusCallback")
        if callback is None:
            self._warn(errors.DETECTION_WITHOUT_CALLBACK, "Number: amdStatusCallback is missing")
        return Detection(
            awaits_end=wanted == "DetectMessageEnd",
            callback=callback,
            method=self._method(element, "amdStatusCallbackMethod", errors.NUMBER_INVALID_METHOD),
            timeout=self._whole(
                element, "machineDetectionTimeout", 30, 3, 59, errors.SCHEMA_VALIDATION
            ),
        )

    def _absolute(self, element: ElementTree.Element, name: str) -> str | None:
        return self._resolved(element, name, element.get(name, "").strip())

    def _resolved(self, element: ElementTree.Element, name: str, given: str) -> str | None:
        try:
            return urljoin(self._url, given) if given else None
        except ValueError as error:
            raise CallProblem(
                errors.INVALID_URL, f"{element.tag}: invalid {name} {given!r}"
            ) from error

    def _events(self, element: ElementTree.Element) -> frozenset[ProgressEvent]:
        listed = element.get("statusCallbackEvent")
        if not listed or not listed.strip():
            return frozenset({"completed"})
        # Names are separated by spaces. Twilio does not accept commas, a common mistake.
        names = listed.split()
        for name in names:
            if name not in PROGRESS_EVENTS:
                self._warn(
                    errors.SCHEMA_VALIDATION,
                    f"{element.tag}: unknown statusCallbackEvent {name!r}",
                )
        return frozenset(event for event in PROGRESS_EVENTS if event in names)

    def _check_attributes(self, element: ElementTree.Element) -> None:
        if element.tag not in ATTRIBUTES:
            return
        played, ignored = ATTRIBUTES[element.tag]
        for name in element.attrib:
            if name in ignored:
                self._warn(
                    errors.SCHEMA_VALIDATION, f"{element.tag}: {name} is not simulated, ignored"
                )
            elif name not in played:
                self._warn(errors.SCHEMA_VALIDATION, f"{element.tag}: unknown attribute {name}")

    def _whole(
        self, element: ElementTree.Element, name: str, default: int, low: int, high: int, code: int
    ) -> int:
        given = element.get(name)
        if given is None:
            return default
        if not given.isascii() or not given.isdigit():
            self._warn(code, f"{element.tag}: invalid {name} {given!r}")
            return default
        return min(max(int(given), low), high)

    def _truth(self, element: ElementTree.Element, name: str, default: str = "false") -> bool:
        given = element.get(name, default).lower()
        if given not in ("true", "false"):
            self._warn(errors.SCHEMA_VALIDATION, f"{element.tag}: invalid {name} {given!r}")
            given = default
        return given == "true"

    def _method(self, element: ElementTree.Element, name: str, code: int) -> HttpMethod:
        methods: Mapping[str, HttpMethod] = {"GET": "GET", "POST": "POST"}
        given = element.get(name, "POST").upper()
        if given not in methods:
            self._warn(code, f"{element.tag}: invalid {name} {given!r}")
        return methods.get(given, "POST")

    def _warn(self, code: int, message: str) -> None:
        self.warnings.append(Problem(code, message, "warning"))
