set lock_timeout = '2s';

-- What is under way.
-- `supabase db push` runs such a file outside a transaction.
-- squawk-ignore ban-concurrent-index-creation-in-transaction
create index concurrently if not exists conversations_open_idx
on public.conversations (business_id, created_at desc) where ended_at is null;
