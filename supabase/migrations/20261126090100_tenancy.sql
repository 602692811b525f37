-- Businesses are the tenants. A user sees what belongs to the businesses they are a member of.
set lock_timeout = '2s';

-- Whether these are codes (ISO 3166-1 alpha-2) of countries that have telephone numbers, in one dimension, and not more
-- than there are. A test compares the list with the number data of the endpoints. Checks of tables use it, so it runs
-- with the rights of whoever writes, and names no other function of this schema.
create function private.are_countries(p_codes text[])
returns boolean
language plpgsql
immutable
set search_path = ''
as $$
begin
  return coalesce(array_ndims(p_codes), 1) = 1
    and cardinality(p_codes) <= 250
    and p_codes <@ '{AC,AD,AE,AF,AG,AI,AL,AM,AO,AR,AS,AT,AU,AW,AX,AZ,BA,BB,BD,BE,BF,BG,BH,BI,BJ,BL,BM,BN,BO,BQ,BR,BS,BT,
    BW,BY,BZ,CA,CC,CD,CF,CG,CH,CI,CK,CL,CM,CN,CO,CR,CU,CV,CW,CX,CY,CZ,DE,DJ,DK,DM,DO,DZ,EC,EE,EG,EH,ER,
    ES,ET,FI,FJ,FK,FM,FO,FR,GA,GB,GD,GE,GF,GG,GH,GI,GL,GM,GN,GP,GQ,GR,GT,GU,GW,GY,HK,HN,HR,HT,HU,ID,IE,
    IL,IM,IN,IO,IQ,IR,IS,IT,JE,JM,JO,JP,KE,KG,KH,KI,KM,KN,KP,KR,KW,KY,KZ,LA,LB,LC,LI,LK,LR,LS,LT,LU,LV,
    LY,MA,MC,MD,ME,MF,MG,MH,MK,ML,MM,MN,MO,MP,MQ,MR,MS,MT,MU,MV,MW,MX,MY,MZ,NA,NC,NE,NF,NG,NI,NL,NO,NP,
    NR,NU,NZ,OM,PA,PE,PF,PG,PH,PK,PL,PM,PR,PS,PT,PW,PY,QA,RE,RO,RS,RU,RW,SA,SB,SC,SD,SE,SG,SH,SI,SJ,SK,
    SL,SM,SN,SO,SR,SS,ST,SV,SX,SY,SZ,TA,TC,TD,TG,TH,TJ,TK,TL,TM,TN,TO,TR,TT,TV,TW,TZ,UA,UG,US,UY,UZ,VA,
    VC,VE,VG,VI,VN,VU,WF,WS,XK,YE,YT,ZA,ZM,ZW}'::text[];
end;
$$;

revoke execute on function private.are_countries(text[]) from public, anon;
grant execute on function private.are_countries(text[]) to authenticated, service_role;

-- A tenant, with the limits that bind every way to place a call. A limit is data of the business, so that
-- its managers can change it without a deployment. Each has a ceiling: a manager's account can be stolen,
-- and what it can set must not be "no limit".
create table public.businesses (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(name) between 1 and 200 and name ~ '\S'),
  -- ISO 3166-1 alpha-2: how a number without country code is read.
  country text not null default 'US' check (private.are_countries(array[country])),
  -- ISO 3166-1 alpha-2: which countries may be called. Null: the business's own country only.
  allowed_countries text[] check (private.are_countries(allowed_countries)),
  -- When a lead may be called, on the lead's own clock: from the start until just before the end. Both
  -- null: at any time.
  calling_hours_start time default '08:00',
  calling_hours_end time default '21:00',
  -- Calls that were placed, answered or not. Refused calls do not count.
  calls_per_rep_per_minute integer not null default 10
  check (calls_per_rep_per_minute between 1 and 1000),
  -- In any 24 hours.
  calls_per_rep_per_day integer not null default 500
  check (calls_per_rep_per_day between 1 and 100000),
  -- Of all reps together, ringing or talking.
  concurrent_calls integer not null default 50
  check (concurrent_calls between 1 and 1000),
  -- Twilio's own maximum for a Dial is 14,400 s.
  max_call_seconds integer not null default 14400 check (max_call_seconds between 60 and 14400),
  token_grants_per_minute integer not null default 20 check (token_grants_per_minute > 0),
  -- Whether calls are recorded: never, when a person asks for it, or every call. The rules in
  -- recording_rules can only be stricter.
  recording_mode text not null default 'off' check (recording_mode in ('off', 'on_demand', 'all')),
  -- How the lead agrees: they hear a notice and do not refuse (announce), a person says that they agreed
  -- (confirm), or both.
  consent_mode text not null default 'announce' check (consent_mode in ('announce', 'confirm', 'both')),
  -- What the lead hears before they are connected. Null: private.notice_text.
  -- Characters that XML does not have would break what Twilio is told to say, and it would hang up.
  recording_notice text check (
    length(recording_notice) <= 500
    and recording_notice ~ '\S'
    and recording_notice !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]'
  ),
  recording_retention_days integer not null default 90
  check (recording_retention_days between 1 and 3650),
  -- Whose recordings an agent may hear: of their own calls, or of all. Owners and managers hear all.
  recording_access text not null default 'own' check (recording_access in ('own', 'all')),
  -- The clock by which reports count days: an IANA name.
  time_zone text not null default 'UTC' check (time_zone = 'UTC' or private.is_time_zone(time_zone)),
  -- From how many seconds of talk on a call is a conversation, in reports.
  conversation_seconds integer not null default 60 check (conversation_seconds between 5 and 600),
  -- The first day of a week in reports: 0 is Sunday, 1 Monday.
  week_start smallint not null default 1 check (week_start between 0 and 6),
  created_at timestamptz not null default now(),
  constraint businesses_token_grants_ceiling_check check (token_grants_per_minute <= 100000),
  constraint businesses_calling_hours_check check (
    (calling_hours_start is null and calling_hours_end is null)
    or coalesce(calling_hours_start < calling_hours_end, false)
  )
);

-- Who belongs to which business, and in which role. Deleting the row ends all rights of the user at once.
create table public.business_members (
  business_id uuid not null references public.businesses (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null check (role in ('owner', 'manager', 'agent')),
  -- What colleagues see. private.name_member fills it in. Null only if the user has no e-mail address.
  display_name text check (length(display_name) between 1 and 200),
  created_at timestamptz not null default now(),
  primary key (business_id, user_id)
);

-- Every policy asks which businesses a user is in; the primary key starts with the business.
create index business_members_user_id_idx on public.business_members (user_id);

-- A name has no signs that nobody sees or that turn the direction of a text: people of other businesses read it
-- when they are invited, and operators in a terminal. A text of nothing else is refused as a name.
-- Security definer: whoever writes a name cannot reach the function inside.
create function private.name_business()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.name := coalesce(private.visible_text(new.name), '');
  return new;
end;
$$;

create trigger businesses_name_business
before insert or update of name on public.businesses
for each row execute function private.name_business();

-- The same for people. A member without a name is shown by e-mail address.
-- Security definer: members cannot read the Auth server's tables.
create function private.name_member()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.display_name := coalesce(
    private.visible_text(new.display_name),
    (select left(users.email, 200) from auth.users where users.id = new.user_id)
  );
  return new;
end;
$$;

revoke execute on function private.name_business() from public, anon;
revoke execute on function private.name_member() from public, anon;

create trigger business_members_name_member
before insert or update of display_name on public.business_members
for each row execute function private.name_member();

-- The memberships of the signed-in user, for the policies of every table. The view runs with its owner's
-- rights, because a policy on business_members that reads business_members would apply to itself. It is a
-- security barrier, so that no condition of a caller's query is evaluated on other users' rows. It is a
-- view and not a function, because a view is planned with the statement, which saves 15 µs.
create view private.memberships with (security_barrier) as
select business_members.business_id, business_members.role
from public.business_members
where business_members.user_id = (select auth.uid());

-- Those in which the signed-in user manages the business.
create view private.managed with (security_barrier) as
select memberships.business_id
from private.memberships
where memberships.role in ('owner', 'manager');

revoke all on private.memberships, private.managed from public, anon, authenticated, service_role;
grant select on private.memberships, private.managed to authenticated;

alter table public.businesses enable row level security;
alter table public.business_members enable row level security;

-- Reps see the name and the limits that apply to them.
-- In all policies: `= any (array (select …))` is evaluated once and uses the index; `in (select …)` scans.
create policy "members can read their business"
on public.businesses for select to authenticated
using (id = any(array(select memberships.business_id from private.memberships)));

-- Managers set the limits. The grants below say which columns those are.
create policy "managers can change the limits of their business"
on public.businesses for update to authenticated
using (id = any(array(select managed.business_id from private.managed)))
with check (id = any(array(select managed.business_id from private.managed)));

-- A call is decided by its business's limits.
create policy "a webhook can read the business of its call"
on public.businesses for select to call_webhook
using (id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

-- Reps see their colleagues.
create policy "members can read who else is in their business"
on public.business_members for select to authenticated
using (business_id = any(array(select memberships.business_id from private.memberships)));

-- Members choose the name that their colleagues see. The grants below allow no other column.
create policy "members can name themselves"
on public.business_members for update to authenticated
using (user_id = (select auth.uid()))
with check (user_id = (select auth.uid()));

-- Only a member may place a call.
create policy "a webhook can read the members of its call's business"
on public.business_members for select to call_webhook
using (business_id = nullif((select current_setting('henk.business_id', true)), '')::uuid);

revoke all on public.businesses, public.business_members from public, anon, authenticated, service_role;
grant select on public.businesses, public.business_members to authenticated, call_webhook;
grant select, insert, update on public.businesses, public.business_members to service_role;
-- Leaving a business is a deletion, and operators must be able to do it over the API.
grant delete on public.business_members to service_role;
grant update (display_name) on public.business_members to authenticated;
grant update (
  name, country, allowed_countries, calling_hours_start, calling_hours_end, calls_per_rep_per_minute,
  calls_per_rep_per_day, concurrent_calls, max_call_seconds, token_grants_per_minute, recording_mode,
  consent_mode, recording_notice, recording_retention_days, recording_access, time_zone, conversation_seconds,
  week_start
)
on public.businesses to authenticated;

-- The business that the signed-in user means: the one they name, or the only one they have.
-- Answers {"business_id"} or {"error": "business_required" | "not_a_member"}.
create function private.choose_business(p_business_id uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select case
    when p_business_id is not null then
      case
        when p_business_id = any(array_agg(mine.business_id))
          then jsonb_build_object('business_id', p_business_id)
        else jsonb_build_object('error', 'not_a_member')
      end
    when count(*) = 1 then jsonb_build_object('business_id', (array_agg(mine.business_id))[1])
    when count(*) = 0 then jsonb_build_object('error', 'not_a_member')
    else jsonb_build_object('error', 'business_required')
  end
  from private.memberships as mine;
$$;

revoke execute on function private.choose_business(uuid) from public, anon;
grant execute on function private.choose_business(uuid) to authenticated;
