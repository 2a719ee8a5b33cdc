//! vCards (2.1, 3.0, 4.0), and the drafts of contacts that cards and other exports are read into.
//!
//! Knows text, not where it comes from: files are `import`'s, servers are `connectors`'.

pub mod card;
pub mod draft;
pub mod edit;
pub mod lines;
mod logical;
pub mod text;
