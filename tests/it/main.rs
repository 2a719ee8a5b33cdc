//! The service from outside: the real application, a real database file, real requests.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, missing_docs)]

mod contact_list;
mod contact_list_property;
mod matching;
mod support;
mod call_logs;
mod vectors;
mod vectors_logs;
