"""Imports between folders run one way. docs/architecture.md shows the arrows."""

from __future__ import annotations

import ast
import functools
import graphlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.bundle import ROOT, services

# Folders with Python code of ours. Those inside `functions` count, too.
TOP = ("bench", "functions", "shared", "simulator", "stack", "tests")
ENDPOINTS = tuple(endpoint.folder for endpoint in services())

# Folder → the folders that it may import.
ALLOWED: Mapping[str, set[str]] = {
    "shared": set(),
    **{folder: {"shared"} for folder in ENDPOINTS},
    "functions": {"shared"},
    "functions/setup": {"functions", "shared"},
    "functions/doctor": {"functions", "functions/setup", "shared"},
    "functions/operate": {"functions", "functions/setup", "functions/doctor", "shared"},
    "functions/deploy": {
        "functions",
        "functions/setup",
        "functions/doctor",
        "functions/operate",
        "shared",
    },
    "simulator": set(),
    "stack": {"functions", "functions/setup", "shared"},
}


def folder_of(file: Path, root: Path) -> str:
    """The node of the graph that a file or folder belongs to."""
    parts = file.relative_to(root).parts
    has_own = parts[0] == "functions" and (root / "functions" / parts[1]).is_dir()
    return "/".join(parts[:2]) if has_own else parts[0]


@functools.cache
def imported_modules(file: Path) -> tuple[str, ...]:
    """The dotted names in a file's import statements."""
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}:{node.lineno}: a relative import"
            found += (f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(found)


@functools.cache
def imports(root: Path = ROOT) -> dict[str, dict[str, str]]:
    """Folder → each other folder that it imports → a file that does so."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for top in (*TOP, *ENDPOINTS):
        for file in sorted((root / top).rglob("*.py")):
            here = folder_of(file, root)
            for module in imported_modules(file):
                first, *rest = module.split(".")
                if first in TOP or first in ENDPOINTS:
                    there = folder_of(root.joinpath(first, *(rest or ["__init__"])), root)
                    if there != here:
                        found[here].setdefault(there, str(file.relative_to(root)))
    return found


def circle(graph: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The folders of a circle, or nothing."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle_between_folders() -> None:
    assert circle(imports()) == []


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    found = imports().get(folder, {})
    assert {there: file for there, file in found.items() if there not in ALLOWED[folder]} == {}


def test_nothing_imports_an_endpoint() -> None:
    """The local server loads them by path, as functions-framework does."""
    graph = imports()
    assert [(here, there) for here in graph for there in graph[here] if there in ENDPOINTS] == []


def test_no_product_code_imports_tests_or_benchmarks() -> None:
    graph = imports()
    assert [
        (here, there)
        for here in graph
        for there in graph[here]
        if there in ("tests", "bench") and here not in ("tests", "bench")
    ] == []


def test_the_code_has_what_the_table_names() -> None:
    folders = {folder_of(file, ROOT) for top in TOP for file in (ROOT / top).rglob("*.py")}
    assert set(ALLOWED) - set(ENDPOINTS) <= folders
    assert {folder for folder in folders if folder.startswith("functions")} <= set(ALLOWED)
