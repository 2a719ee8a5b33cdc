//! `/v1/conversations` and `/v1/contacts/{id}/activities`: for programs.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::conversation::{ChatMessage, Conversation};
use crate::domain::identity::{Channel, Identity};
use crate::domain::party::NamedContact;
use crate::http::access::ApiCaller;
use crate::http::api::PageQuery;
use crate::http::body;
use crate::http::extract::{Params, Part};
use crate::http::logs::with_next;
use crate::http::problem::ApiError;
use crate::http::state::ServiceState;
use crate::storage::activities::ActivityPlace;
use crate::storage::conversations::ConversationFilter;

/// `GET /v1/contacts/{id}/activities`: calls, messages and chats in one order, newest first:
/// `{"items": [{"id", "kind", "channel", "subject", "time"}], "nextPage"}`; `time` is Unix ms.
pub(super) async fn activities(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
    Params(page): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let from = match page.page() {
        "" => ActivityPlace::first(),
        word => ActivityPlace::from_word(word)
            .ok_or_else(|| ApiError::invalid_request("`page` is not a `nextPage` of this list"))?,
    };
    if state.storage.find_contact(&id).await?.is_none() {
        return Err(ApiError::not_found("there is no contact with this id"));
    }
    let found = state.storage.list_activities(&id, &from, limit).await?;
    let full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
    let next = found.last().filter(|_| full).map(|last| ActivityPlace::after(last).word());
    let items: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "id": one.id,
                "kind": one.kind.word(),
                "channel": one.channel.word(),
                "subject": one.subject,
                "time": one.time,
            })
        })
        .collect();
    Ok(Json(json!({"items": items, "nextPage": next})).into_response())
}

/// `?contactId=` and `?channel=` of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChatQuery {
    contact_id: Option<String>,
    channel: Option<String>,
}

/// `GET /v1/conversations`: `{"items", "nextPage"}` without their messages, oldest first.
pub(super) async fn list(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Params(query): Params<ChatQuery>,
    Params(page): Params<PageQuery>,
) -> Result<Response, ApiError> {
    let limit = page.limit()?;
    let channel = match query.channel.as_deref() {
        None => None,
        Some(word) => Some(
            Channel::from_word(word)
                .ok_or_else(|| ApiError::invalid_request("`channel` must be `engage` or `roxchat`"))?,
        ),
    };
    let filter = ConversationFilter { contact_id: query.contact_id, channel };
    let found = state.storage.list_conversations(&filter, page.page(), limit).await?;
    let (found, next) = with_next(found, limit, |conversation| &conversation.id);
    let items: Vec<Value> = found.iter().map(conversation_json).collect();
    Ok(Json(json!({"items": items, "nextPage": next})).into_response())
}

/// `GET /v1/conversations/{id}`: with its visitor and messages, in the order of the transcript.
pub(super) async fn get(State(state): State<ServiceState>, _: ApiCaller, Part(id): Part) -> Result<Response, ApiError> {
    let held = state.storage.find_held_conversation(&id).await?.ok_or_else(none)?;
    let mut out = conversation_json(&held.conversation);
    out["identity"] = held.identity.as_ref().map(identity_json).unwrap_or_default();
    out["messages"] = held.messages.iter().map(message_json).collect();
    Ok(Json(out).into_response())
}

/// `DELETE /v1/conversations/{id}`: for good. What stands in a CRM of it stays there. 204 or 404.
pub(super) async fn delete(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<StatusCode, ApiError> {
    if state.storage.delete_conversation(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}

/// `DELETE /v1/identities/{id}`: a visitor with all conversations, for good. 204 or 404.
pub(super) async fn erase(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
) -> Result<StatusCode, ApiError> {
    if state.storage.erase_identity(&id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("there is no visitor with this id"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Linked {
    contact_id: Value,
}

/// `POST /v1/conversations/{id}/link` with `{"contactId"}`: whose the conversation and its visitor are; `null`
/// for nobody. It moves in the CRM, too.
pub(super) async fn link(
    State(state): State<ServiceState>,
    _: ApiCaller,
    Part(id): Part,
    body: Body,
) -> Result<Response, ApiError> {
    let bytes = body::read(body, body::WIDGET_LIMIT).await?;
    let contact = match body::parse::<Linked>(&bytes)?.contact_id {
        Value::Null => NamedContact::Nobody,
        Value::String(contact) => {
            if state.storage.find_contact(&contact).await?.is_none() {
                return Err(ApiError::invalid_body("there is no contact with the id in `contactId`"));
            }
            NamedContact::Contact(contact)
        }
        _ => return Err(ApiError::invalid_body("`contactId` must be a contact's id, or null for nobody")),
    };
    if !state.storage.link_conversation(&id, contact).await? {
        return Err(none());
    }
    state.delivery.nudge();
    let conversation = state.storage.find_conversation(&id).await?.ok_or_else(none)?;
    Ok(Json(conversation_json(&conversation)).into_response())
}

fn none() -> ApiError {
    ApiError::not_found("there is no conversation with this id")
}

/// A conversation on the wire; times are Unix ms.
fn conversation_json(conversation: &Conversation) -> Value {
    json!({
        "id": conversation.id,
        "channel": conversation.channel.word(),
        "account": conversation.account,
        "externalId": conversation.external_id,
        "identityId": conversation.identity_id,
        "operator": conversation.operator,
        "contactId": conversation.choice.contact_id,
        "decidedBy": conversation.choice.decided_by.word(),
        "state": if conversation.open { "open" } else { "closed" },
        "closedBy": conversation.closed_by,
        "partial": conversation.partial,
        "startedAt": conversation.started_ms,
        "lastMessageAt": conversation.last_ms,
        "closedAt": conversation.closed_ms,
        "revision": conversation.revision,
        "facts": conversation.facts,
    })
}

fn identity_json(identity: &Identity) -> Value {
    json!({
        "id": identity.id,
        "externalId": identity.external_id,
        "name": identity.name,
        "verified": identity.verified,
        "contactId": identity.choice.contact_id,
        "decidedBy": identity.choice.decided_by.word(),
        "suggested": identity.suggested,
        "conflict": identity.conflict,
        "sameAs": identity.same_as,
        "facts": identity.facts,
    })
}

fn message_json(message: &ChatMessage) -> Value {
    json!({
        "id": message.id,
        "at": message.at_ms,
        "author": message.author.word(),
        "authorName": message.author_name,
        "kind": message.kind,
        "text": message.text,
        "truncated": message.truncated,
        "attachments": message.attachments,
        "shown": message.shown,
        "collapsedInto": message.collapsed_into,
    })
}
