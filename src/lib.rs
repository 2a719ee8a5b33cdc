//! Trunkline: one daemon behind RingCentral's widgets.

pub mod auth;
pub mod config;
pub mod domain;
