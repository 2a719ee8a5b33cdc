//! The service from outside: the real application, a real database file, real requests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, missing_docs)]

mod call_logs;
mod contact_list;
mod contact_list_property;
mod edge_body;
mod edge_gate;
mod edge_paths;
mod edge_rejections;
mod matching;
mod message_logs;
mod message_order;
mod note_tokens;
mod numbers;
mod support;
mod vectors;
mod vectors_logs;
