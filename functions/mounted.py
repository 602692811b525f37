"""Every endpoint of the bundle behind one function, each under its production path.

Only this dispatch is local; in production each endpoint is a process and an address of its own.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable

import functions_framework
from flask import Request, Response

from functions import bundle

Handler = Callable[[Request], Response]


def load() -> dict[str, Handler]:
    """The handlers by path. Raises settings.ConfigurationError if a setting of one is missing."""
    return {
        endpoint.path: getattr(
            importlib.import_module(f"{endpoint.folder}.main"), endpoint.function
        )
        for endpoint in bundle.endpoints()
    }


HANDLERS = load()


@functions_framework.http
def mounted(request: Request) -> Response:
    handler = HANDLERS.get(request.path)
    if handler is not None:
        return handler(request)
    message = f"There is nothing at this address. There is: {', '.join(HANDLERS)}."
    body = {"success": False, "error": {"code": "not_found", "message": message}}
    return Response(json.dumps(body), status=404, content_type="application/json")
