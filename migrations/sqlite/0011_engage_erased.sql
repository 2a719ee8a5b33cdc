-- erased_at: the time of the last message of a conversation that was erased. What the API still lists up to
-- then is not taken again.
alter table engage_thread add column erased_at integer;

create index engage_event_thread on engage_event (community, thread) where thread is not null;
