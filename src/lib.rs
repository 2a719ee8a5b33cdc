//! Trunkline: one daemon, one file database and one script tag behind RingCentral's widgets.
//!
//! # The map of the house
//!
//! A request of the widget travels `adapter-js` → [`http`] (the gate: host, origin, media type, size,
//! operator) → [`channels`] (one file a path) → [`storage`] (the only SQL) and back, with commands for
//! the widget and the page beside the answer. Commands reach open pages at any other time through the
//! [`http::events::Hub`].
//!
//! | room | owns | may import |
//! |---|---|---|
//! | [`domain`] | pure types and rules, no I/O | nothing |
//! | [`config`] | the configuration and its checks | domain |
//! | [`vcard`] | vCards, and the drafts of contacts that exports are read into | domain |
//! | [`outbound`] | the one door out: limits and words for requests to upstreams | domain |
//! | [`connectors`] | what an address book or a CRM can be asked; they keep nothing | domain, config, outbound, vcard |
//! | [`auth`] | operator tokens and API keys | domain, config |
//! | [`import`] | contacts out of CSV and vCard files | domain, vcard |
//! | [`storage`] | the database | domain |
//! | [`oauth`] | who is signed in to which connector; sealed, renewed, told | domain, config, outbound, storage |
//! | [`sync`] | when connectors are asked, and what is kept of the answers | domain, config, connectors, storage |
//! | [`media`] | recordings, voicemails, faxes, attachments: fetched before their links die, kept, deleted | domain, config, storage |
//! | [`delivery`] | when and how logs reach CRMs, exactly once, and what they say there | domain, config, connectors, storage |
//! | [`http`] | the edge, `/v1`, health, sign-in pages, the adapter's files | domain, config, connectors, auth, storage, oauth, sync, delivery, media |
//! | [`channels`] | what each widget's messages mean; never each other | domain, config, auth, outbound, storage, oauth, sync, delivery, media, http |
//! | [`telemetry`] | log lines: where they go, in which form | config |
//! | [`app`] | all wiring; starting and stopping | all |
//! | [`demo`], [`cli`] | what surrounds the service | all |
//!
//! # Where a change goes
//!
//! A path of the widget: its file in [`channels::embeddable`] and a line in the table there, a recorded
//! exchange in `tests/fixtures/protocol`, a test. An event of Rox.Chat: [`domain::roxchat`] reads it, a file
//! `storage::roxchat_*` does what it means, a test. A table: a migration, appended, and one file in
//! [`storage`]. A key of the configuration: its section's struct and a line in `config.example.toml`.
//!
//! # Rules that hold everywhere
//!
//! Times are Unix milliseconds from a [`domain::clock::Clock`] that is passed in. Ids are made by the
//! application. What is answered with 2xx is on the disk. A change of a contact takes a stamp
//! ([`domain::sync`]), and stamps only grow. Log lines carry ids, never numbers, names or bodies.

pub mod app;
pub mod auth;
pub mod channels;
pub mod cli;
pub mod config;
pub mod connectors;
pub mod delivery;
pub mod demo;
pub mod domain;
pub mod http;
pub mod import;
pub mod media;
pub mod oauth;
pub mod outbound;
pub mod storage;
pub mod sync;
pub mod telemetry;
pub mod vcard;
