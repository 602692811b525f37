"""Every endpoint of the bundle behind one function, each under its production path.

Only the local server uses this. In production each endpoint is a process with its own address.
"""

from __future__ import annotations

import importlib

import functions_framework
from flask import Request, Response

from functions import bundle
from shared import settings, web

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)

HANDLERS: dict[str, web.Handler] = {
    endpoint.path: getattr(importlib.import_module(f"{endpoint.folder}.main"), endpoint.function)
    for endpoint in bundle.endpoints()
}


@web.endpoint("/", {"GET"}, DEPLOYMENT)
def index(request: Request) -> Response:
    return web.answer_success({"endpoints": list(HANDLERS)})


@functions_framework.http
def mounted(request: Request) -> Response:
    return HANDLERS.get(request.path, index)(request)
