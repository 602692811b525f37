-- What Twilio's REST API answered (source 'reconcile') is one more way to know a leg's state.
set lock_timeout = '2s';

-- squawk-ignore ban-drop-constraint
alter table public.call_events drop constraint call_events_source_check;
alter table public.call_events add constraint call_events_source_check
check (source in ('status_callback', 'dial_action', 'reconcile')) not valid;
