//! Trunkline: one daemon behind RingCentral's widgets.

pub mod config;
pub mod domain;
