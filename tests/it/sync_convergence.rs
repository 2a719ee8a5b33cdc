//! Whatever happens upstream and to the line, in whatever order: after one quiet run with a sweep the
//! table is what stands upstream.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use trunkline::domain::upstream::{Trouble, UpstreamError};

use crate::support::Daemon;
use crate::support::upstream::Upstream;
use crate::sync_engine::{daemon, list};

#[derive(Debug, Clone)]
enum Step {
    Put {
        n: usize,
        name: u8,
    },
    Fill {
        from: usize,
        count: usize,
    },
    Delete {
        n: usize,
    },
    /// From here on deletions are not told as changes.
    HideDeletions,
    /// A listing skips a row that is there.
    Hide {
        n: usize,
    },
    Sync {
        full: bool,
        sweep: bool,
    },
    /// The line is cut after some good answers, in the middle of a run.
    Cut {
        good: usize,
        full: bool,
        sweep: bool,
    },
    ForgetCursors,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..200_usize, any::<u8>()).prop_map(|(n, name)| Step::Put { n, name }),
        2 => (0..200_usize, 1..130_usize).prop_map(|(from, count)| Step::Fill { from, count }),
        4 => (0..200_usize).prop_map(|n| Step::Delete { n }),
        1 => Just(Step::HideDeletions),
        1 => (0..200_usize).prop_map(|n| Step::Hide { n }),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(full, sweep)| Step::Sync { full, sweep }),
        4 => (0..6_usize, any::<bool>(), any::<bool>()).prop_map(|(good, full, sweep)| Step::Cut { good, full, sweep }),
        1 => Just(Step::ForgetCursors),
        1 => Just(Step::Restart),
    ]
}

async fn run(upstream: &Upstream, steps: &[Step]) {
    let mut daemon: Daemon = daemon(upstream, "max_delete_percent = 100\n").await;
    let mut there: BTreeMap<String, String> = BTreeMap::new();
    let put = |there: &mut BTreeMap<String, String>, n: usize, name: String| {
        let id = format!("u{n:04}");
        upstream.put(&id, &name, &format!("+1650{:07}", 2_000_000 + n));
        there.insert(format!("crm:{id}"), json!(name).to_string());
    };
    for step in steps {
        match *step {
            Step::Put { n, name } => put(&mut there, n, format!("N{name}")),
            Step::Fill { from, count } => (from..from + count).for_each(|n| put(&mut there, n, format!("P{n}"))),
            Step::Delete { n } => {
                let id = format!("u{n:04}");
                if there.remove(&format!("crm:{id}")).is_some() {
                    upstream.delete(&id);
                }
            }
            Step::HideDeletions => upstream.hide_deletions(),
            Step::Hide { n } => upstream.hide(&[&format!("u{n:04}")]),
            Step::Sync { full, sweep } => drop(daemon.sync("crm", &json!({"full": full, "sweep": sweep})).await),
            Step::Cut { good, full, sweep } => {
                upstream.fail_after(good, UpstreamError::new(Trouble::Down, "the line is cut"));
                let path = "/v1/connectors/crm/sync?wait=true";
                daemon.send("POST", path, &json!({"full": full, "sweep": sweep})).await;
                upstream.mend();
            }
            Step::ForgetCursors => {
                upstream.forget_cursors(true);
                daemon.send("POST", "/v1/connectors/crm/sync?wait=true", &json!({})).await;
                upstream.forget_cursors(false);
            }
            Step::Restart => daemon = daemon.restart().await,
        }
    }
    upstream.hide(&[]);
    daemon.sync("crm", &json!({"sweep": true})).await;
    let listed = list(&daemon).await;
    assert_eq!(listed, there);
    daemon.stop().await;
}

#[test]
fn after_a_quiet_run_the_table_is_what_stands_upstream() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = Config { cases: 24, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&prop::collection::vec(step(), 3..30), |steps| {
        runtime.block_on(run(&Upstream::new(), &steps));
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
}

/// A comparison that is asked for is made, also when the run only ends a listing of before.
#[tokio::test]
async fn what_a_listing_of_before_did_not_show_is_found_by_a_sweep() {
    run(&Upstream::new(), &[Step::Hide { n: 48 }, Step::Fill { from: 0, count: 51 }, Step::ForgetCursors]).await;
}
