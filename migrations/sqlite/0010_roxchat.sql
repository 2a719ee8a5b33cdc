-- What pages told of a workspace, as it came. stream, seq: a page and its own count, so that what is sent
-- again is known. at_ms: when the page saw it. digest: what tells apart messages and closings of chats.
create table roxchat_event (
    key integer primary key,
    workspace text not null,
    stream text not null,
    seq integer not null,
    operator text not null,
    at_ms integer not null,
    received_ms integer not null,
    raw text not null,
    refused text,
    chat_id integer,
    digest text,
    collapsed_into integer references roxchat_event (key),
    unique (workspace, stream, seq)
) strict;

create index roxchat_event_digest on roxchat_event (workspace, digest, at_ms) where digest is not null;
create index roxchat_event_chat on roxchat_event (workspace, chat_id) where chat_id is not null;
create index roxchat_event_age on roxchat_event (received_ms);
create index roxchat_event_collapsed on roxchat_event (collapsed_into) where collapsed_into is not null;

-- A page, from its loading on.
create table roxchat_stream (
    workspace text not null,
    stream text not null,
    operator text not null,
    began_ms integer not null,
    heard_ms integer not null,
    primary key (workspace, stream)
) strict, without rowid;

create index roxchat_stream_operator on roxchat_stream (workspace, operator, began_ms);

-- Which pages told of a chat. gap: what the page may have missed of it ('' nothing; 'opening', 'between', 'end').
create table roxchat_watch (
    workspace text not null,
    chat_id integer not null,
    stream text not null,
    first_event integer not null,
    gap text not null,
    primary key (workspace, chat_id, stream)
) strict, without rowid;

-- Notifications by page; a removed one stays, so that it does not come back when it is added late.
create table roxchat_notification (
    workspace text not null,
    stream text not null,
    id text not null,
    removed integer not null,
    primary key (workspace, stream, id)
) strict, without rowid;

-- The visits that chats can be started in.
create table roxchat_session (
    workspace text not null,
    session text not null,
    visitor text not null,
    seen_ms integer not null,
    primary key (workspace, session)
) strict, without rowid;

create index roxchat_session_visitor on roxchat_session (workspace, visitor, seen_ms);

-- Chats that agents began from a contact's record.
create table roxchat_command (
    id text primary key,
    workspace text not null,
    operator text not null,
    contact_id text not null,
    visitor text not null,
    session text not null,
    status text not null,
    code text,
    asked_ms integer not null,
    settled_ms integer
) strict, without rowid;

create index roxchat_command_session on roxchat_command (workspace, session, asked_ms);
create index roxchat_command_pending on roxchat_command (asked_ms) where status = 'pending';
