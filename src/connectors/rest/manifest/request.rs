//! Requests, steps and outcomes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A request. Everything in it is a template; a text that is one lone `{{ expression }}` keeps the
/// type of its value.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The method.
    #[serde(default)]
    pub method: Method,
    /// Template: the path below `api.base_url`. Values put into it are encoded, slashes too.
    pub path: String,
    /// Templates: the query. Values are encoded; a parameter whose value is none is left out, and a
    /// list makes one parameter for each entry.
    #[serde(default)]
    pub query: BTreeMap<String, Value>,
    /// Templates: headers. One that is none is not sent.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body: a tree whose texts, keys too, are templates. `omit` as a value leaves its key out;
    /// `$each`, `$as`, `$item` repeat an item for each entry of a list; `$if`, `$then`, `$else` choose.
    #[serde(default)]
    pub body: Option<Value>,
    /// How the body is written.
    #[serde(default)]
    pub body_format: BodyFormat,
    /// Condition: this answer is good, in place of `outcome.ok_when`.
    #[serde(default)]
    pub ok_when: String,
    /// Condition: what was asked for is not there (any more), in place of `outcome.gone_when`. In a
    /// listing: the cursor is too old, and everything is listed again.
    #[serde(default)]
    pub gone_when: String,
}

/// A request's method.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads. Has no body.
    #[default]
    Get,
    /// Makes, or asks with a body.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes. Has no body.
    Delete,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyFormat {
    /// JSON.
    #[default]
    Json,
    /// A form (`application/x-www-form-urlencoded`): the body is a flat table.
    Form,
}

/// One step of writing something. Several stand as `[[call.create]]` and are done in their order.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Condition: the step is done. Empty: always.
    #[serde(default)]
    pub when: String,
    /// What is asked.
    pub request: Request,
    /// Paths: what later steps use as `{{ captured.NAME }}`. `id` is the new record's id. A step whose
    /// captures an earlier attempt already made is not done again.
    #[serde(default)]
    pub capture: BTreeMap<String, String>,
    /// Path: the contact in the answer, to be mapped (`contact.create` and `contact.update` only).
    /// Without it the contact is read by `[fetch]`.
    #[serde(default)]
    pub record: String,
}

/// How a log is found by our key.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The search; `{{ log.key }}` is our key.
    pub request: Request,
    /// Path: the list of what was found.
    pub records: String,
    /// Path: the id of each of them.
    pub id: String,
    /// Path: our key in each of them. Only a record that holds exactly this key counts. Without it the
    /// first record does.
    #[serde(default)]
    pub key: String,
}

/// How the text of a log is read.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// The request; `{{ log.id }}` is the log's id.
    pub request: Request,
    /// Path: the text in the answer.
    pub body: String,
}

/// `[outcome]`: how answers are told apart. Conditions know `status` (a number), `headers` (names in
/// lower case) and `body` (none where it is no JSON); what is missing in them is simply not there. They
/// are asked in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Outcome {
    /// Condition: the credential is not taken. Else: `status == 401`.
    pub auth_when: String,
    /// Condition: too many requests. Else: `status == 429`.
    pub retry_when: String,
    /// Expression: seconds to wait then. Else the `Retry-After` header counts.
    pub retry_after: String,
    /// Condition: what was asked for is not there. Else: `status in [404, 410]`.
    pub gone_when: String,
    /// Condition: the credential is good, but may not do this. Else: `status == 403`.
    pub forbidden_when: String,
    /// Condition: the API fails inside and is asked again later. Else: `status >= 500 or status == 408`.
    pub down_when: String,
    /// Condition: good, and there is nothing in it. Else: `status in [204, 205, 304]`.
    pub empty_when: String,
    /// Condition: good. Else: `status >= 200 and status < 300`. What is left is rejected.
    pub ok_when: String,
    /// Expression: the API's own words for what is wrong. Else common places are looked at.
    pub error_text: String,
}
