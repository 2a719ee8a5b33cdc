//! Pure types and rules: what a contact, a number, a call log and a message log are, and how posts
//! of the widget merge into them. Nothing here does I/O; nothing here knows of HTTP or SQL.

pub mod activity;
pub mod call_log;
pub mod clock;
pub mod connector_state;
pub mod contact;
pub mod conversation;
pub mod credential;
pub mod engage;
pub mod engage_thread;
pub mod fold;
pub mod hex;
pub mod html;
pub mod identity;
pub mod ids;
pub mod json;
pub mod log_form;
pub mod media;
pub mod message_log;
pub mod operator;
pub mod outbox;
pub mod party;
pub mod passing;
pub mod phone;
pub mod redact;
pub mod roxchat;
pub mod setting;
pub mod sync;
pub mod upstream;
