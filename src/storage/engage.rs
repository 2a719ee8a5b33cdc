//! Visitors of Engage sites: uuids of contacts, who was given a token, grants that renew, states of keys.
//! Grants are known by their digests only.

use std::sync::Arc;

use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};

use super::Storage;
use super::engage_threads;
use super::error::StorageError;
use super::writer::{Done, Job};
use crate::domain::clock::Clock;
use crate::domain::engage::{Chain, Grant, GrantRefusal, KeyRing, KeyState, Mint, Renewal};
use crate::domain::engage_thread::{DueThread, ThreadEvent, ThreadNews, ThreadRead};
use crate::domain::outbox::Routes;
use crate::domain::passing::Digested;

const UUID: &str = "select uuid from engage_uuid where domain = $1 and contact_id = $2";
const ADD_UUID: &str = "insert into engage_uuid (domain, contact_id, uuid, created_at) values ($1, $2, $3, $4) \
     on conflict (domain, contact_id) do nothing";
const MINTED: &str = "insert into engage_mint (site, uuid, kid, contact_id, exp, minted_at) \
     values ($1, $2, $3, $4, $5, $6) on conflict (site, uuid, kid) do update set \
     contact_id = coalesce(excluded.contact_id, engage_mint.contact_id), \
     exp = max(excluded.exp, engage_mint.exp), minted_at = excluded.minted_at";
const ADD_CHAIN: &str = "insert into engage_chain (id, site, uuid, contact_id, claims, ttl, ends_at) \
     values ($1, $2, $3, $4, $5, $6, $7)";
const ADD_GRANT: &str = "insert into engage_grant (hash, chain, uses) values ($1, $2, 0)";
const GRANT: &str = "select c.id, c.site, c.uuid, c.contact_id, c.claims, c.ttl, c.ends_at, c.renewals, c.revoked_at, \
     g.used_at, g.uses from engage_grant g join engage_chain c on c.id = g.chain where g.hash = $1";
const USE_GRANT: &str = "update engage_grant set used_at = coalesce(used_at, $2), uses = uses + 1 where hash = $1";
const COUNT_RENEWAL: &str = "update engage_chain set renewals = renewals + 1 where id = $1";
const REVOKE: &str = "update engage_chain set revoked_at = $2, claims = null where id = $1 and revoked_at is null";
/// What is over is kept for a day, so that a late page hears "expired" and not "unknown".
const FORGET_CHAINS: &str = "delete from engage_chain where ends_at < $1";
const STATES: &str = "select kid, state from engage_key where site = $1 order by kid";
const LAST_EXP: &str = "select kid, max(exp) from engage_mint where site = $1 group by kid order by kid";
const PUT_STATE: &str = "insert into engage_key (site, kid, state, since) values ($1, $2, $3, $4) \
     on conflict (site, kid) do update set state = excluded.state, \
     since = case when engage_key.state = excluded.state then engage_key.since else excluded.since end";
const MINTED_FOR: &str = "select contact_id from engage_mint where site = $1 and uuid = $2 and contact_id is not null \
     order by minted_at desc, kid limit 1";
const OF_UUID: &str = "select contact_id from engage_uuid where domain = $1 and uuid = $2";
const KEEP_MS: i64 = 24 * 3_600_000;

/// What is written about Engage sites.
#[derive(Debug)]
pub(super) enum EngageJob {
    /// Gives a contact this uuid, unless it has one.
    Uuid { domain: String, contact_id: String, uuid: String },
    /// A token and the first grant of its chain.
    Mint { mint: Mint, chain: Chain, grant: Digested },
    /// A renewal, if the grant still holds when it is written.
    Renew { renewal: Renewal },
    /// A grant came back after its time.
    Revoke { chain: String },
    /// Every state of a site's keys.
    Keys { site: String, states: Vec<(String, KeyState)> },
    /// What a webhook told.
    Events { community: String, events: Vec<ThreadEvent> },
    /// A thread that is to be read.
    Want { community: String, thread: String },
    /// What was read of a thread.
    Thread(Box<ThreadRead>),
    /// A thread that could not be read.
    Failed { due: DueThread, not_before_ms: i64, words: String },
}

/// How a job about Engage ended.
#[derive(Debug, Clone)]
pub(super) enum EngageDone {
    Uuid(String),
    Renewed(Result<(), GrantRefusal>),
    Count(i64),
    Nothing,
}

impl Storage {
    /// The uuid of a contact at a domain: the one it has, or `drawn` from now on.
    pub async fn engage_uuid(&self, domain: &str, contact_id: &str, drawn: String) -> Result<String, StorageError> {
        let known: Option<String> =
            sqlx::query_scalar(UUID).bind(domain).bind(contact_id).fetch_optional(&self.read).await?;
        if let Some(known) = known {
            return Ok(known);
        }
        let job = EngageJob::Uuid { domain: domain.to_owned(), contact_id: contact_id.to_owned(), uuid: drawn.clone() };
        match self.run_engage(job).await? {
            EngageDone::Uuid(uuid) => Ok(uuid),
            _ => Ok(drawn),
        }
    }

    /// Notes a token that is about to be handed out with the first grant of a chain.
    pub async fn note_mint(&self, mint: Mint, chain: Chain, grant: Digested) -> Result<(), StorageError> {
        self.run_engage(EngageJob::Mint { mint, chain, grant }).await.map(drop)
    }

    /// A grant as it is kept, by its digest.
    pub async fn find_grant(&self, digest: &Digested) -> Result<Option<Grant>, StorageError> {
        let row: Option<StoredGrant> = sqlx::query_as(GRANT).bind(digest.as_slice()).fetch_optional(&self.read).await?;
        Ok(row.map(|row| row.0))
    }

    /// Uses a grant up, puts the next in its place and notes the token, or refuses all of it.
    pub async fn renew_engage(&self, renewal: Renewal) -> Result<Result<(), GrantRefusal>, StorageError> {
        match self.run_engage(EngageJob::Renew { renewal }).await? {
            EngageDone::Renewed(renewed) => Ok(renewed),
            _ => Ok(Err(GrantRefusal::Unknown)),
        }
    }

    /// Ends a chain: nothing of it renews any more.
    pub async fn revoke_chain(&self, chain: &str) -> Result<(), StorageError> {
        self.run_engage(EngageJob::Revoke { chain: chain.to_owned() }).await.map(drop)
    }

    /// States of a site's keys as they are kept, and the greatest end of a token of each.
    pub async fn engage_keys(&self, site: &str) -> Result<KeyRing, StorageError> {
        let states: Vec<(String, String)> = sqlx::query_as(STATES).bind(site).fetch_all(&self.read).await?;
        let last: Vec<(String, i64)> = sqlx::query_as(LAST_EXP).bind(site).fetch_all(&self.read).await?;
        Ok(KeyRing {
            states: states.into_iter().map(|(kid, word)| (kid, KeyState::from_word(&word))).collect(),
            last_exp: last.into_iter().collect(),
        })
    }

    /// Keeps the states of a site's keys.
    pub async fn put_engage_keys(&self, site: &str, ring: &KeyRing) -> Result<(), StorageError> {
        let states = ring.states.iter().map(|(kid, state)| (kid.clone(), *state)).collect();
        self.run_engage(EngageJob::Keys { site: site.to_owned(), states }).await.map(drop)
    }

    /// The contact for whom a token with this uuid was minted.
    pub async fn minted_for(&self, site: &str, uuid: &str) -> Result<Option<String>, StorageError> {
        Ok(sqlx::query_scalar(MINTED_FOR).bind(site).bind(uuid).fetch_optional(&self.read).await?)
    }

    /// The contact that has a uuid at a domain.
    pub async fn contact_of_uuid(&self, domain: &str, uuid: &str) -> Result<Option<String>, StorageError> {
        Ok(sqlx::query_scalar(OF_UUID).bind(domain).bind(uuid).fetch_optional(&self.read).await?)
    }

    pub(super) async fn run_engage(&self, job: EngageJob) -> Result<EngageDone, StorageError> {
        match self.writer.run(Job::Engage(Arc::new(job))).await? {
            Done::Engage(done) => Ok(done),
            _ => Ok(EngageDone::Nothing),
        }
    }
}

pub(super) async fn write(
    tx: &mut SqliteConnection,
    job: &EngageJob,
    routes: &Routes,
    clock: &dyn Clock,
) -> Result<EngageDone, StorageError> {
    let now = clock.now_ms();
    match job {
        EngageJob::Uuid { domain, contact_id, uuid } => {
            let drawn = sqlx::query(ADD_UUID).bind(domain).bind(contact_id).bind(uuid).bind(now);
            drawn.execute(&mut *tx).await?;
            let kept = sqlx::query_scalar(UUID).bind(domain).bind(contact_id).fetch_one(tx).await?;
            return Ok(EngageDone::Uuid(kept));
        }
        EngageJob::Mint { mint, chain, grant } => {
            sqlx::query(FORGET_CHAINS).bind(now - KEEP_MS).execute(&mut *tx).await?;
            note(tx, mint, now).await?;
            let query = sqlx::query(ADD_CHAIN).bind(&chain.id).bind(&chain.site).bind(&chain.uuid);
            let query = query.bind(&chain.contact_id).bind(&chain.claims).bind(chain.ttl).bind(chain.ends_ms);
            query.execute(&mut *tx).await?;
            sqlx::query(ADD_GRANT).bind(grant.as_slice()).bind(&chain.id).execute(tx).await?;
        }
        EngageJob::Renew { renewal } => return renew(tx, renewal, now).await.map(EngageDone::Renewed),
        EngageJob::Events { community, events } => return engage_threads::take(tx, community, events, now).await,
        EngageJob::Want { community, thread } => {
            engage_threads::want(tx, (community, thread), ThreadNews::Content, now, now).await?;
        }
        EngageJob::Thread(read) => engage_threads::put(tx, read, routes, clock).await?,
        EngageJob::Failed { due, not_before_ms, words } => {
            engage_threads::failed(tx, due, *not_before_ms, words).await?;
        }
        EngageJob::Revoke { chain } => {
            sqlx::query(REVOKE).bind(chain).bind(now).execute(tx).await?;
        }
        EngageJob::Keys { site, states } => {
            for (kid, state) in states {
                let query = sqlx::query(PUT_STATE).bind(site).bind(kid).bind(state.word()).bind(now);
                query.execute(&mut *tx).await?;
            }
        }
    }
    Ok(EngageDone::Nothing)
}

/// Decided in the transaction: of two that use one grant at a time, the second sees the first.
async fn renew(
    tx: &mut SqliteConnection,
    renewal: &Renewal,
    now: i64,
) -> Result<Result<(), GrantRefusal>, StorageError> {
    let row: Option<StoredGrant> = sqlx::query_as(GRANT).bind(renewal.from.as_slice()).fetch_optional(&mut *tx).await?;
    let Some(StoredGrant(grant)) = row else { return Ok(Err(GrantRefusal::Unknown)) };
    if let Err(refusal) = grant.check(&renewal.mint.site, now) {
        if refusal == GrantRefusal::Replayed {
            sqlx::query(REVOKE).bind(&grant.chain.id).bind(now).execute(tx).await?;
        }
        return Ok(Err(refusal));
    }
    sqlx::query(USE_GRANT).bind(renewal.from.as_slice()).bind(now).execute(&mut *tx).await?;
    sqlx::query(ADD_GRANT).bind(renewal.to.as_slice()).bind(&grant.chain.id).execute(&mut *tx).await?;
    sqlx::query(COUNT_RENEWAL).bind(&grant.chain.id).execute(&mut *tx).await?;
    note(tx, &renewal.mint, now).await?;
    Ok(Ok(()))
}

async fn note(tx: &mut SqliteConnection, mint: &Mint, now: i64) -> Result<(), StorageError> {
    let query = sqlx::query(MINTED).bind(&mint.site).bind(&mint.uuid).bind(&mint.kid);
    query.bind(&mint.contact_id).bind(mint.exp).bind(now).execute(tx).await?;
    Ok(())
}

struct StoredGrant(Grant);

impl FromRow<'_, SqliteRow> for StoredGrant {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self(Grant {
            chain: Chain {
                id: row.try_get("id")?,
                site: row.try_get("site")?,
                uuid: row.try_get("uuid")?,
                contact_id: row.try_get("contact_id")?,
                claims: row.try_get("claims")?,
                ttl: row.try_get("ttl")?,
                ends_ms: row.try_get("ends_at")?,
                revoked_ms: row.try_get("revoked_at")?,
            },
            renewals: row.try_get("renewals")?,
            used_ms: row.try_get("used_at")?,
            uses: row.try_get("uses")?,
        }))
    }
}
