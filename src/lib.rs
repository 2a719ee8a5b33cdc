//! Trunkline: one daemon behind RingCentral's widgets.

pub mod demo;
pub mod domain;
pub mod import;
