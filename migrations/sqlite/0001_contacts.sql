-- The one counter of change stamps: updated in every transaction that changes contacts, so that
-- stamps commit in their order. floor: tokens below it have lost tombstones and get a full list.
create table stamp_counter (
    id integer primary key check (id = 1),
    last integer not null,
    floor integer not null
) strict;

insert into stamp_counter (id, last, floor) values (1, 1, 0);

-- json is the widget's contact without its `type`; of a deleted contact, its tombstone.
create table contact (
    key integer primary key,
    id text not null unique,
    stamp integer not null,
    deleted integer not null,
    changed_at integer not null,
    hash integer not null,
    json text not null
) strict;

create unique index contact_stamp on contact (stamp);
create index contact_tombstone on contact (changed_at) where deleted = 1;

-- number: E.164 or bare digits. tail: the last eight national digits, empty where there are fewer.
create table contact_phone (
    number text not null,
    extension text not null,
    contact_key integer not null references contact (key),
    tail text not null,
    primary key (number, extension, contact_key)
) strict, without rowid;

create index contact_phone_contact on contact_phone (contact_key);
create index contact_phone_tail on contact_phone (tail) where tail <> '';

-- Folded words, searched by prefix; and every run of up to three characters, searched as infix.
create virtual table contact_words using fts5 (
    text, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3',
    tokenize = 'unicode61 remove_diacritics 0'
);
create virtual table contact_grams using fts5 (
    text, content = '', contentless_delete = 1, detail = none, prefix = '2',
    tokenize = 'unicode61 remove_diacritics 0'
);
