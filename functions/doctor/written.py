"""Examines whether each setting is there and well-formed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from functions.doctor.check import Finding, failed, passed
from functions.doctor.inputs import Inputs, setting

_TWILIO = "Twilio's console"
_SUPABASE = "Supabase's dashboard"
_WHERE: Mapping[str, str] = {
    "GOOGLE_CLOUD_PROJECT": "The project's id, not its name: gcloud projects list",
    "GOOGLE_CLOUD_REGION": "One near the Supabase project: gcloud run regions list",
    "SUPABASE_URL": f"{_SUPABASE}, Connect: the address of the API",
    "SUPABASE_PUBLISHABLE_KEY": f"{_SUPABASE}, Settings → API keys: the publishable one",
    "SUPABASE_JWT_SECRET": f"{_SUPABASE}, Settings → JWT keys: the legacy secret, if it is used",
    "SUPABASE_SIGNING_KEY_FILE": "Make a key and import it: step 5 of docs/setup.md",
    "SUPABASE_DB_URL": f"{_SUPABASE}, Connect: the session pooler, with the database's password."
    " Write the password's special characters as %XX",
    "TWILIO_ACCOUNT_SID": f"{_TWILIO}, front page: Account SID",
    "TWILIO_AUTH_TOKEN": f"{_TWILIO}, front page: the primary auth token",
    "TWILIO_AUTH_TOKEN_NEXT": f"{_TWILIO}: the secondary auth token; or remove the setting",
    "TWILIO_API_KEY_SID": f"{_TWILIO}, Account → API keys: make a standard key",
    "TWILIO_API_KEY_SECRET": f"{_TWILIO} shows it once: make another standard key under Account →"
    " API keys",
    "TWILIO_TWIML_APP_SID": f"{_TWILIO}, Voice → TwiML Apps; or remove the setting",
    "TWILIO_PHONE_NUMBER": f"{_TWILIO}, Phone numbers: a + and digits, nothing else",
    "PUBLIC_BASE_URL": "Such as https://app.callhenk.com/api/twilio; or remove the setting",
    "ALLOWED_ORIGINS": "The origins of your own pages, such as https://calls.example.com; or remove"
    " the setting",
    "HENK_HIDDEN_VIEWS": "Names of views as in their addresses; or remove the setting",
    "BUSINESS_CREATION": "nobody, invited or anybody; or remove the setting",
    "BUSINESS_FOUNDERS": "The addresses of those who may make a business, separated by commas",
    "SCHEDULER_SECRET": "Remove it, and deploy.sh makes one; by hand: openssl rand -base64 32",
}


def look(inputs: Inputs) -> Iterator[Finding]:
    """One finding for each setting that is missing or malformed, or one if there are none."""
    if inputs.nothing:
        yield failed("", inputs.nothing, "docs/setup.md leads from here to a first call")
        return
    for note in inputs.notes:
        yield passed("", note)
    for problem in inputs.problems:
        name = setting(problem)
        yield failed(name, problem, _WHERE.get(name, "docs/setup.md, step 5"))
    if not inputs.problems:
        yield passed("", "All settings are there and well-formed")
