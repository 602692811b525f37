"""A fresh lab for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functions.deploy.lab import Lab, lab


@pytest.fixture(name="lab")
def fresh_lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Nothing deployed yet."""
    return lab(tmp_path, monkeypatch)
