"""POST /api/twilio/numbers: how the product reads phone numbers, for imports and searches.

In:   Supabase access token, Origin of one of Henk's pages,
      `{"country": "GB", "texts": ["020 7946 0018", …]}`: the business's country, 500 texts at most.
Out:  `{"numbers": [{"text", "to", "extension", "problem", "leftOut", "known", "country", "region",
      "timeZones"}]}`, one for each text, in the same order. The database is not asked.
"""

from __future__ import annotations

import re

import functions_framework
from flask import Request, Response

from shared import errors, parsing, phone_numbers, settings, web
from shared.supabase_jwt import SupabaseAuthenticator

MAX_TEXTS = 500

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SUPABASE = settings.Supabase.read(env)

REPS = SupabaseAuthenticator(SUPABASE)


@functions_framework.http
@web.endpoint("/api/twilio/numbers", {"POST"}, DEPLOYMENT)
def numbers(request: Request) -> Response:
    web.require_allowed_origin(request, DEPLOYMENT)
    user = REPS.authenticate(request)
    web.note(user_id=str(user.id))
    body = parsing.read_json_object(request)
    country = read_country(body)
    texts = read_texts(body)
    web.note(texts=len(texts))
    return web.answer_success({"numbers": [read_number(text, country) for text in texts]})


def read_country(body: dict[str, object]) -> str:
    country = parsing.read_text(body, "country")
    if country is None:
        raise errors.InvalidRequest("country is missing.")
    if not re.fullmatch("[A-Z]{2}", country):
        raise errors.InvalidRequest(
            "country must be the two capital letters of a country, such as GB."
        )
    return country


def read_texts(body: dict[str, object]) -> list[str]:
    texts = body.get("texts")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise errors.InvalidRequest("texts must be a list of texts.")
    if len(texts) > MAX_TEXTS:
        raise errors.InvalidRequest(
            f"texts has {len(texts)} texts, and {MAX_TEXTS} are the most. Send several requests."
        )
    return texts


def read_number(text: str, country: str) -> dict[str, object]:
    """One text as the product would dial it in this country."""
    found = phone_numbers.read(text, country, test_numbers=DEPLOYMENT.development)
    return {
        "text": text,
        "to": found.number["e164"] if found.number else None,
        "extension": found.extension,
        "problem": found.problem,
        "leftOut": found.left_out,
        # Whether the number data has the number's range.
        "known": found.number is not None and found.number["type"] != "unknown",
        "country": found.number["country"] if found.number else None,
        "region": found.number["region"] if found.number else None,
        # All that the number may be in: the calling hours of each apply.
        "timeZones": found.number["time_zones"] if found.number else [],
    }
