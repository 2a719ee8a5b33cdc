//! Why the call logger posts.

/// Why the widget posts (protocol 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Automatic, live.
    PresenceUpdate,
    /// Automatic, from the history.
    CallLogSync,
    /// The operator pressed Log.
    CreateLog,
    /// The operator pressed Edit.
    EditLog,
    /// The operator pressed View: opens the record, writes nothing.
    ViewLog,
    /// The operator picked another contact.
    ContactUpdated,
    /// The operator saved the log form.
    LogForm,
    /// A word this version does not know: taken like an automatic post.
    Unknown,
}

impl Trigger {
    /// From the widget's word.
    pub fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("presenceUpdate") => Self::PresenceUpdate,
            Some("callLogSync") => Self::CallLogSync,
            Some("createLog") => Self::CreateLog,
            Some("editLog") => Self::EditLog,
            Some("viewLog") => Self::ViewLog,
            Some("contactUpdated") => Self::ContactUpdated,
            Some("logForm") => Self::LogForm,
            _ => Self::Unknown,
        }
    }

    /// Whether a person waits for it.
    pub fn is_persons(self) -> bool {
        self.is_click() || self == Self::LogForm
    }

    pub(super) fn is_click(self) -> bool {
        matches!(self, Self::CreateLog | Self::EditLog | Self::ContactUpdated)
    }
}
