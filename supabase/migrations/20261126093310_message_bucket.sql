-- Where recorded messages are kept: a private bucket of Supabase Storage. Reps put their messages there with their
-- own token, and control_fn signs an address for Twilio with the token of whoever leaves one. So no function
-- has a right of its own in this bucket.
set lock_timeout = '2s';

-- 2 MiB: at 8,000 Hz and 16 bits, 131 s.
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values ('messages', 'messages', false, 2097152, '{audio/wav}')
on conflict (id) do update set
  public = excluded.public,
  file_size_limit = excluded.file_size_limit,
  allowed_mime_types = excluded.allowed_mime_types;

-- Each policy asks the message's row, which row-level security shows to members of its business only.

-- The row comes first. What is there is never replaced: nobody has a policy to update.
create policy "members add the sound of their own messages"
on storage.objects for insert to authenticated
with check (
  bucket_id = 'messages'
  and exists (
    select from public.voicemail_messages
    where voicemail_messages.object_path = objects.name
      and voicemail_messages.user_id = (select auth.uid())
      and voicemail_messages.deleted_at is null
  )
);

-- To listen, and to have an address signed for Twilio. Whoever deletes must see what they delete.
create policy "members hear their own messages and shared ones"
on storage.objects for select to authenticated
using (
  bucket_id = 'messages'
  and exists (
    select from public.voicemail_messages
    where voicemail_messages.object_path = objects.name
      and (
        voicemail_messages.user_id = (select auth.uid())
        or (voicemail_messages.is_shared and voicemail_messages.deleted_at is null)
        or voicemail_messages.business_id = any(array(select managed.business_id from private.managed))
      )
  )
);

create policy "members delete their own messages and managers all"
on storage.objects for delete to authenticated
using (
  bucket_id = 'messages'
  and exists (
    select from public.voicemail_messages
    where voicemail_messages.object_path = objects.name
      and (
        voicemail_messages.user_id = (select auth.uid())
        or voicemail_messages.business_id = any(array(select managed.business_id from private.managed))
      )
  )
);
