-- The delivery of one log to one connector. connector: empty until it is known whose it is.
create table outbox (
    id text primary key,
    log_id text not null,
    kind text not null,
    connector text not null,
    operator text not null,
    state text not null,
    revision integer not null,
    delivered_revision integer not null default 0,
    tried_revision integer not null default 0,
    tried_ms integer not null default 0,
    delivered_contact text,
    upstream_id text,
    captured text not null default '{}',
    attempts integer not null default 0,
    due_ms integer not null,
    lease_ms integer not null default 0,
    trouble text,
    words text,
    created_ms integer not null,
    updated_ms integer not null,
    delivered_ms integer,
    tried_contact text,
    delivered_digest text,
    unique (log_id, connector)
) strict;

create index outbox_due on outbox (connector, due_ms, id) where state = 'waiting';
create index outbox_open on outbox (state, created_ms) where state <> 'delivered' and state <> 'kept';
