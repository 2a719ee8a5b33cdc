//! The API of the demonstration's CRM: what a small CRM of today has, and no more.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::books::{Activity, Books, Card, Note, Person};
use super::{Crm, Mode};

/// Most people of one answer.
const PAGE: usize = 200;

/// An answer that says no, in words.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": self.1}))).into_response()
    }
}

fn unprocessable(words: String) -> Refusal {
    Refusal(StatusCode::UNPROCESSABLE_ENTITY, words)
}

fn missing() -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "there is nothing with this id".into())
}

/// 0, which nothing has, for what is no number.
fn number(id: &str) -> u64 {
    id.parse().unwrap_or(0)
}

type Sent<T> = Result<Json<T>, JsonRejection>;

fn sent<T>(body: Sent<T>) -> Result<T, Refusal> {
    body.map(|Json(body)| body).map_err(|rejection| unprocessable(rejection.body_text()))
}

/// All addresses, behind the door.
pub(super) fn router(crm: Crm) -> Router {
    Router::new()
        .route("/api/me", get(me))
        .route("/api/people", get(people).post(add))
        .route("/api/people/{id}", get(person).patch(change).delete(delete))
        .route("/api/activities", get(find).post(note))
        .route("/api/activities/{id}", get(activity).patch(renote))
        .layer(from_fn_with_state(crm.clone(), door))
        .with_state(crm)
}

/// Whoever asks must have the key, and the CRM must be on. One that loses its answers does what it is
/// told and then fails at first.
async fn door(State(crm): State<Crm>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).map(header::HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(given.ct_eq(crm.wanted().as_bytes())) {
        return Refusal(StatusCode::UNAUTHORIZED, "the key is not the right one".into()).into_response();
    }
    let mode = crm.mode();
    if mode == Mode::Off {
        crm.count(|tally| tally.refused += 1);
        return Refusal(StatusCode::SERVICE_UNAVAILABLE, "switched off".into()).into_response();
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    if mode == Mode::LosesAnswers && response.status().is_success() && crm.loses(&method, path) {
        crm.count(|tally| tally.unanswered += 1);
        return Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the answer was lost".into()).into_response();
    }
    response
}

async fn me() -> Response {
    Json(json!({"id": "1", "name": "Sample CRM of the demo"})).into_response()
}

#[derive(Debug, Deserialize)]
struct Listing {
    changed_since: Option<i64>,
    after_id: Option<u64>,
    limit: Option<usize>,
}

async fn people(State(crm): State<Crm>, Query(asked): Query<Listing>) -> Response {
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, PAGE);
    crm.read(|books| {
        let people: Vec<&Person> = books.people(asked.changed_since, asked.after_id.unwrap_or(0)).take(limit).collect();
        Json(json!({"people": people})).into_response()
    })
}

async fn person(State(crm): State<Crm>, Path(id): Path<String>) -> Result<Response, Refusal> {
    crm.read(|books| books.person(number(&id)).map(|person| Json(person).into_response())).ok_or_else(missing)
}

async fn add(State(crm): State<Crm>, body: Sent<Card>) -> Result<Response, Refusal> {
    let card = sent(body)?;
    let add =
        |books: &mut Books, now| books.add(card, now).map(|person| (StatusCode::CREATED, Json(person)).into_response());
    crm.write(add).map_err(unprocessable)
}

async fn change(State(crm): State<Crm>, Path(id): Path<String>, body: Sent<Card>) -> Result<Response, Refusal> {
    let card = sent(body)?;
    let change =
        |books: &mut Books, now| books.change(number(&id), card, now).map(|person| Json(person).into_response());
    crm.write(change).ok_or_else(missing)
}

async fn delete(State(crm): State<Crm>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let deleted = crm.write(|books, now| books.delete(number(&id), now));
    if deleted { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(missing()) }
}

#[derive(Debug, Deserialize)]
struct Wanted {
    r#ref: String,
}

async fn find(State(crm): State<Crm>, Query(wanted): Query<Wanted>) -> Response {
    crm.count(|tally| tally.looked_up += 1);
    crm.read(|books| {
        let found: Vec<&Activity> = books.activities().filter(|activity| activity.key == wanted.r#ref).collect();
        Json(json!({"activities": found})).into_response()
    })
}

async fn activity(State(crm): State<Crm>, Path(id): Path<String>) -> Result<Response, Refusal> {
    crm.read(|books| books.activity(number(&id)).map(|activity| Json(activity).into_response())).ok_or_else(missing)
}

async fn note(State(crm): State<Crm>, body: Sent<Note>) -> Result<Response, Refusal> {
    let written = sent(body)?;
    let note = |books: &mut Books, now| {
        books.note(written, now).map(|activity| (StatusCode::CREATED, Json(activity)).into_response())
    };
    let response = crm.write(note).map_err(unprocessable)?;
    crm.count(|tally| tally.created += 1);
    Ok(response)
}

async fn renote(State(crm): State<Crm>, Path(id): Path<String>, body: Sent<Note>) -> Result<Response, Refusal> {
    let written = sent(body)?;
    let renote = |books: &mut Books, now| {
        books.renote(number(&id), written, now).map(|found| found.map(|activity| Json(activity).into_response()))
    };
    let response = crm.write(renote).map_err(unprocessable)?.ok_or_else(missing)?;
    crm.count(|tally| tally.changed += 1);
    Ok(response)
}
