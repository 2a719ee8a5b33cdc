//! What opens upstreams, as the vault sealed it. Nothing here can read it.

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Storage;
use super::error::StorageError;
use super::writer::Job;

const COLUMNS: &str = "select connector, owner, account, reason, since, signed_in_at, key_id, nonce, sealed \
     from credential where ($1 is null or (connector = $1 and owner = $2)) order by connector, owner";
const PUT: &str = "insert into credential \
     (connector, owner, account, reason, since, signed_in_at, key_id, nonce, sealed) \
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
     on conflict (connector, owner) do update set account = excluded.account, reason = excluded.reason, \
     since = excluded.since, signed_in_at = excluded.signed_in_at, key_id = excluded.key_id, \
     nonce = excluded.nonce, sealed = excluded.sealed";
const FORGET: &str = "delete from credential where connector = $1 and owner = $2";
/// Only what was read is sealed again: a token that was renewed meanwhile is newer.
const RESEAL: &str = "update credential set key_id = $3, nonce = $4, sealed = $5 \
     where connector = $1 and owner = $2 and nonce = $6";

/// A secret under a key of the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key.
    pub key_id: String,
    /// 12 random bytes, never used twice.
    pub nonce: Vec<u8>,
    /// The sealed text with its tag.
    pub text: Vec<u8>,
}

/// One credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// The connector's id.
    pub connector: String,
    /// Empty for the company, else the operator's id.
    pub owner: String,
    /// Whose account it opens, for people.
    pub account: Option<String>,
    /// Why it opens nothing (any more).
    pub reason: Option<String>,
    /// Since when it is so, Unix ms.
    pub since_ms: i64,
    /// When it was signed in, Unix ms.
    pub signed_in_ms: i64,
    /// The secret; none where it was signed out.
    pub sealed: Option<Sealed>,
}

impl FromRow<'_, SqliteRow> for CredentialRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let key_id: Option<String> = row.try_get("key_id")?;
        let nonce: Option<Vec<u8>> = row.try_get("nonce")?;
        let text: Option<Vec<u8>> = row.try_get("sealed")?;
        Ok(Self {
            connector: row.try_get("connector")?,
            owner: row.try_get("owner")?,
            account: row.try_get("account")?,
            reason: row.try_get("reason")?,
            since_ms: row.try_get("since")?,
            signed_in_ms: row.try_get("signed_in_at")?,
            sealed: key_id.zip(nonce).zip(text).map(|((key_id, nonce), text)| Sealed { key_id, nonce, text }),
        })
    }
}

/// A change of one credential.
#[derive(Debug, Clone)]
pub(super) enum CredentialJob {
    Put(Box<CredentialRow>),
    Forget { connector: String, owner: String },
    Reseal { connector: String, owner: String, from: Vec<u8>, to: Sealed },
}

impl Storage {
    /// Every credential, by connector and owner.
    pub async fn list_credentials(&self) -> Result<Vec<CredentialRow>, StorageError> {
        let none: Option<&str> = None;
        Ok(sqlx::query_as(COLUMNS).bind(none).bind(none).fetch_all(&self.read).await?)
    }

    /// One credential.
    pub async fn find_credential(&self, connector: &str, owner: &str) -> Result<Option<CredentialRow>, StorageError> {
        Ok(sqlx::query_as(COLUMNS).bind(connector).bind(owner).fetch_optional(&self.read).await?)
    }

    /// Keeps a credential in the place of the one before. On return it is on the disk.
    pub async fn put_credential(&self, row: CredentialRow) -> Result<(), StorageError> {
        self.writer.run(Job::Credential(CredentialJob::Put(Box::new(row)))).await.map(drop)
    }

    /// Forgets a credential.
    pub async fn forget_credential(&self, connector: &str, owner: &str) -> Result<(), StorageError> {
        let job = CredentialJob::Forget { connector: connector.to_owned(), owner: owner.to_owned() };
        self.writer.run(Job::Credential(job)).await.map(drop)
    }

    /// Puts the same secret under another key, unless the row has changed since it held `from`.
    pub async fn reseal_credential(&self, row: &CredentialRow, from: &Sealed, to: Sealed) -> Result<(), StorageError> {
        let (connector, owner) = (row.connector.clone(), row.owner.clone());
        let job = CredentialJob::Reseal { connector, owner, from: from.nonce.clone(), to };
        self.writer.run(Job::Credential(job)).await.map(drop)
    }
}

pub(super) async fn write(tx: &mut SqliteConnection, job: &CredentialJob) -> Result<(), StorageError> {
    let query = match job {
        CredentialJob::Put(row) => sqlx::query(PUT)
            .bind(&row.connector)
            .bind(&row.owner)
            .bind(&row.account)
            .bind(&row.reason)
            .bind(row.since_ms)
            .bind(row.signed_in_ms)
            .bind(row.sealed.as_ref().map(|sealed| &sealed.key_id))
            .bind(row.sealed.as_ref().map(|sealed| &sealed.nonce))
            .bind(row.sealed.as_ref().map(|sealed| &sealed.text)),
        CredentialJob::Forget { connector, owner } => sqlx::query(FORGET).bind(connector).bind(owner),
        CredentialJob::Reseal { connector, owner, from, to } => {
            sqlx::query(RESEAL).bind(connector).bind(owner).bind(&to.key_id).bind(&to.nonce).bind(&to.text).bind(from)
        }
    };
    query.execute(tx).await?;
    Ok(())
}
