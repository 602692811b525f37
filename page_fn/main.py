"""GET /…: the page, as static files.

In:   nothing; anybody may load the page. Whoever signs in on it asks the other endpoints.
Out:  the files of the folder `page`, which the packer puts beside this file, and `/config.json`:
      which servers the page uses. Files below `/v/` never change; browsers ask for the others each
      time. Every answer has the policy of shared/page_settings.py.
"""

from __future__ import annotations

from pathlib import Path

import functions_framework
from flask import Request, Response

from shared import settings
from shared.page_settings import PageSettings
from shared.static_site import Site

with settings.reading() as env:
    DEPLOYMENT = settings.Deployment.read(env)
    SETTINGS = PageSettings.read(env)

SITE = Site.load(Path(__file__).with_name("page"), SETTINGS, DEPLOYMENT.version)


@functions_framework.http
def page(request: Request) -> Response:
    return SITE.answer(request)
