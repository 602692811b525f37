"""What pasting leaves in a setting is named: which character, where, and what to do. The value is
never shown."""

from __future__ import annotations

import pytest

from shared import pasted, settings, urls
from tests.endpoints import ENVIRONMENT

SECRET = "5f4dcc3b5aa765d61d8327deb882cf99"


def problem(name: str, value: str) -> str:
    """What is said about a setting of an endpoint."""
    env = settings.Environment({**ENVIRONMENT, name: value})
    settings.Supabase.read(env)
    settings.TwilioApiKey.read(env)
    settings.TwilioWebhooks.read(env)
    settings.read_webhook_jwt(env)
    said = [each for each in env.problems if each.startswith(f"{name} ")]
    assert len(said) <= 1, "one cause, one problem"
    assert env.problems == said
    return said[0] if said else ""


@pytest.mark.parametrize("around", ["{}", " {}", "{} ", "\t{}\n", "{}\u00a0", "\u2003{}", "{}\r\n"])
def test_blanks_around_a_value_do_not_matter(around: str) -> None:
    assert problem("TWILIO_AUTH_TOKEN", around.format(SECRET)) == ""


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\u200b", "ZERO WIDTH SPACE, U+200B"),
        ("\ufeff", "ZERO WIDTH NO-BREAK SPACE, U+FEFF"),
        ("\u00ad", "SOFT HYPHEN, U+00AD"),
        ("\u200e", "LEFT-TO-RIGHT MARK, U+200E"),
        ("\u2060", "WORD JOINER, U+2060"),
        ("\u202c", "POP DIRECTIONAL FORMATTING, U+202C"),
        ("\x1b", "U+001B"),
        ("\0", "NUL, U+0000"),
    ],
)
@pytest.mark.parametrize(
    ("shape", "place"),
    [("{}" + SECRET, "at its beginning"), (SECRET + "{}", "at its end"),
     (SECRET[:5] + "{}" + SECRET[5:], "at position 6 of 33")],
    ids=["first", "last", "within"],
)  # fmt: skip
def test_a_character_that_cannot_be_seen_is_named(
    character: str, name: str, shape: str, place: str
) -> None:
    said = problem("TWILIO_AUTH_TOKEN", shape.format(character))
    assert said.startswith(
        f"TWILIO_AUTH_TOKEN has a character that cannot be seen ({name}) {place}"
    )
    assert SECRET[5:] not in said


@pytest.mark.parametrize("quotes", ["“{}”", "„{}“", "«{}»", "‘{}’", "{}’"])
def test_curly_quotes_are_named(quotes: str) -> None:
    said = problem("SUPABASE_PUBLISHABLE_KEY", quotes.format("sb_publishable_x"))
    assert "SUPABASE_PUBLISHABLE_KEY has a curly quote (" in said
    assert "sb_publishable" not in said


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_that_nobody_removed_are_named(quote: str) -> None:
    said = problem("TWILIO_AUTH_TOKEN", f"{quote}{SECRET}{quote}")
    assert said == f"TWILIO_AUTH_TOKEN is between quotes ({quote}): remove both"


def test_a_hidden_value_that_was_copied_as_dots_is_named() -> None:
    assert "copy it again" in problem("TWILIO_AUTH_TOKEN", 12 * "•")


def test_a_blank_within_a_value_is_named() -> None:
    said = problem("TWILIO_ACCOUNT_SID", f"AC{SECRET[:9]} {SECRET[9:]}")
    assert said.startswith("TWILIO_ACCOUNT_SID is malformed: it has a blank in it")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUPABASE_URL", "https://your-project.supabase.co"),
        ("SUPABASE_URL", "https://<your-project>.supabase.co"),
        ("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_..."),
        ("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_…"),
        ("SUPABASE_WEBHOOK_JWT", "<your-token>"),
        ("TWILIO_ACCOUNT_SID", "AC..."),
        ("TWILIO_ACCOUNT_SID", "AC" + 32 * "X"),
        ("TWILIO_API_KEY_SID", "SK..."),
        ("TWILIO_TWIML_APP_SID", "APxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("TWILIO_API_KEY_SECRET", "xxxxxxxxxxxxxxxxxxxx"),
        ("TWILIO_AUTH_TOKEN", "your_auth_token..."),
        ("TWILIO_AUTH_TOKEN", "your_twilio_auth_token"),
        ("TWILIO_AUTH_TOKEN", "your-auth-token-here"),
        ("TWILIO_AUTH_TOKEN", "changeme"),
        ("SUPABASE_URL", "https://<ref>.supabase.co"),
        ("PUBLIC_BASE_URL", "https://your-domain/api/twilio"),
    ],
)
def test_the_text_of_an_example_does_not_count_as_set(name: str, value: str) -> None:
    assert problem(name, value).startswith(f"{name} is still the example's")


# The address of the canned server in it has another port in each run.
@pytest.mark.parametrize(
    "value",
    [*ENVIRONMENT.values(), "Your7Secret", "your-voice-app", "a...b", "xxy", "-"],
    ids=[*ENVIRONMENT, "with a digit", "a project", "dots within", "short", "dash"],
)
def test_a_value_is_no_example(value: str) -> None:
    assert not pasted.is_example(value)
    assert pasted.explain(value) is None


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://app.callhenk.com/api#x", "write # as %23 if it belongs to the path"),
        ("https://app.callhenk.com/api?x=1", "write ? as %3F"),
        ("https://app.callhenk.com/my api", "write a blank as %20"),
        ("https://app.callhenk.com/überall", "write ü as %C3%BC"),
        ("https://app.callhenk.com/a@b#c d", "write @ as %40, # as %23 and a blank as %20"),
        ("https://me:hidden@app.callhenk.com", "remove the user name and password"),
        ("https://münchen.example/api", "the form that begins with xn--"),
    ],
)
def test_a_part_of_an_address_that_must_be_written_otherwise_is_named(url: str, says: str) -> None:
    said = problem("PUBLIC_BASE_URL", url)
    assert said.startswith(
        "PUBLIC_BASE_URL must start with https:// and have only a host and a path"
    )
    assert says in said
    assert "hidden" not in said


def test_characters_are_named_once_and_in_their_order() -> None:
    assert urls.escapes("##/#") == "# as %23 and / as %2F"
