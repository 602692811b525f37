-- A business that has members has an owner.
set lock_timeout = '2s';

-- Refuses what would take the last owner from a business. Whoever changes owners holds the lock of the business, so
-- of two who leave at once the second one is refused. If an account is deleted, whoever has been a manager longest is
-- the owner, or else whoever has been a member longest: an operator's deletion must not fail.
-- Security definer: no member may lock the row of a business.
create function private.keep_an_owner()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform from public.businesses where businesses.id = old.business_id for no key update;
  -- Not if the business itself is deleted.
  if not found or exists (
    select from public.business_members
    where business_members.business_id = old.business_id and business_members.role = 'owner'
  ) then
    return null;
  end if;
  if exists (select from auth.users where users.id = old.user_id) then
    raise exception 'A business needs an owner. Make somebody else one first.' using errcode = '23514';
  end if;
  update public.business_members
  set role = 'owner'
  where business_members.business_id = old.business_id
    and business_members.user_id = (
      select heirs.user_id
      from public.business_members as heirs
      where heirs.business_id = old.business_id
      order by heirs.role = 'manager' desc, heirs.created_at, heirs.user_id
      limit 1
    );
  return null;
end;
$$;

revoke execute on function private.keep_an_owner() from public, anon;

create trigger business_members_keep_an_owner
after delete or update of role, business_id on public.business_members
for each row when (old.role = 'owner')
execute function private.keep_an_owner();
