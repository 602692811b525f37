-- A business is never without an owner.
set lock_timeout = '2s';

-- Refuses what would take the last owner from a business. Whoever changes owners holds the lock of the business, so
-- of two who leave at once the second one is refused.
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
  if found and not exists (
    select from public.business_members
    where business_members.business_id = old.business_id and business_members.role = 'owner'
  ) then
    raise exception 'A business needs an owner. Make somebody else one first.' using errcode = '23514';
  end if;
  return null;
end;
$$;

revoke execute on function private.keep_an_owner() from public, anon;

create trigger business_members_keep_an_owner
after delete or update of role, business_id on public.business_members
for each row when (old.role = 'owner')
execute function private.keep_an_owner();
