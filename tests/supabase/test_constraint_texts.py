"""Each value that people write, and that the database can refuse, has a sentence of its own."""

from __future__ import annotations

import json
import subprocess

from stack.settings import CHECKOUT
from tests.supabase.tenants import Connection, fetch


def test_each_check_of_what_people_write_has_a_sentence_and_a_field(db: Connection) -> None:
    rows = fetch(
        db,
        "select conname, array_agg(attname::text) as columns from pg_constraint"
        " join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
        " where contype = 'c' and connamespace = 'public'::regnamespace and ("
        "   has_column_privilege('authenticated', conrelid, attnum, 'insert')"
        "   or has_column_privilege('authenticated', conrelid, attnum, 'update'))"
        " group by conname",
    )
    checks = {row["conname"]: set(row["columns"]) for row in rows}
    printed = subprocess.run(
        [
            "node",
            "--input-type=module",
            "--eval",
            "import { CONSTRAINTS } from './constraint-texts.js';"
            "console.log(JSON.stringify(CONSTRAINTS))",
        ],
        cwd=CHECKOUT / "web" / "henk-voice",
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    texts = json.loads(printed)
    assert texts.keys() == checks.keys()
    for name, (field, text) in texts.items():
        assert field in checks[name], name
        assert text.endswith("."), name
