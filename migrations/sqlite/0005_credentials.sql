-- What opens the connectors' upstreams, sealed by the vault. `owner` is empty for the company, else
-- the operator's id. A row without `sealed` was signed out and says why.
create table credential (
    connector text not null,
    owner text not null,
    account text,
    reason text,
    since integer not null,
    signed_in_at integer not null,
    key_id text,
    nonce blob,
    sealed blob,
    primary key (connector, owner)
) strict, without rowid;
