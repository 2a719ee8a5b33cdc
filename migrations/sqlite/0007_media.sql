-- Bytes that are kept, once each, under their SHA-256 in hex.
create table media_blob (
    sha256 text primary key,
    size integer not null,
    stored_at integer not null
) strict, without rowid;

-- Files of logs. `log_id` is a call log's or a message log's; `message_id` is empty for a call. Tokens
-- are never here.
create table media (
    id text primary key,
    log_id text not null,
    operator text not null,
    kind text not null,
    message_id text not null,
    source_id text not null,
    uri text not null,
    link text,
    file_name text,
    made_at integer not null,
    state text not null,
    words text not null,
    not_before integer not null,
    attempts integer not null,
    sha256 text references media_blob (sha256),
    content_type text,
    created_at integer not null,
    updated_at integer not null,
    unique (log_id, message_id, source_id)
) strict;

create index media_of_blob on media (sha256) where sha256 is not null;
create index media_open on media (operator, made_at) where state in ('wanted', 'failed');
create index media_by_age on media (kind, made_at) where state = 'stored';
