//! The vendors own clients.
