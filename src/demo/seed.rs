//! stub
pub fn contacts(count: usize) -> impl Iterator<Item = serde_json::Value> {
    (0..count).map(|i| serde_json::json!({"id": format!("demo-{i:05}"), "name": format!("Ann Harbor {i}"), "phoneNumbers": [{"phoneNumber": format!("+1650555{:04}", i % 4000), "phoneType": "mobile"}], "emails": [format!("a{i}@harbor.example")]}))
}
