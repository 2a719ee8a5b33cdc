//! The only SQL of the house. One writer task and a few read connections on one `SQLite` file (see
//! [`db`] for the settings and `writer` for the group commit); one file for each group of tables.
//!
//! Storage knows the domain's types and nothing of HTTP or of the widgets. Times come from the
//! [`Clock`](crate::domain::clock::Clock) that is passed in; ids are made by the application.

pub mod activities;
mod batch;
pub mod call_logs;
pub mod connectors;
mod contact_batch;
pub mod contact_list;
pub mod contact_match;
mod contact_rows;
pub mod contact_search;
pub mod contacts;
mod conversation_write;
#[cfg(test)]
mod conversation_write_tests;
pub mod conversations;
pub mod credentials;
pub mod db;
mod direct;
pub mod engage;
mod engage_threads;
mod erasure;
pub mod error;
pub mod media;
mod media_rows;
mod message_log_write;
pub mod message_logs;
mod number_index;
pub mod operators;
pub mod outbox;
mod outbox_write;
pub mod roxchat;
mod roxchat_chat;
mod roxchat_command;
mod roxchat_visitor;
mod roxchat_watch;
mod roxchat_write;
mod writer;

pub use db::{Options, Storage, private_file};
pub use error::StorageError;
