"""The do-not-call list in tests/attack/model.py, which adds these to its lists."""

from __future__ import annotations

from tests.attack.tables import Table

TABLES = {
    "do_not_call_removals": Table(
        readers=("owner", "manager"),
        sample="insert into public.do_not_call_removals (business_id, phone_number, listed_at)"
        " values (%(business_id)s, %(caller_id)s, now())",
    ),
    "do_not_call_imports": Table(
        readers=("owner", "manager"),
        sample="insert into public.do_not_call_imports"
        " (id, business_id, file_name, row_count, created_by)"
        " values (gen_random_uuid(), %(business_id)s, 'numbers.csv', 1, gen_random_uuid())",
    ),
}

EXECUTED_BY = {
    "take_off_do_not_call": {"authenticated"},
    "list_do_not_call_removals": {"authenticated"},
    "list_do_not_call": {"authenticated"},
    "add_to_do_not_call": {"authenticated"},
    "import_do_not_call": {"authenticated"},
    "undo_do_not_call_import": {"authenticated"},
}
