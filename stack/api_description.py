"""The API's description, docs/openapi.yaml and its schemas, as one OpenAPI document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from stack.settings import CHECKOUT

FILE = CHECKOUT / "docs" / "openapi.yaml"


def read(file: Path = FILE) -> dict[str, Any]:
    """The document without references to other files: each schema that it names in a file beside it
    stands in its place."""
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        path, _, there = schema.get("$ref", "").partition("#/")
        if path:
            text = (file.parent / path).read_text(encoding="utf-8")
            # Schemas name each other by file and name, without their place in the document.
            text = re.sub(r'"(?:\w+\.yaml)?#/(?=\w+)', '"#/components/schemas/', text)
            schemas[name] = yaml.safe_load(text)[there]
    return document
