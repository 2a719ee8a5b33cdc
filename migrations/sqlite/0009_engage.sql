-- Uuids drawn for contacts: one for each contact and each domain of the vendor's, for ever.
create table engage_uuid (
    domain text not null,
    contact_id text not null,
    uuid text not null,
    created_at integer not null,
    primary key (domain, contact_id)
) strict, without rowid;

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
