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
    document: dict[str, Any] = _load(file.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    files: dict[str, Any] = {}
    for name, schema in schemas.items():
        path, _, there = schema.get("$ref", "").partition("#/")
        if path and path not in files:
            text = (file.parent / path).read_text(encoding="utf-8")
            # Schemas name each other by file and name, without their place in the document.
            named = re.sub(r'"(?:\w+\.yaml)?#/(?=\w+)', '"#/components/schemas/', text)
            files[path] = _load(named)
        if path:
            schemas[name] = files[path][there]
    return document


def _load(text: str) -> Any:
    # The loader in C is ten times as fast. Not every installation of PyYAML has it.
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
