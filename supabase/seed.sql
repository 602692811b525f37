-- The demo data of the local stack and of `supabase db reset`: applying it again changes nothing.

-- The demo users sign in with the password henk-demo-password. The token columns are empty rather than
-- null because the hosted Auth server cannot read nulls there.
with demo (id, email) as (
  values
    ('d0000000-0000-4000-8000-000000000001'::uuid, 'demo@henk.test'),
    ('d0000000-0000-4000-8000-000000000002'::uuid, 'rep2@henk.test'),
    ('d0000000-0000-4000-8000-000000000003'::uuid, 'manager@henk.test'),
    ('d0000000-0000-4000-8000-000000000004'::uuid, 'rival@henk.test'),
    ('d0000000-0000-4000-8000-000000000005'::uuid, 'both@henk.test'),
    ('d0000000-0000-4000-8000-000000000006'::uuid, 'owner@henk.test')
),

users as (
  insert into auth.users (
    instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
    raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
    confirmation_token, recovery_token, email_change, email_change_token_new
  )
  select
    '00000000-0000-0000-0000-000000000000', demo.id, 'authenticated', 'authenticated', demo.email,
    extensions.crypt('henk-demo-password', extensions.gen_salt('bf', 6)), now(),
    '{"provider": "email", "providers": ["email"]}', '{}', now(), now(),
    '', '', '', ''
  from demo
  on conflict (id) do nothing
)

-- Both Auth servers look a password up by the user and answer with the identities.
insert into auth.identities (
  id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
)
select
  demo.id, demo.id::text, demo.id,
  jsonb_build_object('sub', demo.id, 'email', demo.email, 'email_verified', true),
  'email', now(), now(), now()
from demo
on conflict (provider_id, provider) do nothing;

-- Wide limits and no calling hours: scripts call at any time of the day.
insert into public.businesses (
  id, name, country, calling_hours_start, calling_hours_end, calls_per_rep_per_minute,
  calls_per_rep_per_day, concurrent_calls, token_grants_per_minute
)
select demo.id::uuid, demo.name, 'US', null, null, 1000, 100000, 1000, 100000
from (
  values
    ('b0000000-0000-4000-8000-000000000001', 'Demo Solar'),
    ('b0000000-0000-4000-8000-000000000002', 'Rival Roofing')
) as demo (id, name)
on conflict (id) do nothing;

insert into public.business_members (business_id, user_id, role, display_name)
values
  (
    'b0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000001', 'agent',
    'Dana Demo'
  ),
  (
    'b0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000002', 'agent',
    'Robin Rep'
  ),
  (
    'b0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000003', 'manager',
    'Mara Manager'
  ),
  (
    'b0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000006', 'owner',
    'Olga Owner'
  ),
  (
    'b0000000-0000-4000-8000-000000000002', 'd0000000-0000-4000-8000-000000000004', 'owner',
    'Rhea Rival'
  ),
  (
    'b0000000-0000-4000-8000-000000000001', 'd0000000-0000-4000-8000-000000000005', 'agent',
    'Bo Both'
  ),
  (
    'b0000000-0000-4000-8000-000000000002', 'd0000000-0000-4000-8000-000000000005', 'agent',
    'Bo Both'
  )
on conflict (business_id, user_id) do nothing;

insert into public.phone_numbers (id, business_id, phone_number, label, is_default)
values
  (
    'c0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001',
    '+14155550100', 'Sales', true
  ),
  (
    'c0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000001',
    '+14155550101', 'Field office', false
  ),
  (
    'c0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002',
    '+14155550200', 'Front desk', true
  )
on conflict (id) do nothing;

insert into public.leads (id, business_id, name, company, phone_number)
values
  (
    'a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001',
    'Ada Answers', 'Sunny Homes', '+15005550006'
  ),
  (
    'a0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000001',
    'Ben Busy', null, '+15005550007'
  ),
  (
    'a0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000001',
    'Nora Noanswer', null, '+15005550008'
  ),
  (
    'a0000000-0000-4000-8000-000000000004', 'b0000000-0000-4000-8000-000000000002',
    'Rita Rival', null, '+15005550009'
  ),
  (
    'a0000000-0000-4000-8000-000000000005', 'b0000000-0000-4000-8000-000000000001',
    'Eve Early', 'Corner Bakery', '+15005550009'
  ),
  (
    'a0000000-0000-4000-8000-000000000006', 'b0000000-0000-4000-8000-000000000001',
    'Ollie Offline', 'Harbour Garage', '+15005550001'
  ),
  (
    'a0000000-0000-4000-8000-000000000007', 'b0000000-0000-4000-8000-000000000001',
    'Tess Talkative', 'Green Roofs', '+15005550012'
  ),
  (
    'a0000000-0000-4000-8000-000000000008', 'b0000000-0000-4000-8000-000000000001',
    'Mia Mailonly', 'Paper & Post', null
  ),
  (
    'a0000000-0000-4000-8000-000000000009', 'b0000000-0000-4000-8000-000000000001',
    'José Ångström', 'Straßencafé', '+15005550011'
  ),
  (
    'a0000000-0000-4000-8000-00000000000a', 'b0000000-0000-4000-8000-000000000001',
    'Pat O''Brien', 'Søndergård & Søn', '+14155550118'
  )
on conflict (id) do nothing;

insert into public.campaigns (id, business_id, name)
values
  ('e0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'Solar autumn'),
  ('e0000000-0000-4000-8000-000000000003', 'b0000000-0000-4000-8000-000000000001', 'Heat pumps'),
  ('e0000000-0000-4000-8000-000000000002', 'b0000000-0000-4000-8000-000000000002', 'Roof check')
on conflict (id) do nothing;

-- A call to this number is refused.
insert into public.do_not_call (business_id, phone_number, reason)
values ('b0000000-0000-4000-8000-000000000001', '+14155550142', 'Asked not to be called')
on conflict (business_id, phone_number) do nothing;
