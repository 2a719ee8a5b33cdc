//! Trunkline: one daemon behind RingCentral's widgets.

pub mod domain;
pub mod import;
