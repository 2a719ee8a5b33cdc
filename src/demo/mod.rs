//! What the demonstration shows without any customer's data.

pub mod seed;
