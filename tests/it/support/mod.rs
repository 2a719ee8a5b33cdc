//! The real application on a free loopback port with a real database file, and a client for it.

pub mod answer;
pub mod binary;
pub mod browser;
pub mod crm;
pub mod daemon;
pub mod dav;
pub mod digital;
pub mod engage;
pub mod fake_dav;
pub mod journal;
pub mod media_host;
pub mod memory;
pub mod raw;
pub mod rest;
pub mod roxchat;
pub mod servers;
pub mod trace;
pub mod upstream;
pub mod vector;
pub mod vendor;
pub mod widget;

pub use answer::Answer;
pub use daemon::{Daemon, NOW};
