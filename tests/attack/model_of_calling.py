"""Caller IDs and transfer targets in tests/attack/model.py, which adds these to its lists."""

from __future__ import annotations

from tests.attack.tables import Table

TABLES = {
    "transfer_targets": Table(
        sample="insert into public.transfer_targets (business_id, name, phone_number)"
        " values (%(business_id)s, 'Support', %(lead_number)s)",
    ),
}

EXECUTED_BY = {
    "label_caller_id": {"authenticated"},
    "choose_caller_id": {"authenticated"},
    "save_transfer_target": {"authenticated"},
    "remove_transfer_target": {"authenticated"},
}
