//! The service from outside: the real application, a real database file, real requests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, missing_docs)]

mod api;
mod architecture;
mod auth;
mod call_logs;
mod carddav_bad_days;
mod carddav_servers;
mod carddav_ways;
mod config;
mod conformance;
mod contact_list;
mod contact_list_property;
mod crash;
mod edge_body;
mod edge_gate;
mod edge_paths;
mod edge_rejections;
mod events;
mod fakes;
mod import;
mod import_region;
mod matching;
mod message_logs;
mod message_order;
mod note_tokens;
mod numbers;
mod other_operators;
mod search;
mod settings_authorize;
mod settings_locked;
mod storage_faults;
mod storage_honesty;
mod support;
mod vectors;
mod vectors_logs;
mod vendors;
