"""The oracle: what each principal may see and do, in Python and in no way derived from the SQL.

A table or function that the API serves and that is not listed here fails `test_tenants.py`."""

from __future__ import annotations

from dataclasses import dataclass

# Every table of schema public, and the column that says whose a row is. Each member of the business
# sees all of its rows, whatever their role; nobody else sees any.
OWNER_COLUMN = {
    "businesses": "id",
    "business_members": "business_id",
    "leads": "business_id",
    "campaigns": "business_id",
    "phone_numbers": "business_id",
    "do_not_call": "business_id",
    "conversations": "business_id",
    "call_legs": "business_id",
    "call_events": "business_id",
    "token_grants": "business_id",
}

# Every function of schema public, and the one API role that may execute it.
EXECUTED_BY = {
    "grant_access_token": "authenticated",
    "preview_call": "authenticated",
    "begin_call": "call_webhook",
    "record_call_event": "call_webhook",
}

# All that a user may ever write over REST: these columns of a call of their business.
WRITABLE = {"conversations": {"outcome", "notes", "lead_id", "campaign_id"}}


@dataclass(frozen=True)
class Principal:
    """Who asks. ``role`` is the database's; ``businesses`` are those of a member."""

    name: str
    role: str
    user_id: str | None = None
    businesses: frozenset[str] = frozenset()

    def may_see(self, business_id: str | None) -> bool:
        """Whether a row of this business is shown; one of no business is shown to nobody."""
        return self.role == "authenticated" and business_id in self.businesses

    def may_write(self, table: str, column: str, business_id: str) -> bool:
        """Whether an update of this column reaches the business's rows."""
        return self.may_see(business_id) and column in WRITABLE.get(table, set())

    def may_execute(self, function: str) -> bool:
        """Whether the function can be called at all."""
        return EXECUTED_BY[function] == self.role
