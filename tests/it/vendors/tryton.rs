//! Tryton for real.
