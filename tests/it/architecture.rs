//! Who may import whom (design.md), and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn module_of(path: &Path) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let inside = path.strip_prefix(source).expect("in src");
    let first = inside.components().next().expect("a part").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The lines of a file before its tests.
fn own_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    if let Some(tests) = lines.iter().position(|line| line.trim() == "#[cfg(test)]") {
        // `#[cfg(test)] mod tests;` names another file; what follows it still counts.
        if !lines.get(tests + 1).is_some_and(|line| line.trim_end().ends_with(';')) {
            lines.truncate(tests);
        }
    }
    lines
}

fn is_test_file(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
}

/// The first segments after `crate::` on a line, of `use` lines and of paths alike.
fn imported(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or_default();
    let mut found = Vec::new();
    for part in code.split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or_default();
            found.extend(group.split(',').map(|item| item.trim().split("::").next().unwrap_or_default().to_owned()));
        } else {
            let name: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(name);
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn allowed(module: &str) -> Option<&'static [&'static str]> {
    Some(match module {
        "domain" => &[],
        "config" | "storage" | "vcard" | "outbound" => &["domain"],
        "import" => &["domain", "vcard"],
        "connectors" => &["config", "domain", "outbound", "vcard"],
        "sync" | "delivery" => &["config", "connectors", "domain", "storage"],
        "auth" => &["config", "domain"],
        "media" => &["config", "domain", "storage"],
        "oauth" => &["config", "domain", "outbound", "storage"],
        "http" => &["auth", "config", "connectors", "delivery", "domain", "media", "oauth", "storage", "sync"],
        "channels" => {
            &["http", "config", "auth", "delivery", "domain", "media", "oauth", "outbound", "storage", "sync"]
        }
        "telemetry" => &["config"],
        "app" | "cli" | "demo" | "lib" | "main" => return None,
        other => panic!("src/{other} is not in the table of who may import whom: add it here and to design.md"),
    })
}

#[test]
fn modules_import_only_what_the_table_allows() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let module = module_of(&path);
        let Some(allowed) = allowed(&module) else { continue };
        let text = std::fs::read_to_string(&path).expect("readable");
        for line in own_lines(&text) {
            for name in imported(line).into_iter().filter(|name| *name != module && !allowed.contains(&name.as_str())) {
                wrong.push(format!("{}: {module} may not import {name}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The map in `lib.rs` says the same, for people.
#[test]
fn the_map_shows_who_may_import_whom() {
    let text = include_str!("../../src/lib.rs");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! | [`"))
        .map(|row| row.trim_end_matches(" |").split(" | ").collect())
        .collect();
    let mut shown = BTreeSet::new();
    for row in &rows {
        let [names, _, imports] = row[..] else { panic!("three columns: {row:?}") };
        for module in names.split(", ").map(|name| name.trim_matches(['[', ']', '`'])) {
            let told: Option<BTreeSet<&str>> = match imports {
                "all" => None,
                "nothing" => Some(BTreeSet::new()),
                some => Some(some.split(", ").collect()),
            };
            assert_eq!(told, allowed(module).map(|all| all.iter().copied().collect()), "{module}");
            shown.insert(module.to_owned());
        }
    }
    let modules: BTreeSet<String> = files("src", "rs").iter().map(|path| module_of(path)).collect();
    let missing: Vec<&String> = modules
        .iter()
        .filter(|module| !["lib", "main"].contains(&module.as_str()) && !shown.contains(*module))
        .collect();
    assert!(missing.is_empty(), "the map of src/lib.rs has no row for {missing:?}");
}

#[test]
fn a_channel_never_imports_another() {
    let mut wrong = Vec::new();
    for path in files("src/channels", "rs") {
        let own = path.components().skip_while(|part| part.as_os_str() != "channels").nth(1).expect("a part");
        let own = own.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path).expect("readable");
        for line in text.lines().filter(|line| line.contains("channels::")) {
            let other: String = line
                .split("channels::")
                .nth(1)
                .unwrap_or_default()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if other != own && own != "mod" {
                wrong.push(format!("{}: {line}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sql_stands_in_storage_only() {
    for path in files("src", "rs").into_iter().filter(|path| module_of(path) != "storage") {
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(!own_lines(&text).iter().any(|line| line.contains("sqlx::")), "{}", path.display());
    }
}

#[test]
fn files_stay_small() {
    let mut lengths = Vec::new();
    for path in files("src", "rs").into_iter().filter(|path| !is_test_file(path)) {
        let text = std::fs::read_to_string(&path).expect("readable");
        let length = own_lines(&text).len();
        assert!(length <= 350, "{} has {length} lines without its tests, more than 350", path.display());
        lengths.push(length);
    }
    for path in files("tests/it", "rs") {
        let length = std::fs::read_to_string(&path).expect("readable").lines().count();
        assert!(length <= 350, "{} has {length} lines", path.display());
    }
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= 120, "the median file has {} lines", lengths[lengths.len() / 2]);
}

#[test]
fn modules_open_with_what_they_own() {
    for path in files("src", "rs").into_iter().filter(|path| !is_test_file(path)) {
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with("//! "), "{} does not say what it is", path.display());
    }
}

#[test]
fn no_file_is_a_drawer_for_anything() {
    let drawers = BTreeSet::from(["utils", "util", "helpers", "helper", "common", "manager", "misc"]);
    for path in files("src", "rs").into_iter().chain(files("adapter-js/src", "js")) {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!drawers.contains(stem.as_str()), "{}", path.display());
    }
}

#[test]
fn the_adapter_never_posts_to_any_origin() {
    let mut posts = 0;
    for path in files("adapter-js/src", "js") {
        let text = std::fs::read_to_string(&path).expect("readable");
        for (at, _) in text.match_indices("postMessage(") {
            posts += 1;
            let call: String = text[at..].chars().take(300).collect();
            let call = call.split(';').next().unwrap_or_default();
            assert!(
                !call.contains("'*'") && !call.contains("\"*\"") && !call.contains("`*`"),
                "{}: {call}",
                path.display()
            );
        }
        for star in ["targetOrigin = '*'", "targetOrigin = \"*\"", "targetOrigin: '*'", "targetOrigin: \"*\""] {
            assert!(!text.contains(star), "{}: {star}", path.display());
        }
    }
    assert!(posts > 0, "the adapter posts nothing: is this test looking at the right files?");
}

#[test]
fn migrations_are_named_alike_and_numbered_without_gaps() {
    let files = files("migrations/sqlite", "sql");
    let mut names: Vec<String> =
        files.iter().map(|p| p.file_name().expect("a name").to_string_lossy().into_owned()).collect();
    names.sort();
    for (n, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", n + 1)), "{name} is not number {}", n + 1);
    }
}
