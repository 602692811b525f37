"""TwiML: what the simulator understands, and what Twilio would complain about."""

from __future__ import annotations

import pytest

from simulator.protocol.errors import CallProblem
from simulator.protocol.twiml import parse
from simulator.protocol.verbs import (
    Client,
    Conference,
    Dial,
    Document,
    Echo,
    Gather,
    Hangup,
    Number,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
)

URL = "https://calls.example/api/twilio/twiml?x=1"


def read(document: str, content_type: str | None = "text/xml; charset=utf-8") -> Document:
    return parse(document.encode(), content_type, URL)


def the_dial(attributes: str = "", number: str = "<Number>+14155550123</Number>") -> Dial:
    [verb] = read(f"<Response><Dial {attributes}>{number}</Dial></Response>").verbs
    assert isinstance(verb, Dial)
    return verb


def test_every_attribute_of_a_dial_is_read() -> None:
    document = (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Dial answerOnBridge="true" '
        'callerId="+15005550006" timeLimit="600" timeout="20" action="?after=dial" method="GET">'
        '<Number statusCallback="status#rc=3&amp;rp=ct,rt,5xx" statusCallbackMethod="GET" '
        'statusCallbackEvent="initiated answered">+14155550123</Number></Dial></Response>'
    )
    assert read(document) == Document(
        (
            Dial(
                (
                    Number(
                        "+14155550123",
                        "https://calls.example/api/twilio/status#rc=3&rp=ct,rt,5xx",
                        "GET",
                        frozenset({"initiated", "answered"}),
                    ),
                ),
                caller_id="+15005550006",
                answer_on_bridge=True,
                timeout=20,
                time_limit=600,
                action="https://calls.example/api/twilio/twiml?after=dial",
                method="GET",
            ),
        )
    )


def test_the_defaults_of_a_dial_are_twilios() -> None:
    assert the_dial() == Dial(
        (Number("+14155550123", None, "POST", frozenset({"completed"})),),
        caller_id=None,
        answer_on_bridge=False,
        timeout=30,
        time_limit=14400,
        action=None,
        method="POST",
    )


def test_a_party_can_hear_something_before_it_is_connected() -> None:
    dial = the_dial(
        number='<Number url="notice?a=b" method="GET">+14155550123</Number>'
        '<Client url="/n">u</Client>'
    )
    assert [noun.whisper for noun in dial.nouns] == [
        Redirect("https://calls.example/api/twilio/notice?a=b", "GET"),
        Redirect("https://calls.example/n", "POST"),
    ]


def test_a_gather_holds_prompts_and_asks_its_own_address_unless_it_has_an_action() -> None:
    document = read(
        '<Response><Gather><Say loop="0">a</Say><Play>b.mp3</Play><Pause/></Gather>'
        '<Gather input="speech" action="/key" method="GET" timeout="1" numDigits="3" '
        'finishOnKey="" actionOnEmptyResult="true"/><Redirect method="GET">/next</Redirect>'
        "<Redirect/></Response>"
    )
    assert document.verbs == (
        Gather((Say("a", 1000), Play("b.mp3"), Pause()), URL),
        Gather((), "https://calls.example/key", "GET", False, 1, 3, "", True),
        Redirect("https://calls.example/next", "GET"),
        Redirect(URL),
    )
    assert document.warnings == ()
    faulty = read('<Response><Gather finishOnKey="ab" input="dtmf,speech" hints="x"/></Response>')
    assert len(faulty.warnings) == 3


def test_a_dial_may_hold_the_bare_number() -> None:
    assert the_dial(number=" +14155550123 ").nouns == (Number("+14155550123"),)


def test_a_client_has_an_identity_parameters_and_a_callback() -> None:
    dial = the_dial(
        number='<Client statusCallback="/s" statusCallbackEvent="ringing"><Identity>user_1'
        '</Identity><Parameter name="reason" value="a &amp; b"/><Parameter name="by"/></Client>'
        "<Client>user_2</Client><Number>+14155550123</Number>"
    )
    assert dial.nouns == (
        Client(
            "user_1",
            (("reason", "a & b"), ("by", "")),
            "https://calls.example/s",
            "POST",
            frozenset({"ringing"}),
        ),
        Client("user_2"),
        Number("+14155550123"),
    )


def test_every_attribute_of_a_conference_is_read() -> None:
    dial = the_dial(
        number='<Conference startConferenceOnEnter="false" endConferenceOnExit="true" muted="true" '
        'beep="false" waitUrl="" maxParticipants="10" participantLabel="leg" coach="CA1" '
        'jitterBufferSize="small" region="ie1" statusCallback="/s?call=1" '
        'statusCallbackMethod="GET" statusCallbackEvent="start end join">room</Conference>'
    )
    assert dial.nouns == ()
    assert dial.conference == Conference(
        "room",
        muted=True,
        start_on_enter=False,
        end_on_exit=True,
        label="leg",
        beep="false",
        jitter="small",
        region="ie1",
        wait_url="",
        max_participants=10,
        coach="CA1",
        status_callback="https://calls.example/s?call=1",
        status_callback_method="GET",
        status_callback_events=frozenset({"start", "end", "join"}),
    )


def test_the_defaults_of_a_conference_are_twilios() -> None:
    assert the_dial(number="<Conference>room</Conference>").conference == Conference(
        "room", start_on_enter=True, end_on_exit=False, beep="true", jitter="large", wait_url=None
    )


def test_times_are_brought_into_twilios_range() -> None:
    dial = the_dial('timeout="1" timeLimit="99999"')
    assert (dial.timeout, dial.time_limit) == (5, 14400)


def test_the_other_verbs_are_read_in_order() -> None:
    document = read(
        "<Response><!-- hello --><Say voice='alice' loop='2'>one two three four five</Say>"
        "<Pause length='4'/><Pause/><Echo/><Reject reason='busy'/><Hangup/></Response>"
    )
    assert document.verbs == (
        Say("one two three four five", 2),
        Pause(4),
        Pause(1),
        Echo(),
        Reject("busy"),
        Hangup(),
    )
    assert Say("one two three four five", 2).seconds == 4.0


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", 12100),
        ("hello", 12100),
        ("<Response><Say>a & b</Say></Response>", 12100),
        ("<Response/><Response/>", 12100),
        ("<response/>", 12102),
        ("<Twiml/>", 12102),
        ("<Response><Dance/></Response>", 12200),
        ("<Response><say>hi</say></Response>", 12200),
        ("<Response><Record/><Hangup/></Response>", 12200),
        ("<Response><Say>hi <b>you</b></Say></Response>", 12200),
        ("<Response><Number>+14155550123</Number></Response>", 12200),
        ("<Response><Gather><Hangup/></Gather></Response>", 12200),
        ("<Response><Dial><Sip>bob@a.test</Sip></Dial></Response>", 13215),
        ("<Response><Dial>" + "<Number>+1</Number>" * 11 + "</Dial></Response>", 13215),
        (
            "<Response><Dial><Conference>a</Conference><Number>+1</Number></Dial></Response>",
            13215,
        ),
        ("<Response><Dial><Conference> </Conference></Dial></Response>", 12200),
        (
            '<Response><Dial><Conference participantLabel="a/b">a</Conference></Dial></Response>',
            16023,
        ),
        ("<Response><Dial><Client>bob<Number>+1</Number></Client></Dial></Response>", 12200),
        ("<Response><Dial><Client><Parameter value='1'/></Client></Dial></Response>", 12200),
        ('<Response><Dial action="http://[oops">+14155550123</Dial></Response>', 11100),
        ("<Response><Say>" + "a" * 65536 + "</Say></Response>", 11750),
    ],
)
def test_a_document_that_cannot_be_executed_names_twilios_error(document: str, code: int) -> None:
    with pytest.raises(CallProblem) as problem:
        read(document)
    assert problem.value.problem.code == code
    assert problem.value.problem.level == "error"


def test_64_kilobytes_are_not_too_much() -> None:
    frame = "<Response><Say></Say></Response>"
    text = "a" * (65536 - len(frame))
    assert read(frame.replace("</Say>", text + "</Say>")).verbs == (Say(text),)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "audio/mpeg", None])
def test_a_wrong_content_type_is_an_error(content_type: str | None) -> None:
    with pytest.raises(CallProblem) as problem:
        read("<Response/>", content_type)
    assert problem.value.problem.code == 12300


@pytest.mark.parametrize("content_type", ["text/xml", "application/xml", "TEXT/HTML;charset=utf-8"])
def test_twilios_content_types_are_accepted(content_type: str) -> None:
    assert read("<Response/>", content_type).verbs == ()


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ('timeout="soon"', 13212),
        ('timeLimit="-1"', 13216),
        ('method="PUT"', 13210),
        ('colour="red"', 12200),
        ('record="true"', 12200),
        ('answerOnBridge="maybe"', 12200),
    ],
)
def test_a_bad_attribute_is_a_warning_and_the_default(attributes: str, code: int) -> None:
    document = read(f"<Response><Dial {attributes}>+14155550123</Dial></Response>")
    assert [(problem.code, problem.level) for problem in document.warnings] == [(code, "warning")]
    assert document.verbs == (the_dial(number="+14155550123"),)


def test_commas_do_not_separate_progress_events() -> None:
    document = read(
        '<Response><Dial><Number statusCallbackEvent="initiated,ringing answered">'
        "+14155550123</Number></Dial></Response>"
    )
    [dial] = document.verbs
    assert isinstance(dial, Dial)
    [number] = dial.nouns
    assert number.status_callback_events == {"answered"}
    assert [problem.code for problem in document.warnings] == [12200]
