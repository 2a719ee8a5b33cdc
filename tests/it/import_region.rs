//! A country that does not exist would read every national number as none: it is refused.

use crate::support::binary::{command, refused, run};

#[test]
fn a_region_that_does_not_exist_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.csv"), "name,phone\nAnn,650 555 0123\n").expect("written");
    for code in ["XX", "ZZ", "001"] {
        refused(&run(folder.path(), &["import", "a.csv", "--region", code]), "country");
        let mut check = command(folder.path(), &["config", "check"]);
        refused(&check.env("TRUNKLINE__NUMBERS__DEFAULT_REGION", code).output().expect("runs"), "default_region");
    }
}
