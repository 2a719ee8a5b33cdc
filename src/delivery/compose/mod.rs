//! What a log says upstream: a subject and a body, by templates, escaped for the connector's format.
//!
//! A template (`MiniJinja`) sees `kind`, `subject`, `direction`, `from`, `to`, `contact`, `operator`,
//! `started` (in the configured zone), `duration`, `result`, `note`, `recording`, `voicemail`, `ai_note`,
//! `transcript`, `legs`, `messages` (each `time`, `from`, `text`, `attachments`), `form`, `fields` (what was
//! answered to fields of one's own and has no place upstream, each `name`, `value`), `moved_to`, `incomplete`
//! (of a chat that was watched only in part), and `lines`, which says for each of these names whether it is
//! wanted. Values are never read as templates.

mod call;
mod chat;
mod escape;
mod message;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeZone;
use chrono_tz::Tz;
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use crate::config::delivery::Line;
use crate::domain::upstream::LogFormat;
pub(super) use call::{of_call, recording};
pub(super) use chat::of_chat;
pub(super) use message::of_messages;

/// What a template sees.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Facts {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) direction: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) contact: Option<String>,
    pub(super) operator: String,
    pub(super) started: String,
    pub(super) duration: Option<String>,
    pub(super) result: Option<String>,
    pub(super) note: Option<String>,
    pub(super) recording: Option<String>,
    pub(super) voicemail: Option<String>,
    pub(super) ai_note: Option<String>,
    pub(super) transcript: Option<String>,
    pub(super) legs: Vec<String>,
    pub(super) messages: Vec<MessageFacts>,
    pub(super) form: serde_json::Map<String, serde_json::Value>,
    pub(super) fields: Vec<FieldFacts>,
    pub(super) moved_to: Option<String>,
    /// Messages are surely missing.
    pub(super) incomplete: bool,
}

/// An answer to a field of one's own.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct FieldFacts {
    pub(super) name: String,
    pub(super) value: String,
}

/// One message of a conversation's day.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct MessageFacts {
    pub(super) time: String,
    pub(super) from: String,
    pub(super) text: String,
    pub(super) attachments: Vec<String>,
    pub(super) transcript: Option<String>,
}

#[derive(Serialize)]
struct Scope<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    lines: BTreeMap<&'static str, bool>,
}

/// A connector's templates, compiled.
#[derive(Debug)]
pub(super) struct Composer {
    environment: Environment<'static>,
    format: LogFormat,
    lines: BTreeSet<Line>,
}

const CALL: &str = "call";
const MESSAGE: &str = "message";
const BEGINS: &str = "[Trunkline]";
const ENDS: &str = "[/Trunkline]";

fn shipped(format: LogFormat, name: &str) -> &'static str {
    match (format, name) {
        (LogFormat::Text, CALL) => include_str!("templates/call.txt"),
        (LogFormat::Text, _) => include_str!("templates/message.txt"),
        (LogFormat::Html, CALL) => include_str!("templates/call.html"),
        (LogFormat::Html, _) => include_str!("templates/message.html"),
        (LogFormat::Markdown, CALL) => include_str!("templates/call.md"),
        (LogFormat::Markdown, _) => include_str!("templates/message.md"),
    }
}

impl Composer {
    /// Templates of one's own take the place of the shipped ones. The error names the template, the line
    /// and what is wrong there.
    pub(super) fn new(
        format: LogFormat,
        lines: &[Line],
        call: Option<String>,
        message: Option<String>,
    ) -> Result<Self, String> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        escape::set(&mut environment, format);
        for (name, own) in [(CALL, call), (MESSAGE, message)] {
            let text = own.unwrap_or_else(|| shipped(format, name).to_owned());
            environment.add_template_owned(name, text).map_err(|error| words_of(name, &error))?;
        }
        let composer = Self { environment, format, lines: lines.iter().copied().collect() };
        // What only fails when it is used is found now.
        let (messages, fields) = (vec![MessageFacts::default()], vec![FieldFacts::default()]);
        let sample = Facts { kind: CALL, messages, fields, ..Facts::default() };
        composer.body(&sample, None)?;
        composer.body(&Facts { kind: MESSAGE, ..sample }, None)?;
        Ok(composer)
    }

    /// What the facts say, with the lines that are wanted; the connector's own where nobody says.
    pub(super) fn body(&self, facts: &Facts, wanted: Option<&[Line]>) -> Result<String, String> {
        let name = if facts.kind == MESSAGE { MESSAGE } else { CALL };
        let template = self.environment.get_template(name).map_err(|error| words_of(name, &error))?;
        let wants = |line: &Line| wanted.map_or_else(|| self.lines.contains(line), |wanted| wanted.contains(line));
        let lines = Line::ALL.into_iter().map(|line| (line.word(), wants(&line))).collect();
        let text =
            template.render(Value::from(Serde(Scope { facts, lines }))).map_err(|error| words_of(name, &error))?;
        Ok(text.trim().to_owned())
    }

    /// `body` between the marks by which it is found again.
    pub(super) fn marked(&self, body: &str) -> String {
        match self.format {
            LogFormat::Html => format!("<p>{BEGINS}</p>\n{body}\n<p>{ENDS}</p>"),
            LogFormat::Text | LogFormat::Markdown => format!("{BEGINS}\n{body}\n{ENDS}"),
        }
    }

    /// `body` in the place of the block in `standing`; what people wrote around it stays. Where they
    /// removed the block, it is put at the end.
    pub(super) fn replaced(&self, standing: &str, body: &str) -> String {
        let block = self.marked(body);
        let (open, close) = match self.format {
            LogFormat::Html => ("<p>", "</p>"),
            LogFormat::Text | LogFormat::Markdown => ("", ""),
        };
        let begins = standing.find(BEGINS);
        let ends = standing.rfind(ENDS);
        if let (Some(begins), Some(ends)) = (begins, ends)
            && begins < ends
        {
            let start = standing[..begins].strip_suffix(open).map_or(begins, str::len);
            let after = ends + ENDS.len();
            let end = after + standing[after..].strip_prefix(close).map_or(0, |_| close.len());
            return format!("{}{block}{}", &standing[..start], &standing[end..]);
        }
        if standing.trim().is_empty() { block } else { format!("{}\n{block}", standing.trim_end()) }
    }
}

fn words_of(name: &str, error: &minijinja::Error) -> String {
    let place = error.line().map_or_else(String::new, |line| format!(", line {line}"));
    format!("the {name} template{place}: {error}")
}

/// A moment in the configured zone, as people write it.
pub(super) fn moment(ms: i64, zone: Tz) -> String {
    match zone.timestamp_millis_opt(ms) {
        chrono::LocalResult::Single(time) | chrono::LocalResult::Ambiguous(time, _) => {
            time.format("%Y-%m-%d %H:%M:%S %Z").to_string()
        }
        chrono::LocalResult::None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "Quoted $150 & <b>\n{{ 7 * 7 }} *stars* [link](x) `code`";

    fn composer(format: LogFormat) -> Composer {
        Composer::new(format, &Line::ALL, None, None).expect("the shipped templates")
    }

    fn facts() -> Facts {
        Facts {
            kind: CALL,
            direction: "Inbound".into(),
            from: "+16505550100".into(),
            to: "+16505550199".into(),
            note: Some(NOTE.into()),
            result: Some("Accepted".into()),
            ..Facts::default()
        }
    }

    #[test]
    fn a_note_survives_in_every_format() {
        let text = composer(LogFormat::Text).body(&facts(), None).expect("a body");
        assert!(text.contains(NOTE), "{text}");
        let html = composer(LogFormat::Html).body(&facts(), None).expect("a body");
        assert!(html.contains("Quoted $150 &amp; &lt;b&gt;<br>") && html.contains("{{ 7 * 7 }}"), "{html}");
        let markdown = composer(LogFormat::Markdown).body(&facts(), None).expect("a body");
        assert!(markdown.contains(r"Quoted $150 &amp; &lt;b&gt;") && markdown.contains(r"\*stars\*"), "{markdown}");
    }

    #[test]
    fn lines_can_be_left_out() {
        let composer = Composer::new(LogFormat::Text, &[Line::Note], None, None).expect("templates");
        let text = composer.body(&facts(), None).expect("a body");
        assert!(text.contains("Quoted") && !text.contains("Accepted") && !text.contains("+1650"), "{text}");
    }

    #[test]
    fn only_our_block_is_replaced() {
        for format in [LogFormat::Text, LogFormat::Html, LogFormat::Markdown] {
            let composer = composer(format);
            let first = composer.marked("one");
            let edited = format!("Called back. Ada\n{first}\nSee also the order.");
            let again = composer.replaced(&edited, "two");
            assert_eq!(again, format!("Called back. Ada\n{}\nSee also the order.", composer.marked("two")));
            assert_eq!(composer.replaced("Mine only", "two"), format!("Mine only\n{}", composer.marked("two")));
            assert_eq!(composer.replaced(" ", "two"), composer.marked("two"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_template_is_told_with_its_line() {
        let wrong = |text: &str| Composer::new(LogFormat::Text, &[], Some(text.into()), None).unwrap_err();
        let words = wrong("a\n{% if %}");
        assert!(words.contains("call template, line 2"), "{words}");
        let words = wrong("{{ nonsense.deep }}");
        assert!(words.contains("undefined"), "{words}");
    }
}
