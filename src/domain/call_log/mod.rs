//! Call logs: many posts of one call, one log (protocol 4.1).
//!
//! A log is keyed by (operator, session id). Live posts describe a call as it goes on; the history
//! record that follows is the truth and is never overwritten by a live post that comes late. What a
//! person wrote (note, contact, form) is never overwritten by what a machine observed.

mod trigger;

use serde_json::{Map, Value};

use super::json;
use super::log_form;
use super::media::MediaNote;
use super::party::{Choice, Direction, NamedContact, Note, note_of, number_of, single_match};
use super::phone::Region;
use super::redact::redacted;
pub use trigger::Trigger;

/// How far a log's knowledge of its call goes. Later phases are not taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Ringing here or there.
    Ringing,
    /// Answered, held or parked.
    Connected,
    /// Gone from the presence; the result is not known yet.
    Ended,
    /// The telephone system's own record.
    History,
}

impl Phase {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Connected => "connected",
            Self::Ended => "ended",
            Self::History => "history",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "connected" => Self::Connected,
            "ended" => Self::Ended,
            "history" => Self::History,
            _ => Self::Ringing,
        }
    }

    fn of(call: &Map<String, Value>, trigger: Trigger) -> Self {
        let text = |key| call.get(key).and_then(Value::as_str).unwrap_or_default();
        if trigger == Trigger::CallLogSync || !text("action").is_empty() || !text("internalType").is_empty() {
            return Self::History;
        }
        match (text("result"), text("telephonyStatus")) {
            ("Disconnected", _) | (_, "NoCall") => Self::Ended,
            (_, "Ringing") | ("Ringing", _) => Self::Ringing,
            _ => Self::Connected,
        }
    }
}

/// One post of the call logger, read and cleaned.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPost {
    /// The key of the log. Where a call has no session id, its telephony session id.
    pub session_id: String,
    /// The second key: events and recordings carry it.
    pub telephony_session_id: Option<String>,
    /// Why the widget posted.
    pub trigger: Trigger,
    /// How far this post's knowledge goes.
    pub phase: Phase,
    /// The contact a person named in it.
    pub named_by_person: NamedContact,
    /// The contact a machine found for it.
    pub named_by_machine: Option<String>,
    /// `note`, or the form's `note`.
    pub note: Option<String>,
    /// The form as saved.
    pub form: Option<Map<String, Value>>,
    /// The call, without secrets and without what only this browser needs.
    pub call: Map<String, Value>,
    /// Further keys of the body (`aiNote`, `transcript`, and those a newer widget adds).
    pub extra: Map<String, Value>,
    /// Its recordings: read before the post was cleaned.
    pub media: Vec<MediaNote>,
    /// The key of the other end's number.
    pub remote_number: Option<String>,
}

/// What a post lacks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostProblem {
    /// No `call` object.
    #[error("`call` is missing: send the widget's body unchanged")]
    NoCall,
    /// Neither `sessionId` nor `telephonySessionId`.
    #[error("`call.sessionId` is missing, so the call cannot be told from others")]
    NoSession,
}

/// What only the posting browser needs, or what is derived from our own answers: not kept.
const TRANSIENT: [&str; 6] =
    ["webphoneSession", "sipData", "fromMatches", "toMatches", "activityMatches", "toNumberEntity"];
/// Body keys that have a place of their own.
const KNOWN: [&str; 7] = ["call", "triggerType", "redirect", "fromEntity", "toEntity", "note", "formData"];

impl CallPost {
    /// Reads the body of a call logger post.
    pub fn from_body(body: Map<String, Value>, region: Option<Region>) -> Result<Self, PostProblem> {
        // First of all, so that no field is missed: ids are texts of the sender's as well.
        let mut body = redacted(body);
        let Some(Value::Object(mut call)) = body.remove("call") else { return Err(PostProblem::NoCall) };
        let trigger = Trigger::from_word(body.get("triggerType").and_then(Value::as_str));
        let telephony_session_id = json::text(call.get("telephonySessionId"));
        let session_id =
            json::text(call.get("sessionId")).or_else(|| telephony_session_id.clone()).ok_or(PostProblem::NoSession)?;
        let inbound = direction_of(&call) != Some(Direction::Outbound);
        let (remote, entity, matches) =
            if inbound { ("from", "fromEntity", "fromMatches") } else { ("to", "toEntity", "toMatches") };

        let form = match body.get("formData") {
            Some(Value::Object(form)) => Some(form.clone()),
            _ => None,
        };
        let picked = json::id_of(call.get("toNumberEntity"));
        let entity = NamedContact::from_entity(body.get(entity));
        let named_by_person = match trigger {
            Trigger::LogForm => NamedContact::from_form(form.as_ref()),
            _ if trigger.is_click() => entity.clone(),
            _ => NamedContact::Silent,
        };
        // What was picked when the call was dialled rides along on every later post: it opens the choice,
        // and does not take back what was chosen since.
        let named_by_machine = match (picked, entity) {
            (Some(id), _) | (None, NamedContact::Contact(id)) => Some(id),
            _ => single_match(call.get(matches)),
        };
        let note = note_of(body.get("note"), form.as_ref());

        let mut post = Self {
            phase: Phase::of(&call, trigger),
            remote_number: number_of(call.get(remote), region),
            session_id,
            telephony_session_id,
            trigger,
            named_by_person,
            named_by_machine,
            note,
            form: None,
            call: Map::new(),
            extra: Map::new(),
            media: Vec::new(),
        };
        call.retain(|key, _| !TRANSIENT.contains(&key.as_str()));
        body.retain(|key, value| !KNOWN.contains(&key.as_str()) && !value.is_null());
        post.form = form;
        post.call = call;
        post.extra = body;
        Ok(post)
    }
}

fn direction_of(call: &Map<String, Value>) -> Option<Direction> {
    call.get("direction").and_then(Value::as_str).and_then(Direction::from_word)
}

/// The status of a call as it goes on.
const LIVE_STATUS: &str = "telephonyStatus";

fn fill(slot: &mut Option<String>, value: Option<&String>) -> bool {
    if slot.is_some() || value.is_none() {
        return false;
    }
    *slot = value.cloned();
    true
}

fn put(map: &mut Map<String, Value>, key: &str, value: &Value) -> bool {
    if map.get(key) == Some(value) {
        return false;
    }
    map.insert(key.to_owned(), value.clone());
    true
}

/// An empty text says nothing new.
fn put_all(map: &mut Map<String, Value>, more: &Map<String, Value>) -> bool {
    let says = |map: &Map<String, Value>, key: &String, value: &Value| value != "" || !map.contains_key(key);
    more.iter().fold(false, |changed, (key, value)| (says(map, key, value) && put(map, key, value)) | changed)
}

/// A call log as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct CallLog {
    /// Our id, `cl_...`: the entity the matcher answers with.
    pub id: String,
    /// Whose log it is.
    pub operator: String,
    /// The widget's key of the call.
    pub session_id: String,
    /// The second key.
    pub telephony_session_id: Option<String>,
    /// How far our knowledge goes.
    pub phase: Phase,
    /// Which contact it belongs to.
    pub choice: Choice,
    /// The operator's note.
    pub note: Note,
    /// The last saved form; keys of earlier forms stay.
    pub form: Map<String, Value>,
    /// The call as last told.
    pub call: Map<String, Value>,
    /// `aiNote`, `transcript` and further keys.
    pub extra: Map<String, Value>,
    /// The key of the other end's number, as first told.
    pub remote_number: Option<String>,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms of the last post that changed something.
    pub updated_at: i64,
}

impl CallLog {
    /// The log a first post makes.
    pub fn new(id: String, operator: &str, post: &CallPost, now_ms: i64) -> Self {
        let mut log = Self {
            id,
            operator: operator.to_owned(),
            session_id: post.session_id.clone(),
            telephony_session_id: None,
            phase: Phase::Ringing,
            choice: Choice::default(),
            note: Note::default(),
            form: Map::new(),
            call: Map::new(),
            extra: Map::new(),
            remote_number: None,
            created_at: now_ms,
            updated_at: now_ms,
        };
        log.take(post, now_ms);
        log
    }

    /// Takes one more post. Returns whether anything changed.
    pub fn take(&mut self, post: &CallPost, now_ms: i64) -> bool {
        let mut changed = fill(&mut self.telephony_session_id, post.telephony_session_id.as_ref());
        changed |= fill(&mut self.remote_number, post.remote_number.as_ref());
        changed |= self.take_call(post);
        changed |= self.choice.by_person(&post.named_by_person);
        changed |= self.choice.by_machine(post.named_by_machine.as_deref());
        changed |= self.note.write(post.note.as_deref());
        if let Some(form) = &post.form {
            changed |= log_form::save(&mut self.form, form);
        }
        changed |= put_all(&mut self.extra, &post.extra);
        if changed {
            self.updated_at = now_ms;
        }
        changed
    }

    /// A post that knows less than the log only adds what the log lacks.
    fn take_call(&mut self, post: &CallPost) -> bool {
        let behind = post.phase < self.phase;
        let mut changed = post.phase > self.phase;
        self.phase = self.phase.max(post.phase);
        for (key, value) in &post.call {
            // Words of a live call would contradict the record (a call "OnHold" for ever).
            let outdated = self.phase == Phase::History && key == LIVE_STATUS;
            let known = self.call.contains_key(key);
            if !(outdated || known && (behind || value.is_null())) {
                changed |= put(&mut self.call, key, value);
            }
        }
        if self.phase == Phase::History {
            changed |= self.call.remove(LIVE_STATUS).is_some();
        }
        changed
    }

    /// Unix ms of the start, or of the first post where the call does not say.
    pub fn started_at(&self) -> i64 {
        json::integer(self.call.get("startTime")).unwrap_or(self.created_at)
    }

    /// Inbound unless the call says otherwise.
    pub fn direction(&self) -> Direction {
        direction_of(&self.call).unwrap_or(Direction::Inbound)
    }

    /// Whether this operator spoke, as far as is known.
    pub fn is_answered(&self) -> bool {
        match self.result() {
            Some("Missed" | "Voicemail" | "Rejected" | "Declined" | "No Answer" | "Hang Up" | "Ringing") => false,
            Some("Accepted" | "Call connected" | "CallConnected") => true,
            _ => self.phase >= Phase::Connected,
        }
    }

    /// Seconds.
    pub fn duration(&self) -> Option<i64> {
        json::integer(self.call.get("duration"))
    }

    /// The widget's word for how the call ended or stands.
    pub fn result(&self) -> Option<&str> {
        self.call.get("result").and_then(Value::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn post(body: Value) -> CallPost {
        let Value::Object(body) = body else { panic!("an object") };
        CallPost::from_body(body, Region::from_code("US")).expect("valid")
    }

    fn live(status: &str) -> CallPost {
        post(json!({"triggerType": "presenceUpdate", "call": {"sessionId": 7, "telephonySessionId": "s-7",
            "direction": "Inbound", "from": {"phoneNumber": "+16505550123"}, "result": status,
            "telephonyStatus": "CallConnected", "startTime": 5, "duration": 9}}))
    }

    fn history() -> CallPost {
        post(json!({"triggerType": "callLogSync", "aiNote": "wants a quote", "call": {"sessionId": "7",
            "direction": "Inbound", "from": {"phoneNumber": "+16505550123", "name": "ANN"}, "action": "Phone Call",
            "result": "Accepted", "startTime": 6, "duration": 8,
            "recording": {"contentUri": "https://m/c?access_token=CANARY"}}}))
    }

    #[test]
    fn the_record_holds_against_a_late_live_post() {
        let mut log = CallLog::new("cl_1".into(), "dana", &live("CallConnected"), 1);
        assert!(log.take(&history(), 2));
        let settled = log.clone();
        assert!(!log.take(&live("Disconnected"), 3), "nothing new in it");
        assert_eq!(log, settled);
        assert_eq!((log.result(), log.duration(), log.started_at()), (Some("Accepted"), Some(8), 6));
        assert!(!format!("{log:?}").contains("CANARY"));
    }

    #[test]
    fn a_person_wins_over_the_machine_in_any_order() {
        let form = post(json!({"triggerType": "logForm", "note": "Quoted $150 & <b>", "call": {"sessionId": "7"},
            "formData": {"contactId": "ct_2", "note": "Quoted $150 & <b>", "stage": "won"}}));
        let auto = post(json!({"triggerType": "presenceUpdate", "fromEntity": {"id": "ct_1"},
            "call": {"sessionId": "7", "direction": "Inbound"}}));
        let mut log = CallLog::new("cl_1".into(), "dana", &auto, 1);
        assert_eq!(log.choice.contact_id.as_deref(), Some("ct_1"));
        log.take(&form, 2);
        log.take(&auto, 3);
        assert_eq!(log.choice.contact_id.as_deref(), Some("ct_2"));
        assert_eq!(log.note.text.as_deref(), Some("Quoted $150 & <b>"));
        assert_eq!(log.form["stage"], "won");
    }

    #[test]
    fn a_contact_picked_at_dialling_does_not_take_back_a_later_choice() {
        let dialled = |trigger: &str| {
            post(json!({"triggerType": trigger, "aiNote": "", "call": {"sessionId": "7", "direction": "Outbound",
                "toNumberEntity": "ct_a"}}))
        };
        let mut log = CallLog::new("cl_1".into(), "dana", &dialled("presenceUpdate"), 1);
        assert_eq!(log.choice.contact_id.as_deref(), Some("ct_a"));
        log.take(
            &post(json!({"triggerType": "logForm", "aiNote": "kept", "call": {"sessionId": "7"},
            "formData": {"contactId": "ct_b"}})),
            2,
        );
        log.take(&dialled("callLogSync"), 3);
        assert_eq!(log.choice.contact_id.as_deref(), Some("ct_b"));
        assert_eq!(log.extra["aiNote"], "kept");
    }

    #[test]
    fn a_call_is_known_by_what_it_has() {
        assert_eq!(post(json!({"call": {"telephonySessionId": "s-1"}})).session_id, "s-1");
        let none = CallPost::from_body(json!({"call": {}}).as_object().cloned().unwrap_or_default(), None);
        assert_eq!(none, Err(PostProblem::NoSession));
    }
}
