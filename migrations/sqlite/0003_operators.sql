create table operator_setting (
    operator text not null,
    id text not null,
    value text not null,
    updated_at integer not null,
    primary key (operator, id)
) strict, without rowid;

create table operator_authorization (
    operator text primary key,
    authorized integer not null,
    updated_at integer not null
) strict, without rowid;

-- Meetings an operator asked to invite to, as the widget told them.
create table invite (
    id text primary key,
    operator text not null,
    kind text not null,
    body text not null,
    created_at integer not null
) strict, without rowid;
