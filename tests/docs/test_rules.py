"""docs/rules*.md: each rule names what enforces it and its test, and all of them exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import NamedTuple

import pytest

from functions.bundle import ROOT

MIGRATIONS = re.sub(
    r"--[^\n]*",
    "",
    "\n".join(
        file.read_text() for file in sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
    ),
)


class Rule(NamedTuple):
    """One line of a table of docs/rules*.md."""

    text: str
    objects: tuple[str, ...]
    tests: tuple[str, ...]


def rules() -> list[Rule]:
    """All rules, in the order of the files."""
    files = sorted((ROOT / "docs").glob("rules*.md"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    found = []
    for line in re.findall(r"^\| (?!rule \|)(.*) \|$", text, re.MULTILINE):
        rule, objects, tests = line.split(" | ")
        found.append(Rule(rule, _code(objects), _code(tests)))
    return found


def _code(cell: str) -> tuple[str, ...]:
    """The code spans of a cell, which has nothing else."""
    spans = tuple(re.findall(r"`([^`]+)`", cell))
    assert cell == ", ".join(f"`{span}`" for span in spans), cell
    return spans


def exists(name: str) -> bool:
    """Whether there is an object or a test of this name.

    ``path::symbol`` is a class, function, method (``Class.method``) or constant of a Python file, a
    declaration of a JavaScript file, or a test. Everything else is a kind of SQL object and its
    name.
    """
    path, separator, symbol = name.partition("::")
    if separator:
        text = _text_of(path)
        if text is None:
            return False
        of = _python_symbols if path.endswith(".py") else _javascript_symbols
        return symbol in of(text)
    kind, _, created = name.partition(" ")
    return created in _names_in_migrations(kind)


@cache
def _python_symbols(text: str) -> frozenset[str]:
    """Everything that a module and its classes define."""
    found = set()

    def collect(nodes: list[ast.stmt], prefix: str) -> None:
        for node in nodes:
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(prefix + name)
                case ast.ClassDef(name=name, body=body):
                    found.add(prefix + name)
                    collect(body, f"{prefix}{name}.")
                case ast.Assign(targets=targets):
                    found.update(
                        prefix + target.id for target in targets if isinstance(target, ast.Name)
                    )
                case ast.AnnAssign(target=ast.Name(id=name)):
                    found.add(prefix + name)

    collect(ast.parse(text).body, "")
    return frozenset(found)


@cache
def _text_of(path: str) -> str | None:
    """A file of the repository, or None if there is none."""
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.is_file() else None


@cache
def _javascript_symbols(text: str) -> frozenset[str]:
    """The classes, functions, constants and tests that a JavaScript file declares."""
    declared = re.findall(
        r"^(?:export )?(?:(?:async )?function|class|const) ([\w$]+)", text, re.MULTILINE
    )
    tests = re.findall(r"\btest\((['\"])(.+?)\1[,)]", text)
    return frozenset(declared) | {name for _, name in tests}


# What comes before the name of each kind of object.
CREATED = {
    "function": r"create (?:or replace )?function ",
    "table": r"create table ",
    "view": r"create view ",
    "policy": r"create policy ",
    "trigger": r"create trigger ",
    "index": r"create (?:unique )?index (?:concurrently )?(?:if not exists )?",
    "constraint": r"constraint ",
    "role": r"create role ",
}


@cache
def _names_in_migrations(kind: str) -> frozenset[str]:
    """All objects of a kind; a column has its table before it."""
    if kind == "column":
        tables = re.findall(
            r"^create table ([\w.]+) \((.*?)^\)", MIGRATIONS, re.MULTILINE | re.DOTALL
        )
        return frozenset(
            f"{table}.{column}"
            for table, definition in tables
            for column in re.findall(r"^  (\w+) ", definition, re.MULTILINE)
        )
    return frozenset(re.findall(rf'{CREATED[kind]}("[^"]+"|[\w.]+)', MIGRATIONS))


def test_there_are_rules() -> None:
    assert len(rules()) > 50


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.text)
def test_a_rule_names_what_enforces_it_and_its_test(rule: Rule) -> None:
    assert rule.objects
    assert rule.tests
    assert [name for name in (*rule.objects, *rule.tests) if not exists(name)] == []
    assert all(re.search(r"(^|[./])test_[^/]*\.py::|\.test\.js::", name) for name in rule.tests)


@pytest.mark.parametrize(
    "name",
    [
        "function private.decide_cal",
        "function private.decide_calls",
        'policy "members can read the calls of another business"',
        "column public.businesses.names",
        "column public.business.name",
        "table public.nothing",
        "role call_webhooks",
        "shared/jwks.py::KeySets",
        "shared/nothing.py::KeySet",
        "web/henk-voice/call.js::VoiceCalls",
        "tests/supabase/test_limits.py::test_that_there_is_not",
    ],
)
def test_a_wrong_name_is_found(name: str) -> None:
    assert not exists(name)
