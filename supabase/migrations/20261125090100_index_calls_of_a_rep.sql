set lock_timeout = '2s';

-- What a rep has called lately. Not by status: an index that names it would cost every event of a call
-- a new entry in every index.
-- `supabase db push` runs such a file outside a transaction.
-- squawk-ignore ban-concurrent-index-creation-in-transaction
create index concurrently if not exists conversations_user_id_idx
on public.conversations (business_id, user_id, created_at desc) where block_reason is null;
