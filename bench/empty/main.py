"""The smallest function that the host can run."""

import functions_framework
from flask import Request


@functions_framework.http
def empty(_request: Request) -> str:
    return "ok"
