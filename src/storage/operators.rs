//! What is kept for each operator: settings, the authorization toggle, invitations.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::Storage;
use super::error::StorageError;
use super::writer::Job;
use crate::domain::contact::content_hash;
use crate::domain::operator::Operator;

const SETTINGS: &str = "select id, value from operator_setting where operator = $1 order by id";
const PUT_SETTING: &str = "insert into operator_setting (operator, id, value, updated_at) values ($1, $2, $3, $4) \
     on conflict (operator, id) do update set value = excluded.value, updated_at = excluded.updated_at";
const AUTHORIZED: &str = "select authorized from operator_authorization where operator = $1";
const PUT_AUTHORIZED: &str = "insert into operator_authorization (operator, authorized, updated_at) \
     values ($1, $2, $3) \
     on conflict (operator) do update set authorized = excluded.authorized, updated_at = excluded.updated_at";
const ADD_INVITE: &str = "insert into invite (id, operator, kind, body, created_at) values ($1, $2, $3, $4, $5) \
     on conflict (id) do nothing";

/// Takes as much room as a day's busy minutes do, and gives it back.
const PROBE: &str = "insert into invite (id, operator, kind, body, created_at) values ('probe', '', '', $1, 0)";
const END_PROBE: &str = "delete from invite where id = 'probe'";
const PROBE_BYTES: usize = 64 * 1024;

impl Storage {
    /// Keeps what an operator set, by setting id; values are JSON text.
    pub async fn put_settings(&self, operator: &Operator, values: Vec<(String, String)>) -> Result<(), StorageError> {
        let job = Job::Settings { operator: operator.id.clone(), values };
        self.writer.run(job).await.map(drop)
    }

    /// Keeps whether an operator's toggle is on.
    pub async fn put_authorized(&self, operator: &Operator, authorized: bool) -> Result<(), StorageError> {
        let job = Job::Authorized { operator: operator.id.clone(), authorized };
        self.writer.run(job).await.map(drop)
    }

    /// Keeps a meeting invitation. `kind` is `meeting` or `conference`; `body` is JSON text.
    pub async fn add_invite(&self, operator: &Operator, kind: &'static str, body: String) -> Result<(), StorageError> {
        let job = Job::Invite { operator: operator.id.clone(), kind, body };
        self.writer.run(job).await.map(drop)
    }

    /// What an operator set, by setting id; values are JSON text.
    pub async fn list_settings(&self, operator: &Operator) -> Result<HashMap<String, String>, StorageError> {
        self.list_settings_of(&operator.id).await
    }

    /// The same by the operator's id.
    pub async fn list_settings_of(&self, operator: &str) -> Result<HashMap<String, String>, StorageError> {
        let rows: Vec<(String, String)> = sqlx::query_as(SETTINGS).bind(operator).fetch_all(&self.read).await?;
        Ok(rows.into_iter().collect())
    }

    /// Whether an operator's toggle is on: it is, until it was switched off.
    pub async fn is_authorized(&self, operator: &Operator) -> Result<bool, StorageError> {
        let row: Option<i64> = sqlx::query_scalar(AUTHORIZED).bind(&operator.id).fetch_optional(&self.read).await?;
        Ok(row != Some(0))
    }
}

pub(super) async fn write_settings(
    tx: &mut SqliteConnection,
    operator: &str,
    values: &[(String, String)],
    now: i64,
) -> Result<(), StorageError> {
    for (id, value) in values {
        sqlx::query(PUT_SETTING).bind(operator).bind(id).bind(value).bind(now).execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) async fn write_authorized(
    tx: &mut SqliteConnection,
    operator: &str,
    authorized: bool,
    now: i64,
) -> Result<(), StorageError> {
    sqlx::query(PUT_AUTHORIZED).bind(operator).bind(i64::from(authorized)).bind(now).execute(tx).await?;
    Ok(())
}

pub(super) async fn write_invite(
    tx: &mut SqliteConnection,
    operator: &str,
    kind: &str,
    body: &str,
    now: i64,
) -> Result<(), StorageError> {
    // The adapter repeats a request whose answer it did not get: the same invitation is kept once.
    let id = format!("inv_{:016x}", content_hash(&format!("{operator}\n{kind}\n{body}")));
    sqlx::query(ADD_INVITE).bind(id).bind(operator).bind(kind).bind(body).bind(now).execute(tx).await?;
    Ok(())
}

/// Finds out whether there is room for more than a changed number.
pub(super) async fn probe(tx: &mut SqliteConnection) -> Result<(), StorageError> {
    sqlx::query(PROBE).bind(" ".repeat(PROBE_BYTES)).execute(&mut *tx).await?;
    sqlx::query(END_PROBE).execute(tx).await?;
    Ok(())
}
