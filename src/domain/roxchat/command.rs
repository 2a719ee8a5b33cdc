//! Outgoing chats: how one ended, and the vendor's errors in words.

/// The vendor's error codes with what they mean for the agent.
pub const OUTGOING_ERRORS: [(&str, &str); 5] = [
    (
        "operator_cant_start_chat_with_visitor_from_another_department",
        "The visitor belongs to another department: a colleague there can invite them.",
    ),
    ("visitor_starting_chat_from_his_side", "The visitor is just starting a chat: it will appear in the workspace."),
    ("visitor_already_in_chat", "The visitor is chatting already."),
    ("no_tariff_option", "The Rox.Chat tariff does not include outgoing chats: ask your administrator."),
    ("unable_to_start_outgoing_chat", "Rox.Chat could not start the chat and does not say why: try again."),
];

/// How an outgoing chat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandStatus {
    /// The workspace was asked.
    Pending,
    /// The workspace showed the chat.
    Confirmed,
    /// The workspace refused, with a code.
    Error,
    /// Nothing came back: it may have been started or not.
    Unknown,
}

impl CommandStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Confirmed, Self::Error, Self::Unknown];

    /// The stored word, and the word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }

    /// From the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether a later word changes it: what was confirmed or refused stays so, silence may be broken.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Confirmed | Self::Error)
    }
}

/// What the agent is told.
pub fn outgoing_words(status: CommandStatus, code: Option<&str>) -> String {
    match status {
        CommandStatus::Pending => "The workspace was asked to start the chat.".into(),
        CommandStatus::Confirmed => "The chat was started.".into(),
        CommandStatus::Unknown => {
            "Rox.Chat did not answer. The chat may have begun or not: look into the workspace.".into()
        }
        CommandStatus::Error => {
            let known = OUTGOING_ERRORS.into_iter().find(|(known, _)| Some(*known) == code);
            known.map_or("Rox.Chat refused to start the chat.", |(_, words)| words).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_of_its_own_and_nothing_else_is_called_started() {
        let words: std::collections::BTreeSet<String> =
            OUTGOING_ERRORS.iter().map(|(code, _)| outgoing_words(CommandStatus::Error, Some(code))).collect();
        assert_eq!(words.len(), 5);
        let refused = outgoing_words(CommandStatus::Error, Some("brand_new"));
        for words in words.into_iter().chain([refused, outgoing_words(CommandStatus::Unknown, None)]) {
            assert!(!words.contains("was started."), "{words}");
        }
    }

    #[test]
    fn silence_is_not_the_last_word() {
        assert!(!CommandStatus::Unknown.is_final() && !CommandStatus::Pending.is_final());
        assert!(CommandStatus::Confirmed.is_final() && CommandStatus::Error.is_final());
        assert_eq!(CommandStatus::from_word("ok"), None);
    }
}
