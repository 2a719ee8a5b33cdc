-- Uuids drawn for contacts: one for each contact and each domain of the vendor's, for ever.
create table engage_uuid (
    domain text not null,
    contact_id text not null,
    uuid text not null,
    created_at integer not null,
    primary key (domain, contact_id)
) strict, without rowid;

create unique index engage_uuid_back on engage_uuid (domain, uuid);

-- For whom tokens were minted, and until when the last of them is good (exp in Unix seconds). A row for
-- each visitor and key, not for each token. Tokens are never here.
create table engage_mint (
    site text not null,
    uuid text not null,
    kid text not null,
    contact_id text,
    exp integer not null,
    minted_at integer not null,
    primary key (site, uuid, kid)
) strict, without rowid;

create index engage_mint_by_key on engage_mint (site, kid, exp);
create index engage_mint_by_contact on engage_mint (contact_id) where contact_id is not null;

-- Chains of renewals of one visitor on one page. `claims` is what a server gave where there is no contact
-- to read again.
create table engage_chain (
    id text primary key,
    site text not null,
    uuid text not null,
    contact_id text,
    claims text,
    ttl integer not null,
    ends_at integer not null,
    renewals integer not null default 0,
    revoked_at integer
) strict, without rowid;

create index engage_chain_by_end on engage_chain (ends_at);

-- Grants by their SHA-256. A grant that was used is kept while its chain lasts, so that its replay is known.
create table engage_grant (
    hash blob primary key,
    chain text not null references engage_chain (id) on delete cascade,
    used_at integer,
    uses integer not null
) strict, without rowid;

create index engage_grant_by_chain on engage_grant (chain);

-- How far the rotation of keys is. A key without a row is pending; the first of a site without rows is active.
create table engage_key (
    site text not null,
    kid text not null,
    state text not null check (state in ('pending', 'active', 'retiring', 'retired')),
    since integer not null,
    primary key (site, kid)
) strict, without rowid;

-- What Engage Digital's webhook told, as it came, for a month: an event that comes again is known by its id.
create table engage_event (
    community text not null,
    id text not null,
    kind text not null,
    thread text,
    issued_at integer not null,
    received_at integer not null,
    body text not null,
    primary key (community, id)
) strict, without rowid;

create index engage_event_by_age on engage_event (received_at);

-- Threads of which something was told. wanted > read: there is more to read from the API. opened_at, closed_at
-- and told_at are the latest times of which events speak; told_done is the told_at that the log has.
create table engage_thread (
    community text not null,
    thread text not null,
    wanted integer not null,
    read integer not null,
    opened_at integer,
    closed_at integer,
    closed_by text,
    told_at integer,
    told_done integer,
    not_before integer not null,
    failures integer not null,
    words text,
    primary key (community, thread)
) strict, without rowid;

create index engage_thread_due on engage_thread (not_before) where wanted > read;
