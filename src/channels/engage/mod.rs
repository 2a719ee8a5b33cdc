//! `RingCentral` Engage Messaging: visitors of a site identified by signed tokens, what the site's pages
//! need for that, and the conversations that Engage Digital reports.
//!
//! Tokens are minted for servers (`mint`), renewed for browsers (`renew`) and judged by the rules of the
//! vendor's guides (`check`, `verdict`). None of them is ever written to a log or the database.

pub mod check;
#[cfg(test)]
mod check_tests;
mod claims;
#[cfg(test)]
mod claims_tests;
pub mod findings;
mod sign;
mod uuids;
pub mod verdict;
