//! `GET /embeddable/service`: the registration (protocol 2.2) and, for the adapter, each path's
//! deadline and what to answer when the daemon does not.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::keep::{Keep, Waiting};
use super::standing::Standing;
use super::{PATHS, create_contact, listen, settings};
use crate::config::ServiceConfig;
use crate::domain::operator::Operator;
use crate::http::{ApiError, Caller, ServiceState};

/// What the adapter answers in the daemon's stead.
pub(super) enum Fallback {
    /// `null`: the widget throws the run away and keeps its list (protocol 3.1).
    Null,
    /// `{"data": []}`.
    NoData,
    /// The last known result of each key found under these names of the body.
    LastKnown(&'static [&'static str]),
    /// The same, and for what waits in the browser that it waits there.
    LastKnownOrWaiting(&'static [&'static str], Waiting),
    /// An answer, and these words to the operator.
    Alert(&'static str),
    /// It is kept in the browser until the daemon has it.
    Keep(Keep),
}

impl Fallback {
    fn to_json(&self, config: &ServiceConfig) -> Value {
        match self {
            Self::Null => json!({"kind": "answer", "response": null}),
            Self::NoData => json!({"kind": "answer", "response": {"data": []}}),
            Self::LastKnown(keys) => json!({"kind": "last-known", "keys": keys}),
            Self::LastKnownOrWaiting(keys, waiting) => {
                json!({"kind": "last-known", "keys": keys, "waiting": waiting.to_json()})
            }
            Self::Alert(words) => json!({"kind": "answer", "response": {"data": "error"}, "alert": words}),
            Self::Keep(keep) => keep.to_json(config),
        }
    }
}

/// The widget's patience with a path that the table does not name (protocol 1.3).
const DEFAULT_DEADLINE: u32 = 3_000;

pub(super) async fn service(
    State(state): State<ServiceState>,
    Caller { operator, .. }: Caller,
) -> Result<Response, ApiError> {
    let mut service = registration(&state.config.service);
    if state.media.fetches() {
        add_media(&mut service);
    }
    add_operator(&mut service, &state, &operator).await?;
    let paths: Map<String, Value> = PATHS
        .iter()
        .map(|path| {
            let fallback = path.fallback.to_json(&state.config.service);
            (path.path.to_owned(), json!({"deadline": path.deadline, "fallback": fallback}))
        })
        .collect();
    let manifest = json!({
        "service": service,
        "operator": {"id": operator.id, "name": operator.name},
        "defaultDeadline": DEFAULT_DEADLINE,
        "paths": paths,
    });
    Ok(Json(manifest).into_response())
}

async fn add_operator(
    service: &mut Map<String, Value>,
    state: &ServiceState,
    operator: &Operator,
) -> Result<(), ApiError> {
    let standing = Standing::of(state, operator).await?;
    service.insert("authorized".into(), standing.authorized.into());
    if !standing.needs.is_empty() {
        // The widget shows the dot while `authorized` is false.
        service.insert("showAuthRedDot".into(), true.into());
    }
    if standing.authorized {
        service.insert("authorizedAccount".into(), standing.account.into());
    }
    if !settings::declared(state).is_empty() {
        // The widget shows the page only with both, and not for an empty list.
        service.insert("settingsPath".into(), "/settings".into());
        service.insert("settings".into(), settings::current(state, operator).await?);
    }
    Ok(())
}

/// Media are fetched with the operator's token, and heard by a button.
fn add_media(service: &mut Map<String, Value>) {
    service.insert("recordingWithToken".into(), true.into());
    service.insert("attachmentWithToken".into(), true.into());
    service.insert("buttonEventPath".into(), "/button".into());
    let buttons = service.entry("buttons").or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(buttons) = buttons {
        buttons.extend(listen::buttons());
    }
}

/// What is the same for every operator.
fn registration(config: &ServiceConfig) -> Map<String, Value> {
    let fields = json!({
        "name": config.name,
        "displayName": config.shown_name(),
        "info": config.info,
        "contactsPath": "/contacts",
        "contactIcon": config.contact_icon,
        "contactSearchPath": "/contacts/search",
        "contactMatchPath": "/contacts/match",
        // The widget counts in milliseconds, whatever its own papers say (protocol 2.2).
        "contactMatchTtl": u64::from(config.contact_match_ttl_seconds) * 1000,
        "contactNoMatchTtl": u64::from(config.contact_no_match_ttl_seconds) * 1000,
        "viewMatchedContactPath": "/contacts/view",
        "activityName": config.shown_name(),
        "activitiesPath": "/activities",
        "activityPath": "/activity",
        "callLoggerPath": "/callLogger",
        "callLoggerTitle": config.call_title(),
        "showLogModal": config.widget_call_form(),
        "recordingWithToken": config.recording_with_token,
        "callLogEntityMatcherPath": "/callLogger/match",
        "callLoggerAutoSettingLabel": config.call_auto_log_label,
        "callLoggerAutoSettingDescription": config.call_auto_log_description,
        "callLoggerAutoSettingWarning": config.call_auto_log_warning,
        "callLoggerAutoSettingReadOnly": config.call_auto_log_read_only,
        "callLoggerAutoSettingReadOnlyReason": config.call_auto_log_read_only_reason,
        "callLoggerAutoSettingReadOnlyValue": config.call_auto_log_read_only_value,
        "callLoggerAutoLogSettingHidden": config.call_auto_log_hidden,
        "callLoggerHideEditLogButton": config.hide_edit_log_button,
        "messageLoggerPath": "/messageLogger",
        "messageLoggerTitle": config.message_title(),
        "attachmentWithToken": config.attachment_with_token,
        "messageLogEntityMatcherPath": "/messageLogger/match",
        "messageLoggerAutoSettingLabel": config.message_auto_log_label,
        "messageLoggerAutoSettingDescription": config.message_auto_log_description,
        "messageLoggerAutoSettingReadOnly": config.message_auto_log_read_only,
        "messageLoggerAutoSettingReadOnlyReason": config.message_auto_log_read_only_reason,
        "messageLoggerAutoSettingReadOnlyValue": config.message_auto_log_read_only_value,
        "messageLoggerAutoSettingHidden": config.message_auto_log_hidden,
        "authorizationPath": "/authorize",
        "authorizedTitle": config.authorized_title,
        "unauthorizedTitle": config.unauthorized_title,
        "authorizationLogo": config.authorization_logo,
    });
    let mut service = Map::new();
    if let Value::Object(fields) = fields {
        // An empty text would replace the widget's own default.
        service.extend(fields.into_iter().filter(|(_, value)| value != ""));
    }
    if config.create_contact || !config.settings.is_empty() {
        service.insert("buttonEventPath".into(), "/button".into());
    }
    if config.create_contact {
        service.insert("buttons".into(), create_contact::buttons().to_vec().into());
        service.insert("customizedPageInputChangedEventPath".into(), "/page/changed".into());
    }
    if !config.meeting_invite_title.is_empty() {
        service.insert("meetingInvitePath".into(), "/meeting/invite".into());
        service.insert("meetingInviteTitle".into(), config.meeting_invite_title.clone().into());
        // Widgets before 1.9 know conferences only (protocol 8).
        service.insert("conferenceInvitePath".into(), "/conference/invite".into());
        service.insert("conferenceInviteTitle".into(), config.meeting_invite_title.clone().into());
    }
    service
}
