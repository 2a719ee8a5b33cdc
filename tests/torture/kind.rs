//! What kind of CRM a round has, and its manifest.

/// A kind of CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One request writes a log with its contact; another replaces it.
    Whole,
    /// A log is made, then linked to its contact; a move links and unlinks.
    Steps,
    /// What stands there stays; further texts are added to it.
    Append,
    /// A log cannot be looked up: a person has to look.
    Blind,
}

const COMMON: &str = r#"
[api]
name = "The CRM"
base_url = "http://127.0.0.1:1"
[auth.api_key]
header = "X-Key"
value = "{{ token }}"
[sync]
strategy = "full_scan"
[sync.changes]
records = "people"
request = { path = "/people" }
[contact]
id = "id"
name = "name"
phones = "phones"
[call.create.request]
method = "POST"
path = "/logs"
[call.create.request.body]
ref = "{{ log.key }}"
text = "{{ log.body }}"
person = "{{ log.contact_id }}"
"#;
const STEPS: &str = r#"
[api]
name = "The CRM"
base_url = "http://127.0.0.1:1"
[auth.api_key]
header = "X-Key"
value = "{{ token }}"
[sync]
strategy = "full_scan"
[sync.changes]
records = "people"
request = { path = "/people" }
[contact]
id = "id"
name = "name"
phones = "phones"
[[call.create]]
capture = { id = "id" }
[call.create.request]
method = "POST"
path = "/logs"
body = { ref = "{{ log.key }}", text = "{{ log.body }}" }
[[call.create]]
when = "log.contact_id"
request = { method = "PUT", path = "/logs/{{ captured.id }}/people/{{ log.contact_id }}" }
[[call.update]]
request = { method = "PATCH", path = "/logs/{{ log.id }}", body = { text = "{{ log.body }}" } }
[[call.update]]
when = "log.contact_id"
request = { method = "PUT", path = "/logs/{{ log.id }}/people/{{ log.contact_id }}" }
[[call.update]]
when = "log.moved_from"
request = { method = "DELETE", path = "/logs/{{ log.id }}/people/{{ log.moved_from }}" }
[capabilities]
update_log = "replace"
"#;
const CAPTURE: &str = "[call.create]\ncapture = { id = 'id' }\n";
const REPLACE: &str = r#"
[call.update.request]
method = "PATCH"
path = "/logs/{{ log.id }}"
body = { text = "{{ log.body }}", person = "{{ log.contact_id }}" }
[capabilities]
update_log = "replace"
"#;
const APPEND: &str = r#"
[call.update.request]
method = "POST"
path = "/logs/{{ log.id }}/more"
body = { ref = "{{ log.key }}", text = "{{ log.body }}", person = "{{ log.contact_id }}" }
[capabilities]
update_log = "append"
"#;
const FIND: &str = r#"
[call.find]
request = { path = "/logs", query = { ref = "{{ log.key }}" } }
records = "logs"
id = "id"
key = "ref"
"#;

impl Kind {
    /// The connector's manifest.
    pub fn manifest(self) -> String {
        let one = COMMON.replace("[call.create.request]", &format!("{CAPTURE}[call.create.request]"));
        match self {
            Self::Whole => format!("{one}{REPLACE}{FIND}"),
            Self::Steps => format!("{STEPS}{FIND}"),
            Self::Append => format!("{one}{APPEND}{FIND}"),
            Self::Blind => format!("{one}{REPLACE}"),
        }
    }
}
