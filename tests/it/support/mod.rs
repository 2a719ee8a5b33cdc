//! The real application on a free loopback port with a real database file, and a client for it.

pub mod answer;
pub mod binary;
pub mod browser;
pub mod crm;
pub mod daemon;
pub mod raw;
pub mod vector;
pub mod vendor;
pub mod widget;

pub use answer::Answer;
pub use daemon::{Daemon, NOW};
