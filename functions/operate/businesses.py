"""Finds the business that a command is about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from functions.operate.command import Connection, Refused

# A name that is the same to a reader is the same name.
_FIND = """
select businesses.id, businesses.name, array(
  select coalesce(users.email, members.user_id::text)
  from public.business_members members
  left join auth.users users on users.id = members.user_id
  where members.business_id = businesses.id and members.role = 'owner'
  order by 1
)
from public.businesses
where case when %(id)s::uuid is null
  then lower(businesses.name) = lower(private.visible_text(%(name)s))
  else businesses.id = %(id)s::uuid
end
order by businesses.created_at, businesses.id
"""


@dataclass(frozen=True)
class Business:
    """A business, and the addresses of its owners."""

    id: UUID
    name: str
    owners: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Its name and id, for the operator."""
        return f"{self.name} ({self.id})"


def find(connection: Connection, named: str) -> Business | None:
    """The business of this name or id; None if there is none of this name. Raises Refused."""
    identifier = as_id(named)
    rows = connection.execute(_FIND, {"id": identifier, "name": named}).fetchall()
    found = [Business(UUID(str(row[0])), str(row[1]), tuple(map(str, row[2]))) for row in rows]  # type: ignore[call-overload]
    if identifier and not found:
        raise Refused(f"There is no business with the id {identifier}.")
    if len(found) > 1:
        listed = "".join(f"\n  BUSINESS={each.id}" for each in found)
        raise Refused(f"{len(found)} businesses have the name {named!r}. Say which:{listed}")
    return found[0] if found else None


def as_id(named: str) -> UUID | None:
    """The id, if this is one."""
    try:
        return UUID(named.strip())
    except ValueError:
        return None
