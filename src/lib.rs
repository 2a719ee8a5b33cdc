//! Trunkline: one daemon behind `RingCentral`'s widgets.

pub mod app;
pub mod auth;
pub mod channels;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod http;
pub mod import;
pub mod storage;
pub mod telemetry;
