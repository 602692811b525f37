"""The functions of reports in tests/attack/model.py, which adds these to its lists."""

from __future__ import annotations

EXECUTED_BY = {
    "report_overview": {"authenticated"},
    "report_by": {"authenticated"},
    "report_attempts": {"authenticated"},
    "report_hours": {"authenticated"},
    "report_calls": {"authenticated"},
}
