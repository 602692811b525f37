"""The table of dependencies in docs/decisions/dependencies.md has each direct dependency once."""

from __future__ import annotations

import json
import re

from functions.bundle import ROOT


def required() -> list[str]:
    """What the requirements and package.json name, without versions, each once."""
    lines = [
        line.partition("#")[0].strip()
        for pattern in ("requirements.in", "*/requirements.in", "bench/usual/requirements.in")
        for file in ROOT.glob(pattern)
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    python = {re.split(r"[\[<>=~! ]", line)[0] for line in lines if line and line[0] != "-"}
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    return sorted([*python, *package["devDependencies"]])


def listed() -> list[str]:
    """What the table names."""
    table = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (?!\|)([^|]+) \| ", table, re.MULTILINE)
    return sorted(
        re.split(r"[\[ ]", name)[0]
        for cell in cells
        for name in re.sub(r" \((?:all )?npm\)", "", cell).split(", ")
    )


def test_every_dependency_is_explained_and_nothing_else() -> None:
    assert listed() == required()
