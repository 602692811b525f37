"""Requests and answers, the same at every endpoint: methods, origins, sizes, errors, a log line."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import re
import time
import traceback
import uuid
from collections.abc import Callable, Collection
from http import HTTPMethod

from flask import Request, Response, g
from werkzeug.datastructures import MultiDict

from shared import errors, logs, settings

MAX_BODY_BYTES = 64 * 1024
MAX_TEXT = 300

Handler = Callable[[Request], Response]
# The parameters of a form, each with all its values.
Form = MultiDict[str, str]


def endpoint(
    path: str, methods: Collection[str], deployment: settings.Deployment
) -> Callable[[Handler], Handler]:
    """Wraps a handler into an endpoint that answers ``methods`` at ``path``, or at the root of the
    address it is deployed under, turns errors into answers, and logs one line per request.

    Browsers may read the answer where ``deployment`` allows the page's origin.
    """

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def answer(request: Request) -> Response:
            started = time.monotonic()
            # Servers let any word through as a method.
            method = request.method if request.method in HTTPMethod.__members__ else "OTHER"
            request_id = _request_id(request)
            outside = logs.request_id.set(request_id)
            g.log = {"method": method, "path": path}
            try:
                _check(request, path, methods)
                response = Response(status=204) if request.method == "OPTIONS" else handler(request)
            except errors.RequestError as error:
                response = _refusal(error)
            except Exception as error:  # A defect of ours: the log gets it, the caller nothing.
                response = _refusal(errors.PhoneSystemError(_place(error)))
            _name_methods(request, response, methods)
            _allow_origin(request, response, deployment)
            response.headers["X-Request-Id"] = request_id
            if deployment.version:
                response.headers["X-Henk-Version"] = deployment.version
            _log(response, time.monotonic() - started)
            logs.request_id.reset(outside)
            _drain(request)
            return response

        return answer

    return decorate


def note(**fields: object) -> None:
    """Adds fields to the request's log line."""
    g.log.update(fields)


def require_allowed_origin(request: Request, deployment: settings.Deployment) -> None:
    """Raises UnauthorizedDomain unless the page that asks is one of Henk's.

    Browsers leave the header out of same-origin reads, and of nothing else.
    """
    origin = request.headers.get("Origin")
    if origin is None and (request.method == "GET" or deployment.development):
        return
    if origin is None or not deployment.allows_origin(origin):
        raise errors.UnauthorizedDomain


def bearer_token(request: Request) -> str:
    """The token in the request's Authorization header. Raises Unauthenticated if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise errors.Unauthenticated("Sign in: there is no access token in the request.")
    return token.strip()


def is_json(request: Request) -> bool:
    """Whether the body claims to be JSON."""
    return request.mimetype == "application/json"


def is_form(request: Request) -> bool:
    """Whether the body claims to be a form, as Twilio's webhooks are."""
    return request.mimetype == "application/x-www-form-urlencoded"


def body(request: Request) -> bytes:
    """The body, whatever its type. Raises PayloadTooLarge, or InvalidRequest if it is broken."""
    try:
        if (request.content_length or 0) <= MAX_BODY_BYTES:
            content = request.stream.read(MAX_BODY_BYTES + 1)
            if len(content) <= MAX_BODY_BYTES:
                return content
    except Exception as error:  # The server's own, for one that ends early and for broken chunks.
        raise errors.InvalidRequest("The body is broken off, or malformed.") from error
    raise errors.PayloadTooLarge(f"The body may have {MAX_BODY_BYTES} bytes at most.")


def json_object(request: Request) -> dict[str, object]:
    """The body as a JSON object; no body is an empty one.

    Raises UnsupportedMediaType or InvalidRequest.
    """
    content = body(request)
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


def optional_text(fields: dict[str, object], name: str) -> str | None:
    """A field's text, or None if it is absent, null or blank. Raises InvalidRequest, which names
    the field, if it is no text or a very long one."""
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise errors.InvalidRequest(f"{name} must be a text.")
    if len(value) > MAX_TEXT:
        raise errors.InvalidRequest(f"{name} is too long.")
    return storable(value).strip() or None


def optional_uuid(fields: dict[str, object], name: str) -> str | None:
    """A field's UUID, or None if it is absent or blank. Raises InvalidRequest otherwise."""
    value = optional_text(fields, name)
    return None if value is None else parse_uuid(value, name)


def parse_uuid(value: str, name: str) -> str:
    """The UUID in its usual form. Raises InvalidRequest, which names the field."""
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        raise errors.InvalidRequest(f"{name} must be a UUID.") from error


def storable(text: str) -> str:
    """The text without what Postgres cannot store: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def success(data: dict[str, object]) -> Response:
    """``{"success": true, "data": …}``, for one caller and no cache."""
    return _json(200, {"success": True, "data": data})


def _json(status: int, body: dict[str, object]) -> Response:
    response = Response(json.dumps(body), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _check(request: Request, path: str, methods: Collection[str]) -> None:
    if request.path not in ("/", path):
        raise errors.NotFound("There is nothing at this address.")
    if request.method != "OPTIONS" and request.method not in methods:
        raise errors.MethodNotAllowed(f"This address answers {', '.join(sorted(methods))}.")


def _refusal(error: errors.RequestError) -> Response:
    detail = getattr(error, "detail", None)
    note(code=error.code, reason=detail or error.message)
    response = _json(
        error.status, {"success": False, "error": {"code": error.code, "message": error.message}}
    )
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _place(error: BaseException) -> str:
    """What went wrong and where, the cause last. Without the exceptions' own words, which may
    quote anything that a caller sent or the database holds."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    cause = error.__cause__ or error.__context__
    return f"{type(error).__qualname__}\n{frames}" + (f"after {_place(cause)}" if cause else "")


def _drain(request: Request) -> None:
    """Reads what nobody has read of the body, in pieces, and leaves an empty one:
    functions-framework reads it after every answer, all at once, and makes a 500 of a broken one,
    with the body's words in the log."""
    with contextlib.suppress(Exception):
        while request.stream.read(MAX_BODY_BYTES):
            pass
    request.stream = io.BytesIO()


def _name_methods(request: Request, response: Response, methods: Collection[str]) -> None:
    if response.status_code == 405 or request.method == "OPTIONS":
        response.headers["Allow"] = ", ".join(sorted({*methods, "OPTIONS"}))


def _allow_origin(request: Request, response: Response, deployment: settings.Deployment) -> None:
    """CORS: https://fetch.spec.whatwg.org/#http-cors-protocol"""
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin is None or not deployment.allows_origin(origin):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
        response.headers["Access-Control-Max-Age"] = "600"


def _request_id(request: Request) -> str:
    # Cloud Run's own id, so that our line and its request log are found together.
    trace = request.headers.get("X-Cloud-Trace-Context", "").partition("/")[0]
    return trace if re.fullmatch(r"[0-9a-f]{32}", trace) else uuid.uuid4().hex


def _log(response: Response, seconds: float) -> None:
    status = response.status_code
    severity = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
    fields = g.log | {"status": status, "milliseconds": round(seconds * 1000, 1)}
    logs.write(severity, f"{g.log['method']} {g.log['path']} {status}", fields)
