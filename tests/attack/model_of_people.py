"""Memberships, invitations and the record of changes in tests/attack/model.py, which adds these to
its lists."""

from __future__ import annotations

from tests.attack.tables import Table

TABLES = {
    "changes": Table(
        readers=("owner", "manager"),
        sample="update public.businesses set max_call_seconds = 600 where id = %(business_id)s",
    ),
    "invitations": Table(
        readers=("owner", "manager"),
        sample="insert into public.invitations (business_id, email, role)"
        " values (%(business_id)s, 'somebody@henk.test', 'agent')",
    ),
}

EXECUTED_BY = {
    "change_role": {"authenticated"},
    "remove_member": {"authenticated"},
    "hand_over_business": {"authenticated"},
    "invite_member": {"authenticated"},
    "withdraw_invitation": {"authenticated"},
    "my_invitations": {"authenticated"},
    "answer_invitation": {"authenticated"},
    "create_business": {"authenticated"},
    "may_create_business": {"authenticated"},
    "first_steps": {"authenticated"},
    "settings_news": {"authenticated"},
}
