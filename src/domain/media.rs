//! Media of logs: call recordings, voicemails, pages of faxes and what was sent along with messages.
//! What is known of each, and whether it is kept here. Tokens are not part of it: see [`Reference`].

pub mod reference;

pub use reference::{Reference, first_token, of_call, of_conversation};

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Of a call.
    Recording,
    /// Spoken onto the mailbox.
    Voicemail,
    /// The pages of a fax.
    Fax,
    /// Sent along with a message.
    Attachment,
}

impl MediaKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Recording, Self::Voicemail, Self::Fax, Self::Attachment];

    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Voicemail => "voicemail",
            Self::Fax => "fax",
            Self::Attachment => "attachment",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.word() == word).unwrap_or(Self::Attachment)
    }
}

/// Whether a file is kept here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// It is to be fetched, or is being fetched.
    Wanted,
    /// It is here.
    Stored,
    /// It could not be fetched; a later post may bring what is needed.
    Failed,
    /// Only the vendor's link is kept, by configuration.
    LinkOnly,
    /// It was here and was deleted: its time was over, or a program said so.
    Gone,
}

impl MediaState {
    /// The stored word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Stored => "stored",
            Self::Failed => "failed",
            Self::LinkOnly => "link_only",
            Self::Gone => "gone",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Self {
        match word {
            "wanted" => Self::Wanted,
            "stored" => Self::Stored,
            "failed" => Self::Failed,
            "gone" => Self::Gone,
            _ => Self::LinkOnly,
        }
    }
}

/// What a post says of one file, without the token: what storage is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaNote {
    /// What it is.
    pub kind: MediaKind,
    /// The message it came with; empty for what belongs to a call.
    pub message_id: String,
    /// The vendor's id of it: unique within its log and message.
    pub source_id: String,
    /// The vendor's address of the bytes, without tokens.
    pub uri: String,
    /// The vendor's page that plays it.
    pub link: Option<String>,
    /// Its name as it was sent.
    pub file_name: Option<String>,
    /// When the call or message was, Unix ms; its age counts from then.
    pub made_at: i64,
    /// [`MediaState::Wanted`] or [`MediaState::LinkOnly`].
    pub state: MediaState,
    /// Why it is in that state, as a sentence.
    pub words: String,
    /// A token came with it: what failed before may be tried again.
    pub fresh: bool,
}

/// One file of a log, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRow {
    /// Our id, `md_...`.
    pub id: String,
    /// The call log or message log.
    pub log_id: String,
    /// Whose log it is.
    pub operator: String,
    /// What it is.
    pub kind: MediaKind,
    /// The message it came with; empty for what belongs to a call.
    pub message_id: String,
    /// The vendor's id.
    pub source_id: String,
    /// The vendor's address of the bytes, without tokens.
    pub uri: String,
    /// The vendor's page that plays it.
    pub link: Option<String>,
    /// Whether it is here.
    pub state: MediaState,
    /// Why, as a sentence.
    pub words: String,
    /// Its name as it was sent.
    pub file_name: Option<String>,
    /// When the call or message was, Unix ms.
    pub made_at: i64,
    /// Unix ms before which a failed one is not tried again.
    pub not_before: i64,
    /// How often fetching it failed.
    pub attempts: i64,
    /// The bytes, where they are here.
    pub blob: Option<Blob>,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub updated_at: i64,
}

/// Bytes that are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// SHA-256 in hex: the same bytes are kept once.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// Checked against the bytes.
    pub content_type: String,
    /// Unix ms.
    pub stored_at: i64,
}

impl MediaRow {
    /// The address a CRM is given. With `base` (our own address, where `media.link` is "stored") ours,
    /// once the file is here; else the vendor's page or address.
    pub fn address(&self, base: Option<&str>) -> String {
        match base {
            Some(base) if self.state == MediaState::Stored => format!("{base}/media/{}", self.id),
            _ => self.link.as_ref().unwrap_or(&self.uri).clone(),
        }
    }
}
