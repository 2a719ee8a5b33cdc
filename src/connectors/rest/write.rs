//! What is written upstream: contacts and logs, in steps.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::client::{Ask, Client};
use super::expression::{Scope, words_of};
use super::plan::{LogPlan, StepPlan};
use super::{fetch, map};
use crate::connectors::KeepStep;
use crate::domain::credential::Whose;
use crate::domain::upstream::{LogEntry, LogKind, NewContact, Record, Trouble, UpstreamError};

/// What steps brought.
struct Done {
    captured: Map<String, Value>,
    record: Option<Record>,
}

impl Done {
    fn id(&self) -> Option<String> {
        match self.captured.get("id")? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }
}

/// For writes of which nobody keeps the steps.
pub(super) struct Forgets;

#[async_trait]
impl KeepStep for Forgets {
    async fn keep(&self, _: &Map<String, Value>) -> Result<(), UpstreamError> {
        Ok(())
    }
}

/// Takes the steps in their order. After the first, whatever fails leaves something behind: it is
/// unclear, and looked up before anything is repeated.
async fn steps(
    client: &Client,
    whose: &Whose,
    steps: &[StepPlan],
    scope: &Scope,
    captured: Map<String, Value>,
    kept: &dyn KeepStep,
) -> Result<Done, UpstreamError> {
    let mut done = Done { captured, record: None };
    let mut wrote = false;
    for step in steps {
        let known = !step.capture.is_empty() && step.capture.iter().all(|(name, _)| done.captured.contains_key(name));
        if known {
            continue;
        }
        let scope = scope.clone().with("captured", &done.captured);
        if let Some(when) = &step.when {
            let holds = when.eval(&scope).map_err(|error| {
                let words =
                    format!("the manifest's `{}` has a `when` without a value: {}", step.request.at, words_of(&error));
                UpstreamError::new(Trouble::Rejected, words)
            })?;
            if !holds.is_true() {
                continue;
            }
        }
        let ask = Ask { whose, request: &step.request, scope, address: None, writes: true };
        let reply = client.ask(ask).await.map_err(|error| if wrote { error.unclear() } else { error })?;
        wrote |= step.request.method != super::manifest::Method::Get;
        let found = reply.found();
        for (name, path) in &step.capture {
            let value = path.find(&found).ok_or_else(|| {
                let words =
                    format!("the answer to `{}` has nothing at `{}` to capture", step.request.at, path.source());
                UpstreamError::new(Trouble::Broken, words).unclear()
            })?;
            done.captured.insert(name.clone(), value.json());
        }
        if !step.capture.is_empty() {
            kept.keep(&done.captured).await?;
        }
        if let Some(found) = step.record.as_ref().and_then(|path| path.find(&found)) {
            done.record = map::record(&client.plan.contact, None, &found).ok();
        }
    }
    Ok(done)
}

fn contact_scope(client: &Client, id: Option<&str>, contact: &NewContact) -> Scope {
    let (first_name, last_name) = contact.name_parts();
    let phones: Vec<Value> = contact
        .phone_numbers
        .iter()
        .map(|phone| json!({"number": phone.phone_number, "type": phone.phone_type}))
        .collect();
    let value = json!({
        "id": id,
        "name": contact.name,
        "first_name": first_name,
        "last_name": last_name,
        "company": contact.company,
        "job_title": contact.job_title,
        "phone": contact.phone_numbers.first().map(|phone| &phone.phone_number),
        "phones": phones,
        "email": contact.emails.first(),
        "emails": contact.emails,
    });
    client.scope().with("contact", value)
}

/// Makes a contact.
pub(super) async fn create_contact(
    client: &Client,
    whose: &Whose,
    contact: &NewContact,
) -> Result<Record, UpstreamError> {
    let NewContact { name, first_name, last_name, company, job_title: _, phone_numbers, emails } = contact;
    let nothing = [name, first_name, last_name, company].into_iter().all(|text| text.trim().is_empty());
    if nothing && phone_numbers.is_empty() && emails.is_empty() {
        return Err(UpstreamError::new(Trouble::Rejected, "a contact needs a name, a company, a number or an address"));
    }
    let scope = contact_scope(client, None, contact);
    let done = steps(client, whose, &client.plan.contact.create, &scope, Map::new(), &Forgets).await?;
    let (id, record) = (done.id(), done.record);
    if let Some(record) = record {
        return Ok(record);
    }
    let Some(id) = id else {
        let words = "the contact was made, but the manifest captures no id of it";
        return Err(UpstreamError::new(Trouble::Broken, words).unclear());
    };
    // It is made: what the API cannot show of it yet is what was given.
    let read = if client.plan.fetch.is_empty() {
        None
    } else {
        fetch::records(client, whose, std::slice::from_ref(&id)).await.ok().and_then(|mut records| records.pop())
    };
    Ok(read.unwrap_or_else(|| given(id, contact)))
}

/// Changes a contact.
pub(super) async fn update_contact(
    client: &Client,
    whose: &Whose,
    id: &str,
    contact: &NewContact,
) -> Result<Record, UpstreamError> {
    let scope = contact_scope(client, Some(id), contact);
    let done = steps(client, whose, &client.plan.contact.update, &scope, Map::new(), &Forgets).await?;
    if let Some(record) = done.record {
        return Ok(record);
    }
    let read = fetch::records(client, whose, &[id.to_owned()]).await?.pop();
    read.ok_or_else(|| UpstreamError::new(Trouble::Gone, "the contact is not there any more"))
}

/// A contact as it was given.
fn given(id: String, contact: &NewContact) -> Record {
    let text = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
    let phones: Vec<Value> = contact.phone_numbers.iter().map(|phone| json!(phone)).collect();
    let mut map = Map::new();
    for (name, value) in [
        ("name", text(&contact.name)),
        ("firstName", text(&contact.first_name)),
        ("lastName", text(&contact.last_name)),
        ("company", text(&contact.company)),
        ("jobTitle", text(&contact.job_title)),
        ("phoneNumbers", phones.into()),
        ("emails", contact.emails.clone().into()),
    ] {
        if !value.is_null() {
            map.insert(name.into(), value);
        }
    }
    Record { external_id: id, contact: map, ..Record::default() }
}

fn log_scope(client: &Client, plan: &LogPlan, id: Option<&str>, entry: &LogEntry) -> Scope {
    let place = |(field, name): (&String, &String)| Some((name.clone(), entry.answers.get(field)?.clone()));
    let fields: Map<String, Value> = plan.fields.iter().filter_map(place).collect();
    let value = json!({
        "id": id,
        "key": entry.key,
        "contact_id": entry.contact_id,
        "moved": entry.moved,
        "moved_from": entry.moved_from,
        "subject": entry.subject,
        "body": entry.body,
        "direction": entry.direction,
        "inbound": entry.direction.eq_ignore_ascii_case("inbound"),
        "from": entry.from,
        "to": entry.to,
        "started": entry.started_ms,
        "ended": entry.started_ms.saturating_add(entry.seconds.saturating_mul(1000)),
        "seconds": entry.seconds,
        "result": entry.result,
        "recording_url": entry.recording_url,
        "form": entry.form,
        "fields": fields,
    });
    client.scope().with("log", value)
}

fn plan(client: &Client, kind: LogKind) -> Result<&LogPlan, UpstreamError> {
    let (plan, word) = match kind {
        LogKind::Call => (&client.plan.call, "calls"),
        LogKind::Message => (&client.plan.message, "messages"),
    };
    plan.as_ref().ok_or_else(|| UpstreamError::new(Trouble::Rejected, format!("this manifest does not log {word}")))
}

/// Writes a log; its id.
pub(super) async fn create_log(
    client: &Client,
    whose: &Whose,
    entry: &LogEntry,
    kept: &dyn KeepStep,
) -> Result<String, UpstreamError> {
    let plan = plan(client, entry.kind)?;
    let scope = log_scope(client, plan, None, entry);
    let done = steps(client, whose, &plan.create, &scope, entry.captured.clone(), kept).await?;
    done.id().ok_or_else(|| UpstreamError::new(Trouble::Broken, "the log was made, but its answer has no id").unclear())
}

/// Writes a log again.
pub(super) async fn update_log(
    client: &Client,
    whose: &Whose,
    id: &str,
    entry: &LogEntry,
) -> Result<(), UpstreamError> {
    let plan = plan(client, entry.kind)?;
    if plan.update.is_empty() {
        return Err(UpstreamError::new(Trouble::Rejected, "this manifest cannot change a log"));
    }
    let scope = log_scope(client, plan, Some(id), entry);
    steps(client, whose, &plan.update, &scope, Map::new(), &Forgets).await.map(|_| ())
}

/// The id of the log with our key.
pub(super) async fn find_log(
    client: &Client,
    whose: &Whose,
    kind: LogKind,
    key: &str,
) -> Result<Option<String>, UpstreamError> {
    let Some(find) = &plan(client, kind)?.find else {
        return Err(UpstreamError::new(Trouble::Rejected, "this manifest cannot find a log by its key"));
    };
    let scope = client.scope().with("log", json!({"key": key}));
    let ask = Ask { whose, request: &find.request, scope, address: None, writes: false };
    let reply = match client.ask(ask).await {
        Ok(reply) => reply,
        Err(error) if error.trouble == Trouble::Gone => return Ok(None),
        Err(error) => return Err(error),
    };
    let records = find.records.find(&reply.found()).map(|list| list.entries()).unwrap_or_default();
    let ours = |record: &&super::path::Found| {
        find.key.as_ref().is_none_or(|path| path.find(record).and_then(|found| found.text()).as_deref() == Some(key))
    };
    Ok(records.iter().find(ours).and_then(|record| find.id.find(record)?.text()))
}

/// The text of a log as it stands.
pub(super) async fn read_log(client: &Client, whose: &Whose, kind: LogKind, id: &str) -> Result<String, UpstreamError> {
    let Some(read) = &plan(client, kind)?.read else {
        return Err(UpstreamError::new(Trouble::Rejected, "this manifest cannot read a log"));
    };
    let scope = client.scope().with("log", json!({"id": id}));
    let ask = Ask { whose, request: &read.request, scope, address: None, writes: false };
    let reply = client.ask(ask).await?;
    Ok(read.body.find(&reply.found()).and_then(|found| found.text()).unwrap_or_default())
}
