"""Reads requests: bodies, forms, JSON, and single values.

Each function raises an error of ``shared.errors`` whose message names the field.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import MultiDict

from shared import errors

MAX_BODY_BYTES = 64 * 1024
MAX_FIELDS = 200
MAX_TEXT = 300
MAX_INTEGER = 2**31 - 1

# The parameters of a form, each with all its values.
Form = MultiDict[str, str]


def read_bearer_token(request: Request) -> str:
    """The token in the Authorization header. Raises Unauthenticated if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.Unauthenticated("Sign in: there is no access token in the request.")
    return token.strip()


def is_json(request: Request) -> bool:
    """Whether the Content-Type says JSON."""
    return request.mimetype == "application/json"


def is_form(request: Request) -> bool:
    """Whether the Content-Type says form, as in Twilio's webhooks."""
    return request.mimetype == "application/x-www-form-urlencoded"


def read_body(request: Request) -> bytes:
    """The body. Raises PayloadTooLarge, or InvalidRequest if it is incomplete."""
    try:
        if (request.content_length or 0) <= MAX_BODY_BYTES:
            content = request.stream.read(MAX_BODY_BYTES + 1)
            if len(content) <= MAX_BODY_BYTES:
                return content
    # The server raises errors of its own for a body that ends early and for broken chunks.
    except Exception as error:
        raise errors.InvalidRequest("The body is incomplete or malformed.") from error
    raise errors.PayloadTooLarge(f"The body may have {MAX_BODY_BYTES} bytes at most.")


def drain(request: Request) -> None:
    """Reads the rest of the body in pieces, and replaces it with an empty one.

    functions-framework reads what is left after each answer, all at once. If the body is broken, it
    answers 500 and logs words of the body.
    """
    with contextlib.suppress(Exception):
        while request.stream.read(MAX_BODY_BYTES):
            pass
    request.stream = io.BytesIO()


def read_json_object(request: Request) -> dict[str, object]:
    """The body as a JSON object; a missing body counts as ``{}``.

    Raises UnsupportedMediaType or InvalidRequest, and what ``read_body`` raises.
    """
    content = read_body(request)
    if not content:
        return {}
    if not is_json(request):
        raise errors.UnsupportedMediaType("Send the body as application/json.")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise errors.InvalidRequest("The body is not JSON.") from error
    if not isinstance(value, dict):
        raise errors.InvalidRequest("The body is not a JSON object.")
    return value


def read_form(request: Request) -> Form:
    """The body as a form; blank parameters stay in it.

    Raises InvalidRequest for more than MAX_FIELDS parameters, and what ``read_body`` raises.
    """
    try:
        fields = parse_qsl(
            read_body(request).decode("latin-1"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise errors.InvalidRequest(f"There are more than {MAX_FIELDS} parameters.") from error
    return MultiDict(fields)


def read_text(fields: Mapping[str, object], name: str) -> str | None:
    """A field's text without spaces around it; None if it is missing, null or blank.

    Raises InvalidRequest if it is not a text, or longer than MAX_TEXT.
    """
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise errors.InvalidRequest(f"{name} must be a text.")
    if len(value) > MAX_TEXT:
        raise errors.InvalidRequest(f"{name} is too long.")
    return make_storable(value).strip() or None


def read_uuid(fields: Mapping[str, object], name: str) -> uuid.UUID | None:
    """A field's UUID; None if it is missing, null or blank. Raises InvalidRequest otherwise."""
    text = read_text(fields, name)
    return None if text is None else parse_uuid(text, name)


def parse_uuid(text: str, name: str) -> uuid.UUID:
    """The UUID that the field ``name`` has as a text. Raises InvalidRequest."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise errors.InvalidRequest(f"{name} must be a UUID.") from error


def parse_count(text: object) -> int | None:
    """A count that Twilio sends as text. None if it is anything else, or too large for Postgres."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,10}", text):
        return None
    value = int(text)
    return value if value <= MAX_INTEGER else None


def make_storable(text: str) -> str:
    """The text with a substitute for what Postgres cannot store: NUL, and lone surrogates."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
