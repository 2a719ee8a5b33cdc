create table call_log (
    id text primary key,
    operator text not null,
    session_id text not null,
    telephony_session_id text,
    phase text not null,
    contact_id text,
    decided_by text not null,
    note text,
    earlier_notes text not null,
    form text not null,
    call text not null,
    extra text not null,
    remote_number text,
    started_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (operator, session_id)
) strict;

create index call_log_telephony on call_log (operator, telephony_session_id);
create index call_log_contact on call_log (contact_id, started_at) where contact_id is not null;
create index call_log_number on call_log (remote_number, started_at) where contact_id is null;

-- day: the daemon's own, YYYY-MM-DD.
create table message_log (
    id text primary key,
    operator text not null,
    conversation_id text not null,
    day text not null,
    kind text not null,
    contact_id text,
    decided_by text not null,
    note text,
    earlier_notes text not null,
    form text not null,
    conversation text not null,
    remote_numbers text not null,
    last_message_at integer not null,
    created_at integer not null,
    updated_at integer not null,
    unique (operator, conversation_id, day)
) strict;

create index message_log_contact on message_log (contact_id, last_message_at) where contact_id is not null;

create table message_log_number (
    number text not null,
    log_id text not null references message_log (id),
    primary key (number, log_id)
) strict, without rowid;

create table message (
    operator text not null,
    id text not null,
    log_id text not null references message_log (id),
    created_at integer not null,
    modified_at integer not null,
    body text not null,
    primary key (operator, id)
) strict;

create index message_in_log on message (log_id, created_at);

-- What the widget calls a browser day of a conversation. It may span two of our days.
create table message_log_alias (
    operator text not null,
    alias text not null,
    log_id text not null references message_log (id),
    primary key (operator, alias, log_id)
) strict, without rowid;
