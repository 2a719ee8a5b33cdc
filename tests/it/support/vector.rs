//! The protocol's vectors, as given.

use serde_json::Value;

/// The vector whose file name starts with `number`.
pub fn vector(number: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/protocol");
    let file = std::fs::read_dir(folder)
        .expect("the vectors")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&format!("{number}-"))))
        .unwrap_or_else(|| panic!("no vector {number}"));
    serde_json::from_str(&std::fs::read_to_string(file).expect("readable")).expect("JSON")
}

/// The body of a vector's request.
pub fn body(number: &str) -> Value {
    vector(number)["request"]["body"].clone()
}
