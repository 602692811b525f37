-- Who may do what in the bucket of recordings. There is no policy for people: they listen at addresses that
-- recording_fn signs after private.ask_to_play has noted who listens. The endpoint itself may do with an object
-- only what the row of its recording calls for at that moment. So with its token nobody reads a recording to
-- which nobody listens, deletes one that is to be kept, or adds one that Twilio has not made.
set lock_timeout = '2s';

-- Whether the recorder may 'read', 'add' or 'delete' the object of this name.
-- Security definer: call_recorder has no right on any table.
create function private.may_touch_object(p_name text, p_way text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  r public.recordings;
  v_is_arriving boolean;
begin
  select * into r
  from public.recordings
  where recordings.recording_sid = substring(p_name from '/(RE[0-9a-f]{32})\.mp3$')
    and recordings.object_path = p_name;
  -- It is being stored, or verified. What is wrong there must be deleted before it is stored again, because
  -- nobody overwrites.
  v_is_arriving := coalesce(r.state = 'fetched', false);
  return case p_way
    when 'add' then v_is_arriving and r.wanted = 'kept'
    when 'delete' then v_is_arriving or coalesce(r.wanted = 'deleted', false)
    when 'read' then v_is_arriving
      -- To delete, Storage reads the row; afterwards the endpoint looks whether the object is gone.
      or coalesce(r.wanted = 'deleted', false)
      -- Somebody listens: an address lives as long.
      or exists (
        select from public.recording_plays
        where recording_plays.business_id = r.business_id
          and recording_plays.conversation_id = r.conversation_id
          and recording_plays.recording_id = r.id
          and recording_plays.at > clock_timestamp() - interval '5 minutes'
      )
  end;
end;
$$;

revoke execute on function private.may_touch_object(text, text) from public, anon;
grant execute on function private.may_touch_object(text, text) to call_recorder;

create policy "the recorder reads what arrives, goes or is listened to"
on storage.objects for select to call_recorder
using (bucket_id = 'recordings' and private.may_touch_object(objects.name, 'read'));

create policy "the recorder adds what it has fetched"
on storage.objects for insert to call_recorder
with check (bucket_id = 'recordings' and private.may_touch_object(objects.name, 'add'));

create policy "the recorder deletes what is to go"
on storage.objects for delete to call_recorder
using (bucket_id = 'recordings' and private.may_touch_object(objects.name, 'delete'));
