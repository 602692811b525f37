"""The API's description, docs/openapi.yaml and its schemas, as one OpenAPI document."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from stack.settings import CHECKOUT

FILE = CHECKOUT / "docs" / "openapi.yaml"


def read(file: Path = FILE) -> dict[str, Any]:
    """The document without references to other files: each path and schema that it names in a file
    beside it stands in its place."""
    document: dict[str, Any] = _load(file.read_text(encoding="utf-8"))
    files: dict[str, Any] = {}
    for named in (document["paths"], document["components"]["schemas"]):
        for name, value in named.items():
            path, _, there = value.get("$ref", "").partition("#/")
            if path and path not in files:
                files[path] = _load(_rename((file.parent / path).read_text(encoding="utf-8"), file))
            if path:
                named[name] = files[path][there]
    return document


def _rename(text: str, document: Path) -> str:
    """A file beside the document, with references as they are in the document."""
    # Schemas name each other by file and name, without their place in the document.
    text = re.sub(r'"(?:\w+\.yaml)?#/(?=\w+)', '"#/components/schemas/', text)
    return text.replace(f'"../{document.name}#/', '"#/')


def _load(text: str) -> Any:
    # The loader in C is ten times as fast. Not every installation of PyYAML has it.
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
