-- source: the connector a contact comes from; its id is then 'connector:' and the id upstream.
-- version: what tells one state upstream from another. modified_at: when the upstream says it changed.
alter table contact add column source text not null default 'local';
alter table contact add column version text;
alter table contact add column modified_at integer;

create table connector_state (
    connector text primary key,
    state text not null,
    updated_at integer not null
) strict, without rowid;

-- What the listing under way has shown so far: at its end, a contact that is not here is gone upstream.
create table sync_seen (
    connector text not null,
    id text not null,
    version text,
    primary key (connector, id)
) strict, without rowid;

-- Records that are not kept (a filter, nothing to show), so that a sweep does not fetch them again.
create table sync_skipped (
    connector text not null,
    id text not null,
    version text,
    primary key (connector, id)
) strict, without rowid;
