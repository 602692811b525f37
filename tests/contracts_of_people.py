"""Who may do what with memberships, invitations and the record of changes: tests/contracts.py adds
it to the rest."""

from __future__ import annotations

Grants = dict[str, dict[str, set[str]]]

FOR_USERS = {"authenticated": {"execute"}}
READ_BY_MEMBERS = {"authenticated": {"select"}, "service_role": {"select"}}

TABLES: Grants = {
    "public.invitations": READ_BY_MEMBERS,
    "private.business_creation": {},
    "private.founders": {},
}
SEQUENCES: Grants = {}
COLUMNS: Grants = {}

# Called over REST, and the functions behind them, which run with their owner's rights.
_ASKED = (
    "change_role(uuid,uuid,text)",
    "remove_member(uuid,uuid)",
    "hand_over_business(uuid,uuid)",
    "invite_member(uuid,text,text)",
    "withdraw_invitation(uuid)",
    "my_invitations()",
    "answer_invitation(uuid,boolean)",
    "create_business(text,text,text)",
)

FUNCTIONS: Grants = {
    **{
        f"{schema}.{function}": FOR_USERS for schema in ("public", "private") for function in _ASKED
    },
    "public.may_create_business()": FOR_USERS,
    "private.refuse_business()": FOR_USERS,
    **{
        f"private.{function}": {}
        for function in (
            "keep_an_owner()",
            "may_manage(text,text)",
            "refuse_to_manage(uuid,uuid)",
            "has_other_owner(uuid,uuid)",
            "email_form(text)",
            "own_email()",
            "withdraw_invitations_of()",
            "end_leases_of_member()",
        )
    },
}

# They check who asks, or write what nobody may write directly.
DEFINER_FUNCTIONS = [
    "private.keep_an_owner()",
    "private.change_role(uuid,uuid,text)",
    "private.remove_member(uuid,uuid)",
    "private.hand_over_business(uuid,uuid)",
    "private.own_email()",
    "private.invite_member(uuid,text,text)",
    "private.withdraw_invitation(uuid)",
    "private.my_invitations()",
    "private.answer_invitation(uuid,boolean)",
    "private.withdraw_invitations_of()",
    "private.end_leases_of_member()",
    "private.refuse_business()",
    "private.create_business(text,text,text)",
]

POLICIES: dict[str, dict[str, tuple[str, str]]] = {
    "private.business_creation": {
        "operators alone see who may make a business": ("select", "authenticated"),
    },
    "private.founders": {
        "operators alone see who was asked to make a business": ("select", "authenticated"),
    },
    "public.invitations": {
        "managers can read the invitations of their business": ("select", "authenticated"),
    },
}
