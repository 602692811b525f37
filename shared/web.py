"""The frame of every endpoint: address, methods, origins (CORS), errors, headers, one log line."""

from __future__ import annotations

import functools
import json
import re
import secrets
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from http import HTTPMethod

from flask import Request, Response, g

from shared import errors, logs, parsing, settings

Handler = Callable[[Request], Response]

_METHODS = frozenset(HTTPMethod.__members__)
_TRACE_ID = re.compile(r"[0-9a-f]{32}")


def endpoint(
    path: str, methods: Collection[str], deployment: settings.Deployment
) -> Callable[[Handler], Handler]:
    """Turns a handler into an endpoint, which answers ``methods`` at ``path``.

    It answers at ``/``, too, because each function may have a host of its own. It turns errors into
    answers, and logs one line for each request. Pages of the origins that ``deployment`` allows may
    read the answers.
    """

    def decorate(handler: Handler) -> Handler:
        def answer_or_refuse(request: Request) -> Response:
            try:
                _require_address_and_method(request, path, methods)
                return Response(status=204) if request.method == "OPTIONS" else handler(request)
            except errors.RequestError as error:
                return _answer_refusal(error)
            except Exception as error:  # A defect of ours. The caller does not see what it is.
                return _answer_refusal(errors.PhoneSystemError(_describe_defect(error)))

        @functools.wraps(handler)
        def answer(request: Request) -> Response:
            started = time.monotonic()
            # The server accepts any word as a method.
            method = request.method if request.method in _METHODS else "OTHER"
            request_id = _choose_request_id(request)
            outside = logs.request_id.set(request_id)
            g.log = {"method": method, "path": path}
            try:
                response = answer_or_refuse(request)
                _add_allow(request, response, methods)
                _add_cors(request, response, deployment)
                response.headers["X-Request-Id"] = request_id
                if deployment.version:
                    response.headers["X-Henk-Version"] = deployment.version
                _log(response, time.monotonic() - started)
            finally:
                # However the request ends: the next one of this thread has an id of its own.
                logs.request_id.reset(outside)
            parsing.drain(request)
            return response

        return answer

    return decorate


def note(**fields: object) -> None:
    """Adds fields to the request's log line."""
    g.log.update(fields)


def require_allowed_origin(request: Request, deployment: settings.Deployment) -> None:
    """Raises UnauthorizedDomain unless one of Henk's own pages sent the request.

    The Origin header may be missing from a GET only: browsers send it with all other requests, and
    leave it out of a GET to the page's own origin.
    """
    origin = request.headers.get("Origin")
    if origin is None and (request.method == "GET" or deployment.development):
        return
    if origin is None or not deployment.allows_origin(origin):
        raise errors.UnauthorizedDomain


def answer_success(data: dict[str, object]) -> Response:
    """``{"success": true, "data": …}``. No cache may keep it."""
    return _answer_json(200, {"success": True, "data": data})


def answer_file(pieces: Sequence[bytes], content_type: str, name: str) -> Response:
    """A file of that name, which browsers save. No cache may keep it."""
    response = Response(pieces, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _answer_json(status: int, body: dict[str, object]) -> Response:
    response = Response(json.dumps(body), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _require_address_and_method(request: Request, path: str, methods: Collection[str]) -> None:
    if request.path not in ("/", path):
        raise errors.NotFound("There is nothing at this address.")
    if request.method != "OPTIONS" and request.method not in methods:
        raise errors.MethodNotAllowed(f"This address answers {', '.join(sorted(methods))}.")


def _answer_refusal(error: errors.RequestError) -> Response:
    detail = getattr(error, "detail", None)
    note(code=error.code, reason=detail or error.message)
    refusal = {"code": error.code, "message": error.message, **error.more}
    response = _answer_json(error.status, {"success": False, "error": refusal})
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _describe_defect(error: BaseException) -> str:
    """The type of the exception and its place in the code, then the same for its cause.

    The exception's message is left out: it may quote what a caller sent or what the database holds.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    cause = error.__cause__ or error.__context__
    return f"{type(error).__qualname__}\n{frames}" + (
        f"after {_describe_defect(cause)}" if cause else ""
    )


def _add_allow(request: Request, response: Response, methods: Collection[str]) -> None:
    if response.status_code == 405 or request.method == "OPTIONS":
        response.headers["Allow"] = ", ".join(sorted({*methods, "OPTIONS"}))


def _add_cors(request: Request, response: Response, deployment: settings.Deployment) -> None:
    """CORS: https://fetch.spec.whatwg.org/#http-cors-protocol"""
    response.headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin is None or not deployment.allows_origin(origin):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = (
        "Content-Disposition, Retry-After, X-Request-Id"
    )
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        response.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
        response.headers["Access-Control-Max-Age"] = "600"


def _choose_request_id(request: Request) -> str:
    # Cloud Run's own id: a search finds our line together with Cloud Run's request log.
    trace = request.headers.get("X-Cloud-Trace-Context", "").partition("/")[0]
    return trace if _TRACE_ID.fullmatch(trace) else secrets.token_hex(16)


def _log(response: Response, seconds: float) -> None:
    status = response.status_code
    severity = "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO"
    fields: dict[str, object] = g.log
    fields |= {"status": status, "milliseconds": round(seconds * 1000, 1)}
    logs.write(severity, f"{fields['method']} {fields['path']} {status}", fields)
