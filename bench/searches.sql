-- A business of `bench.leads` leads, and a call with every tenth of them. Names repeat as names do; numbers are
-- spread over the United States and Great Britain.
set session_replication_role = replica;
set maintenance_work_mem = '1GB';
set max_parallel_maintenance_workers = 2;

insert into public.businesses (id, name) values (md5('business')::uuid, 'Business');

insert into auth.users (id, email) values (md5('user')::uuid, 'user@henk.test');

insert into public.business_members (business_id, user_id, role)
values (md5('business')::uuid, md5('user')::uuid, 'manager');

-- Indexes are made at the end, from all rows at once.
update pg_catalog.pg_index set indisready = false
where indrelid in ('public.leads'::regclass, 'public.conversations'::regclass);

create temporary table names as
select
  '{
    Aaron,Alice,Amélie,Anna,Björn,Carlos,Charlotte,Chloé,Daniel,David,Elena,Emma,Fatima,Felix,George,Hannah,
    Igor,Ivan,James,Jennifer,José,Jürgen,Karen,Lars,Laura,Łukasz,Maria,Michael,Mohammed,Nora,Olga,Oliver,
    Patricia,Paul,Quentin,Robert,Sarah,Søren,Susan,Thomas,Uwe,Victor,William,Xavier,Yusuf,Zoë
  }'::text[] as first,
  '{
    Adams,Anderson,Ångström,Baker,Brown,Clark,Davis,Dubois,Evans,Fischer,García,Garcia,Hansen,Harris,Ivanov,
    Jackson,Johnson,Jones,Khan,Kowalski,Lee,Lewis,López,Martin,Miller,Moore,Müller,Nguyen,O''Brien,Patel,
    Perez,Roberts,Robinson,Schmidt,Scott,Silva,Smith,Taylor,Thomas,Thompson,Walker,White,Williams,Wilson,
    Wright,Young,Zimmermann
  }'::text[] as last,
  '{Acme,Bakery,Cafe,Dental,Electric,Garage,Hotel,Insurance,Logistics,Motors,Roofing,Solar}'::text[] as trade;

insert into public.leads (id, business_id, name, company, phone_number)
select
  md5('lead' || n)::uuid, md5('business')::uuid,
  -- 46 and 47 have no common factor: every first name comes with every last name.
  names.first[1 + n % 46] || ' ' || names.last[1 + n % 47],
  case
    when n % 3 = 0 then names.trade[1 + n / 3 % 12] || ' ' || substr(md5(n::text), 1, 5) || ' Inc'
  end,
  case
    when n % 2 = 0 then '+1' || (2000000000 + n::bigint * 7907 % 7999999999)
    else '+44' || (2000000000 + n::bigint * 7919 % 999999999)
  end
from names, generate_series(1, current_setting('bench.leads')::integer) as n;

insert into public.leads (id, business_id, name, company, phone_number)
values (md5('rare')::uuid, md5('business')::uuid, 'Xanthippe Qvist', '東京株式会社', '+442079460018');

insert into public.conversations (
  business_id, user_id, lead_id, status, from_number, to_number, call_sid, begun_at, dialed_at, ended_at,
  duration_seconds, created_at
)
select
  md5('business')::uuid, md5('user')::uuid, md5('lead' || n)::uuid, 'completed', '+14155550100',
  '+1' || (2000000000 + n::bigint * 7907 % 7999999999), 'CA' || md5(n::text), at, at, at, 48, at
from (
  select n, now() - n * interval '1 second' as at
  from generate_series(10, current_setting('bench.leads')::integer, 10) as n
) as called;

reindex table public.leads;
reindex table public.conversations;
set session_replication_role = origin;
