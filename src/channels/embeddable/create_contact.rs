//! A contact from an unknown number: the button beside a call or a conversation, the form it opens,
//! and what is saved from it (protocol 2.2 buttons, 3.9).
//!
//! Nobody is made twice: a form makes one contact however often it is saved, and a number that has
//! come to be known since the form was opened is shown before it is saved.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::create_contact_page::{Draft, Notice, page, page_id, shown_notice};
use super::wire::{Answer, Call, Reply};
use super::{commands, open};
use crate::domain::credential::Whose;
use crate::domain::json;
use crate::domain::operator::Operator;
use crate::domain::phone::Number;
use crate::domain::upstream::NewContact;
use crate::http::forms::{Form, Made};
use crate::http::{ApiError, ServiceState};
use crate::storage::StorageError;
use crate::storage::contact_match::Quality;
use crate::sync::CreateError;

/// Id of the button.
pub(super) const BUTTON: &str = "createContact";
/// An upstream that takes longer is answered for later: the widget waits 3 s in all.
const PROMPT: Duration = Duration::from_millis(1_500);
/// Contacts that are named where a number is known.
const NAMED: usize = 3;

/// The buttons of the registration: beside calls and conversations, where numbers are unknown.
pub(super) fn buttons() -> [Value; 2] {
    let button = |kind: &str| json!({"id": BUTTON, "type": kind, "icon": "people", "label": "Create contact"});
    [button("callAction"), button("messageAction")]
}

/// The button was pressed: the form, with what is known of the other end.
pub(super) fn start(call: &Call, kind: &str, resource: &Value) -> Answer {
    let message = kind == "messageAction";
    let party = if message {
        resource.pointer("/correspondents/0")
    } else {
        let inbound = resource.get("direction").and_then(Value::as_str) != Some("Outbound");
        resource.get(if inbound { "from" } else { "to" })
    };
    let field = |key| json::text(party.and_then(|party| party.get(key)));
    let number = field("phoneNumber").or_else(|| field("extensionNumber")).unwrap_or_default();
    let back = match json::text(resource.get("conversationId")).filter(|_| message) {
        Some(id) => format!("/conversations/{}", open::step(&id)),
        None => "/history".to_owned(),
    };
    let draft = Draft { name: field("name").unwrap_or_default(), number, ..Draft::default() };
    show(call, draft, back, None)
}

/// Opens a form of its own and leads to it.
fn show(call: &Call, mut draft: Draft, back: String, notice: Option<Notice>) -> Answer {
    let state = &call.state;
    let listed = draft.number.clone();
    if let Some(number) = Number::parse(&draft.number, state.region).filter(Number::is_e164) {
        draft.number = number.dialable();
    }
    let known = Known::of(state, &draft.number)?;
    if !known.ids.is_empty() {
        // The network's name for a number that several people share would be put on the wrong one.
        draft.name.clear();
    }
    let places = state.sync.creators();
    if places.iter().all(|(id, _)| *id != draft.connector) {
        draft.connector = usual(&places);
    }
    if draft.kind.is_empty() {
        draft.kind = "phone".into();
    }
    let notice = known.notice(&draft.number).or(notice);
    let form = state.forms.open(Form {
        operator: call.operator.id.clone(),
        number: listed,
        told: std::sync::Mutex::new(known.ids),
        back,
        made: tokio::sync::Mutex::new(None),
    });
    let mut page = page(&form, &places, notice.as_ref(), true);
    page["formData"] = draft.form_data();
    let way = commands::navigate(&format!("/customized/{}", page_id(&form)));
    Ok(Reply::ok().then(commands::customized_page(&page)).then(way))
}

/// A CRM before the built-in address book: who has one keeps contacts there.
fn usual(places: &[(String, String)]) -> String {
    let place = places.iter().find(|(id, _)| id != "local").or(places.first());
    place.map(|(id, _)| id.clone()).unwrap_or_default()
}

/// Something was typed: whether the number is known is said while there is time, and an old refusal
/// goes. The values are not sent back: the operator has typed on by then.
pub(super) fn typed(call: &Call, form_id: &str, stored: &Value, data: &Value) -> Answer {
    let Some(form) = call.state.forms.find(form_id, &call.operator.id) else { return Ok(Reply::ok()) };
    // Saved, or being saved: there is nothing to be said any more.
    if form.made.try_lock().map_or(true, |made| made.is_some()) {
        return Ok(Reply::ok());
    }
    let number = Draft::from_form(data).number;
    let known = Known::of(&call.state, &number)?;
    let notice = known.notice(&number);
    form.tell(known.ids);
    if shown_notice(stored) == notice.as_ref().map(|notice| notice.text.as_str()) {
        return Ok(Reply::ok());
    }
    let page = page(form_id, &call.state.sync.creators(), notice.as_ref(), true);
    Ok(Reply::ok().then(commands::customized_page(&page)))
}

/// The form was saved.
pub(super) async fn save(call: Call, form_id: &str, data: &Value) -> Answer {
    let mut draft = Draft::from_form(data);
    let Some(form) = call.state.forms.find(form_id, &call.operator.id) else {
        let words = "Trunkline was restarted since this form was opened. Look it over and save it again.";
        return show(&call, draft, "/history".into(), Some(Notice::new("warning", words)));
    };
    let places = call.state.sync.creators();
    if draft.connector.is_empty() {
        draft.connector = usual(&places);
    }
    let contact = match draft.contact(call.state.region) {
        Ok(contact) => contact,
        Err(words) => return Ok(Reply::ok().then(again(&call.state, form_id, &draft, &Notice::new("error", words)))),
    };
    let job =
        Job { state: call.state.clone(), operator: call.operator.clone(), form, form_id: form_id.to_owned(), draft };
    let (state, operator) = (job.state.clone(), job.operator.clone());
    // On a task of its own, so that a page that is closed now does not leave it half done.
    let mut making = state.hub.tasks().spawn(job.run(contact));
    if let Ok(done) = tokio::time::timeout(PROMPT, &mut making).await {
        let (commands, way) = done.map_err(|_| broken())?;
        return Ok(Reply::ok().then_all(commands).then_all(way));
    }
    let hub = state.hub.clone();
    state.hub.tasks().spawn(async move {
        if let Ok((commands, _)) = making.await {
            hub.tell(&operator, &commands);
        }
    });
    let waiting = page(form_id, &places, Some(&Notice::new("info", "Saving. This takes longer than usual.")), false);
    Ok(Reply::ok().then(commands::customized_page(&waiting)))
}

fn broken() -> ApiError {
    let words = "a fault of Trunkline while the contact was made";
    ApiError::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "internal", words)
}

/// The page with what was typed, and why it was not saved.
fn again(state: &ServiceState, form_id: &str, draft: &Draft, notice: &Notice) -> Value {
    let mut page = page(form_id, &state.sync.creators(), Some(notice), true);
    page["formData"] = draft.form_data();
    commands::customized_page(&page)
}

/// One saving of a form.
struct Job {
    state: ServiceState,
    operator: Arc<Operator>,
    form: Arc<Form>,
    form_id: String,
    draft: Draft,
}

impl Job {
    /// What to tell the widget, and, apart from it, the way out of the form, which only the page that
    /// still waits may take.
    async fn run(self, contact: NewContact) -> (Vec<Value>, Option<Value>) {
        let number = contact.phone_numbers.first().map(|phone| phone.phone_number.clone()).unwrap_or_default();
        let saving = self.state.forms.saving(&number);
        // Contacts without a number are told apart by their forms alone.
        let _one_at_a_time = if number.is_empty() { None } else { Some(saving.lock().await) };
        let mut made = self.form.made.lock().await;
        if made.is_none() {
            match self.make(contact, &number).await {
                Ok(new) => *made = Some(new),
                Err(notice) => return (vec![again(&self.state, &self.form_id, &self.draft, &notice)], None),
            }
        }
        match &*made {
            Some(made) => self.success(made, &number),
            None => (Vec::new(), None),
        }
    }

    async fn make(&self, contact: NewContact, number: &str) -> Result<Made, Notice> {
        let failed = |error: ApiError| Notice::new("error", words(&error));
        let known = Known::of(&self.state, number).map_err(|error| failed(error.into()))?;
        if let Some(notice) = known.notice(number)
            && self.form.tell(known.ids)
        {
            return Err(notice);
        }
        let connector = &self.draft.connector;
        let places = self.state.sync.creators();
        let place = places.into_iter().find(|(id, _)| id == connector).map(|(_, name)| name).unwrap_or_default();
        let whose = Whose::Operator(self.operator.id.clone());
        match self.state.sync.create_contact(connector, &whose, contact).await {
            Ok(contact) => Ok(Made { name: contact.name, place }),
            Err(CreateError::Upstream(error)) if error.unclear => {
                let words =
                    format!("{} It may have been made all the same: look in {place} first.", sentence(&error.words));
                Err(Notice::new("warning", words))
            }
            Err(error) => Err(failed(error.into())),
        }
    }

    fn success(&self, made: &Made, number: &str) -> (Vec<Value>, Option<Value>) {
        let mut numbers = vec![self.form.number.as_str(), number];
        numbers.retain(|number| !number.is_empty());
        numbers.dedup();
        let words = format!("{} was added to {}", made.name, made.place);
        let over =
            page(&self.form_id, &self.state.sync.creators(), Some(&Notice::new("success", words.clone())), false);
        let mut told = vec![commands::customized_page(&over)];
        if !numbers.is_empty() {
            told.push(commands::match_contacts(&numbers));
        }
        told.extend([commands::sync_contacts(), commands::alert("success", &words)]);
        (told, Some(commands::navigate(&self.form.back)))
    }
}

/// An error as words of a form: what happened and what to do.
fn words(error: &ApiError) -> String {
    let fix = error.fix.as_deref().map(|fix| format!(" {}", sentence(fix))).unwrap_or_default();
    format!("Not saved. {}{fix}", sentence(&error.detail))
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

/// Who has a number already.
struct Known {
    /// Of the contacts with this very number.
    ids: Vec<String>,
    names: Vec<String>,
    /// The number of these is only similar.
    similar: Vec<String>,
}

impl Known {
    fn of(state: &ServiceState, number: &str) -> Result<Self, StorageError> {
        let mut known = Self { ids: Vec::new(), names: Vec::new(), similar: Vec::new() };
        if number.is_empty() {
            return Ok(known);
        }
        state.storage.match_numbers(&[number.to_owned()], state.region, |_, found| {
            let Ok(contact) = serde_json::from_str::<Value>(found.json) else { return };
            let name = json::text(contact.get("name")).unwrap_or_default();
            let named = match json::text(contact.get("company")).filter(|company| *company != name) {
                Some(company) => format!("{name} ({company})"),
                None => name,
            };
            if found.quality == Quality::Weak {
                known.similar.push(named);
            } else if let Some(id) = json::text(contact.get("id")) {
                known.ids.push(id);
                known.names.push(named);
            }
        })?;
        Ok(known)
    }

    fn notice(&self, number: &str) -> Option<Notice> {
        let list = |names: &[String]| {
            let more = names.len().saturating_sub(NAMED);
            let and = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{and}", names[..names.len() - more].join(", "))
        };
        if !self.names.is_empty() {
            let words = format!("{number} is already {}. Save only if this is somebody else.", list(&self.names));
            return Some(Notice::new("warning", words));
        }
        if !self.similar.is_empty() {
            let words = format!("A similar number belongs to {}. Look before you save.", list(&self.similar));
            return Some(Notice::new("info", words));
        }
        None
    }
}
