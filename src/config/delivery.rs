//! `[delivery]` and `[connectors.ID.logs]`: which logs reach which CRM, when, and what they say there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::Report;
use crate::domain::upstream::LogFormat;

/// Longest waits that can be configured: a day.
const DAY_SECONDS: u32 = 86_400;

/// What happens to a log whose number several contacts have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Several {
    /// It waits until the operator says whose it is.
    #[default]
    Ask,
    /// The first of them, in the order the widget shows them.
    First,
    /// The one with the newest logged call or message.
    Recent,
}

/// What happens to a log whose number no contact has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Nobody {
    /// It is kept here only; it is delivered once it is put on a contact.
    #[default]
    Keep,
    /// It waits until the operator says whose it is.
    Ask,
    /// A contact is made upstream.
    Create,
    /// It is delivered without a contact.
    Log,
}

/// A line of a log's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// Inbound or outbound.
    Direction,
    /// Both numbers.
    Numbers,
    /// The contact's name.
    Contact,
    /// Who called.
    Operator,
    /// When it began.
    Started,
    /// How long it took.
    Duration,
    /// How it ended.
    Result,
    /// A link to the recording.
    Recording,
    /// A link to the voicemail.
    Voicemail,
    /// What the operator wrote.
    Note,
    /// What a machine summed up.
    AiNote,
    /// What was said.
    Transcript,
    /// Queue and transfer legs.
    Legs,
    /// What was answered to fields of one's own, as far as the CRM has no place for it.
    Fields,
}

impl Line {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Direction,
        Self::Numbers,
        Self::Contact,
        Self::Operator,
        Self::Started,
        Self::Duration,
        Self::Result,
        Self::Recording,
        Self::Voicemail,
        Self::Note,
        Self::AiNote,
        Self::Transcript,
        Self::Legs,
        Self::Fields,
    ];

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Direction => "Direction",
            Self::Numbers => "Numbers",
            Self::Contact => "Contact",
            Self::Operator => "Who called",
            Self::Started => "Start",
            Self::Duration => "Duration",
            Self::Result => "Result",
            Self::Recording => "Recording",
            Self::Voicemail => "Voicemail",
            Self::Note => "Note",
            Self::AiNote => "Summary by AI",
            Self::Transcript => "Transcript",
            Self::Legs => "Queue and transfers",
            Self::Fields => "Further fields of the form",
        }
    }

    /// As written in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Direction => "direction",
            Self::Numbers => "numbers",
            Self::Contact => "contact",
            Self::Operator => "operator",
            Self::Started => "started",
            Self::Duration => "duration",
            Self::Result => "result",
            Self::Recording => "recording",
            Self::Voicemail => "voicemail",
            Self::Note => "note",
            Self::AiNote => "ai_note",
            Self::Transcript => "transcript",
            Self::Legs => "legs",
            Self::Fields => "fields",
        }
    }
}

/// `[delivery]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryConfig {
    /// Where several contacts have the number.
    pub several: Several,
    /// Where no contact has it.
    pub nobody: Nobody,
    /// Which lines a log's text has.
    pub lines: Vec<Line>,
    /// How long a call that ended waits for the telephone system's record, in seconds.
    pub settle_seconds: u32,
    /// After so many minutes without a post a call is taken for complete.
    pub finalise_minutes: u32,
    /// How long one write may take, in seconds.
    pub answer_seconds: u32,
    /// How long a write whose end is not known is left alone before it is looked up, in seconds.
    pub unclear_seconds: u32,
    /// How long a connector that fails is left alone at first, in seconds; it doubles. One that asks for
    /// fewer requests and names no time gets six times as long.
    pub rest_seconds: u32,
    /// The longest it is left alone, in seconds.
    pub longest_rest_seconds: u32,
    /// Most writes at once for one connector.
    pub parallel: u32,
}

impl Default for DeliveryConfig {
    fn default() -> Self {
        Self {
            several: Several::Ask,
            nobody: Nobody::Keep,
            lines: Line::ALL.to_vec(),
            settle_seconds: 60,
            finalise_minutes: 60,
            answer_seconds: 30,
            unclear_seconds: 60,
            rest_seconds: 5,
            longest_rest_seconds: 300,
            parallel: 4,
        }
    }
}

impl DeliveryConfig {
    pub(super) fn check(&self, report: &mut Report<'_>) {
        report.range("delivery.settle_seconds", self.settle_seconds, 0..=DAY_SECONDS);
        report.range("delivery.finalise_minutes", self.finalise_minutes, 1..=24 * 60);
        report.range("delivery.answer_seconds", self.answer_seconds, 1..=600);
        report.range("delivery.unclear_seconds", self.unclear_seconds, 1..=DAY_SECONDS);
        report.range("delivery.rest_seconds", self.rest_seconds, 1..=300);
        report.range("delivery.longest_rest_seconds", self.longest_rest_seconds, 1..=DAY_SECONDS);
        report.range("delivery.parallel", self.parallel, 1..=64);
    }
}

/// `[connectors.ID.logs]`. What is not given here is as in `[delivery]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogsConfig {
    /// Calls are delivered, where the connector can take them.
    pub calls: bool,
    /// Messages are.
    pub messages: bool,
    /// How the text is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<LogFormat>,
    /// File with a template for calls, in place of the shipped one.
    pub call_template: String,
    /// File with a template for messages.
    pub message_template: String,
    /// Where several contacts have the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub several: Option<Several>,
    /// Where no contact has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nobody: Option<Nobody>,
    /// Which lines a log's text has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<Line>>,
    /// Where answers of the log form go in a call: the form's field, and the upstream's name for its place.
    /// Beside and before what the manifest says; an empty name leaves the answer in the text.
    pub call_fields: BTreeMap<String, String>,
    /// The same for messages.
    pub message_fields: BTreeMap<String, String>,
}

impl Default for LogsConfig {
    fn default() -> Self {
        Self {
            calls: true,
            messages: true,
            format: None,
            call_template: String::new(),
            message_template: String::new(),
            several: None,
            nobody: None,
            lines: None,
            call_fields: BTreeMap::new(),
            message_fields: BTreeMap::new(),
        }
    }
}
