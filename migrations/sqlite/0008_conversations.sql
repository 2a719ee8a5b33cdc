-- Visitors of chat widgets. contact_id, decided_by: which contact a visitor is, and who said so.
create table identity (
    id text primary key,
    channel text not null,
    account text not null,
    external_id text not null,
    name text,
    facts text not null,
    verified integer not null,
    contact_id text,
    decided_by text not null,
    suggested text,
    conflict text,
    same_as text references identity (id),
    created_ms integer not null,
    updated_ms integer not null,
    unique (channel, account, external_id)
) strict;

create index identity_contact on identity (contact_id) where contact_id is not null;

-- revision: which telling of it the CRM is to have.
create table conversation (
    id text primary key,
    channel text not null,
    account text not null,
    external_id text not null,
    identity_id text references identity (id),
    operator text not null,
    contact_id text,
    decided_by text not null,
    state text not null,
    closed_by text,
    partial integer not null,
    started_ms integer not null,
    last_ms integer not null,
    closed_ms integer,
    revision integer not null,
    facts text not null,
    created_ms integer not null,
    updated_ms integer not null,
    unique (channel, account, external_id)
) strict;

create index conversation_contact on conversation (contact_id, last_ms) where contact_id is not null;
create index conversation_identity on conversation (identity_id) where identity_id is not null;
create index conversation_idle on conversation (channel, account, last_ms) where state = 'open';

create table conversation_message (
    conversation_id text not null references conversation (id),
    id text not null,
    at_ms integer not null,
    place integer not null,
    author text not null,
    author_name text,
    kind text not null,
    body text not null,
    truncated integer not null,
    attachments text not null,
    shown integer not null,
    collapsed_into text,
    primary key (conversation_id, id)
) strict, without rowid;

create index conversation_order on conversation_message (conversation_id, at_ms, place, id);
