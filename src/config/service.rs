//! `[service]`: how the daemon shows itself in the widget (protocol 2.2).

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::origin::check_image_url;
use super::report::Report;
use super::template::UrlTemplate;
use super::words::did_you_mean;
use crate::domain::log_form;
use crate::domain::setting::{self, Setting};

/// Names the widget uses for its own contact sources.
const TAKEN: [&str; 4] = ["contacts", "personal", "company", "call queues"];
/// Longest name or label, in characters: more does not fit the widget.
const MAX_LABEL: usize = 100;
/// Longest answer the widget may keep, in seconds: 30 days.
const MAX_TTL: u32 = 2_592_000;

/// `[service]`. A text that is empty leaves the widget's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the widget's")]
pub struct ServiceConfig {
    /// The service's name and the type of its contacts; the widget keeps matches under it.
    pub name: String,
    /// The name people see; `name` where it is empty.
    pub display_name: String,
    /// A sentence for the settings page.
    pub info: String,
    /// Icon of contacts: an https, http or data:image URL.
    pub contact_icon: String,
    /// IANA time zone of the daemon's own day, by which messages are logged together.
    #[serde(deserialize_with = "time_zone", serialize_with = "zone_name")]
    pub time_zone: Tz,
    /// How long the widget keeps a match, in seconds.
    pub contact_match_ttl_seconds: u32,
    /// After how many seconds the widget asks again for a number.
    pub contact_no_match_ttl_seconds: u32,

    /// Text of the log button of calls; "Log to" and the display name where it is empty.
    pub call_logger_title: String,
    /// Show the widget's own form when a call is logged.
    pub show_log_modal: bool,
    /// Let the widget add the operator's token to recording URLs. It dies within the hour.
    pub recording_with_token: bool,
    /// Label of the switch that logs calls by itself.
    pub call_auto_log_label: String,
    /// Text under that switch.
    pub call_auto_log_description: String,
    /// Warning at that switch.
    pub call_auto_log_warning: String,
    /// Operators cannot change the switch.
    pub call_auto_log_read_only: bool,
    /// Why they cannot.
    pub call_auto_log_read_only_reason: String,
    /// The value the switch is locked to.
    pub call_auto_log_read_only_value: bool,
    /// Hide the switch.
    pub call_auto_log_hidden: bool,
    /// Hide the edit button of logged calls.
    pub hide_edit_log_button: bool,

    /// Text of the log button of messages; "Log to" and the display name where it is empty.
    pub message_logger_title: String,
    /// Let the widget add the operator's token to URLs of voicemails and faxes.
    pub attachment_with_token: bool,
    /// Label of the switch that logs messages by itself.
    pub message_auto_log_label: String,
    /// Text under that switch.
    pub message_auto_log_description: String,
    /// Operators cannot change the switch.
    pub message_auto_log_read_only: bool,
    /// Why they cannot.
    pub message_auto_log_read_only_reason: String,
    /// The value the switch is locked to.
    pub message_auto_log_read_only_value: bool,
    /// Hide the switch.
    pub message_auto_log_hidden: bool,

    /// Text of the button of a connected operator.
    pub authorized_title: String,
    /// Text of the button of one who is not connected.
    pub unauthorized_title: String,
    /// Logo beside that button: an https, http or data:image URL.
    pub authorization_logo: String,
    /// Text of the meeting invitation button. Without it the widget shows none.
    pub meeting_invite_title: String,

    /// Let operators make a contact from an unknown number.
    pub create_contact: bool,

    /// Page of a contact: `{id}`, `{name}`, `{phone_number}`, `{email}`.
    pub contact_url: UrlTemplate,
    /// Page of an activity: `{id}`, `{contact_id}`.
    pub activity_url: UrlTemplate,
    /// Page of a logged call: `{id}`, `{session_id}`, `{telephony_session_id}`, `{contact_id}`,
    /// `{phone_number}`.
    pub call_log_url: UrlTemplate,
    /// Page of a logged conversation: `{id}`, `{conversation_id}`, `{date}`, `{contact_id}`,
    /// `{phone_number}`.
    pub message_log_url: UrlTemplate,
    /// Page that invites to a meeting: `{topic}`, `{location}`, `{details}`, `{time_from}`,
    /// `{time_to}`.
    pub meeting_invite_url: UrlTemplate,

    /// What the widget's settings page offers.
    pub settings: Vec<Setting>,
    /// What the log form of calls asks for beside contact and note.
    pub call_fields: Vec<Setting>,
    /// What the log form of conversations asks for.
    pub message_fields: Vec<Setting>,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            name: "Trunkline".into(),
            display_name: String::new(),
            info: String::new(),
            contact_icon: String::new(),
            time_zone: Tz::UTC,
            contact_match_ttl_seconds: 7_200,
            contact_no_match_ttl_seconds: 300,
            call_logger_title: String::new(),
            show_log_modal: true,
            recording_with_token: false,
            call_auto_log_label: String::new(),
            call_auto_log_description: String::new(),
            call_auto_log_warning: String::new(),
            call_auto_log_read_only: false,
            call_auto_log_read_only_reason: String::new(),
            call_auto_log_read_only_value: false,
            call_auto_log_hidden: false,
            hide_edit_log_button: false,
            message_logger_title: String::new(),
            attachment_with_token: false,
            message_auto_log_label: String::new(),
            message_auto_log_description: String::new(),
            message_auto_log_read_only: false,
            message_auto_log_read_only_reason: String::new(),
            message_auto_log_read_only_value: false,
            message_auto_log_hidden: false,
            authorized_title: "Disconnect".into(),
            unauthorized_title: "Connect".into(),
            authorization_logo: String::new(),
            meeting_invite_title: String::new(),
            create_contact: true,
            contact_url: UrlTemplate::default(),
            activity_url: UrlTemplate::default(),
            call_log_url: UrlTemplate::default(),
            message_log_url: UrlTemplate::default(),
            meeting_invite_url: UrlTemplate::default(),
            settings: Vec::new(),
            call_fields: Vec::new(),
            message_fields: Vec::new(),
        }
    }
}

impl ServiceConfig {
    /// The name people see.
    pub fn shown_name(&self) -> &str {
        if self.display_name.is_empty() { &self.name } else { &self.display_name }
    }

    /// Whether the widget shows its own log form for calls. It has no place for fields of one's own, so
    /// with such fields the form is ours.
    pub fn widget_call_form(&self) -> bool {
        self.show_log_modal && self.call_fields.is_empty()
    }

    /// Text of the log button of calls.
    pub fn call_title(&self) -> String {
        self.title_or_log_to(&self.call_logger_title)
    }

    /// Text of the log button of messages.
    pub fn message_title(&self) -> String {
        self.title_or_log_to(&self.message_logger_title)
    }

    fn title_or_log_to(&self, title: &str) -> String {
        if title.is_empty() { format!("Log to {}", self.shown_name()) } else { title.to_owned() }
    }

    pub(super) fn check(&self, report: &mut Report<'_>) {
        self.check_name(report);
        for (key, url) in [("contact_icon", &self.contact_icon), ("authorization_logo", &self.authorization_logo)] {
            if !url.is_empty()
                && let Err(words) = check_image_url(url)
            {
                report.wrong(&format!("service.{key}"), words);
            }
        }
        let template = |key: &str, template: &UrlTemplate, allowed: &[&str], report: &mut Report<'_>| {
            if let Err(words) = template.check(allowed) {
                report.wrong(&format!("service.{key}"), words);
            }
        };
        template("contact_url", &self.contact_url, &["id", "name", "phone_number", "email"], report);
        template("activity_url", &self.activity_url, &["id", "contact_id"], report);
        let call = ["id", "session_id", "telephony_session_id", "contact_id", "phone_number"];
        template("call_log_url", &self.call_log_url, &call, report);
        let message = ["id", "conversation_id", "date", "contact_id", "phone_number"];
        template("message_log_url", &self.message_log_url, &message, report);
        let meeting = ["topic", "location", "details", "time_from", "time_to"];
        template("meeting_invite_url", &self.meeting_invite_url, &meeting, report);
        if !self.meeting_invite_url.is_empty() && self.meeting_invite_title.is_empty() {
            let words = "is empty though service.meeting_invite_url is set: the widget shows no button without it";
            report.wrong("service.meeting_invite_title", words);
        }
        report.range("service.contact_match_ttl_seconds", self.contact_match_ttl_seconds, 1..=MAX_TTL);
        report.range("service.contact_no_match_ttl_seconds", self.contact_no_match_ttl_seconds, 1..=MAX_TTL);
        for (path, words) in setting::problems(&self.settings) {
            report.wrong(&format!("service.settings{path}"), words);
        }
        for (key, fields) in [("call_fields", &self.call_fields), ("message_fields", &self.message_fields)] {
            for (path, words) in log_form::problems(fields) {
                report.wrong(&format!("service.{key}{path}"), words);
            }
        }
    }

    fn check_name(&self, report: &mut Report<'_>) {
        let name = self.name.trim();
        if name.is_empty() || name != self.name || name.chars().count() > MAX_LABEL {
            let words = format!("must be 1 to {MAX_LABEL} characters without blanks around them");
            report.wrong("service.name", words);
        } else if TAKEN.contains(&name.to_lowercase().as_str()) {
            report.wrong("service.name", format!("`{name}` is taken by the widget itself: choose another"));
        }
        for (key, text) in [
            ("display_name", &self.display_name),
            ("call_logger_title", &self.call_logger_title),
            ("message_logger_title", &self.message_logger_title),
            ("call_auto_log_label", &self.call_auto_log_label),
            ("message_auto_log_label", &self.message_auto_log_label),
            ("authorized_title", &self.authorized_title),
            ("unauthorized_title", &self.unauthorized_title),
            ("meeting_invite_title", &self.meeting_invite_title),
        ] {
            if text.chars().count() > MAX_LABEL {
                report.wrong(&format!("service.{key}"), format!("is longer than {MAX_LABEL} characters"));
            }
        }
    }
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(deserializer)?;
    let near = || did_you_mean(&name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
    name.parse().map_err(|_| {
        let near = Some(near()).filter(|words| words.starts_with("did"));
        let fix = near.unwrap_or_else(|| "write it like Europe/Berlin".into());
        de::Error::custom(format!("`{name}` is no IANA time zone: {fix}"))
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn zone_name<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(zone.name())
}
