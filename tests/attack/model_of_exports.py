"""The view of calls for tools outside in tests/attack/model.py, which adds it to its lists."""

from __future__ import annotations

from tests.attack.tables import Table

TABLES = {"call_report": Table(seen_own_only=("agent",), is_view=True)}
