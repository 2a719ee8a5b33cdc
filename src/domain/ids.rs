//! Identifiers made by the application, never by the database.

use uuid::{NoContext, Timestamp, Uuid};

use super::clock::Clock;

/// A new identifier: `prefix_` and a version 7 UUID without hyphens, so that ids sort by time.
pub fn new_id(prefix: &str, clock: &dyn Clock) -> String {
    let ms = u64::try_from(clock.now_ms()).unwrap_or(0);
    let nanos = u32::try_from(ms % 1000).unwrap_or(0) * 1_000_000;
    let uuid = Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, nanos));
    format!("{prefix}_{}", uuid.simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::ManualClock;

    #[test]
    fn ids_are_unique_and_sort_by_time() {
        let clock = ManualClock::at(1_767_261_600_000);
        let first = new_id("cl", &*clock);
        let twin = new_id("cl", &*clock);
        clock.advance(5);
        let later = new_id("cl", &*clock);
        assert_ne!(first, twin);
        assert!(first < later && first.starts_with("cl_"));
    }
}
