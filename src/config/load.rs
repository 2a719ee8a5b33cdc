//! Defaults, then the file, then the environment: into one checked configuration.

use std::collections::BTreeMap;
use std::path::Path;

use super::Config;
use super::draft::Draft;
use super::places::File;
use super::problem::{ConfigError, Place, Problem};
use super::report::Report;

/// A configuration that may be used, and what deserves a look.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration; what is normalised is normal, what is in files has been read.
    pub config: Config,
    /// Words for the log, each naming its key.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads the file, if one is named, and the variables `TRUNKLINE__SECTION__KEY` of `env`.
    ///
    /// A variable is taken as it is where its key holds text, and as a TOML value otherwise
    /// (`TRUNKLINE__SERVER__HOSTS='["crm.example"]'`); what is inside a list is reached by place
    /// (`TRUNKLINE__OPERATORS__KEYS__0__SECRET`). Other variables are not looked at. Files named in
    /// the configuration are read from the working directory.
    ///
    /// # Errors
    /// All that must be corrected, with file, line, key and the fix; no values of secrets.
    pub fn load(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Loaded, ConfigError> {
        let Some(path) = file else { return Self::parse("", "", env) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&path.display().to_string(), &text, env)
    }

    /// As [`Config::load`], from the text of a file and the name to call it by.
    pub fn parse(
        name: &str,
        text: &str,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let variables: BTreeMap<String, String> = env.into_iter().collect();
        let mut draft = Draft::new();
        draft.add_file(&File { name, text })?;
        draft.add_env(&variables);
        // What does not fit would make later findings wrong (a misspelt `auth` is not "none").
        if !draft.problems.is_empty() {
            return Err(ConfigError::Invalid(draft.problems));
        }
        let mut config = draft.build().map_err(|error| {
            // Each key fitted alone, and no two keys share a shape.
            let words = super::words::friendly(error.message());
            ConfigError::Invalid(vec![Problem { key: String::new(), place: Place::Unset, unknown: false, words }])
        })?;
        let mut report = Report::new(&draft.places);
        config.check(&mut report);
        let Report { problems, warnings, .. } = report;
        if problems.is_empty() { Ok(Loaded { config, warnings }) } else { Err(ConfigError::Invalid(problems)) }
    }

    fn check(&mut self, report: &mut Report<'_>) {
        self.server.check(report);
        self.storage.check(report);
        self.operators.check(report);
        self.api.check(report);
        self.numbers.check(report);
        for (id, connector) in &mut self.connectors {
            connector.check(id, report);
        }
        self.roxchat.check(report);
        self.vault.check(report);
        self.conversations.check(report);
        self.delivery.check(report);
        self.log.check(report);
        self.media.check(report);
        self.engage.check(report);
        self.service.check(report);
        self.check_places(report);
        self.check_exposure(report);
    }

    /// What is placed upstream must be asked for.
    fn check_places(&self, report: &mut Report<'_>) {
        for (id, connector) in &self.connectors {
            let logs = &connector.logs;
            let forms = [
                ("call_fields", &logs.call_fields, &self.service.call_fields),
                ("message_fields", &logs.message_fields, &self.service.message_fields),
            ];
            for (key, places, fields) in forms {
                for name in places.keys().filter(|name| fields.iter().all(|field| field.id != **name)) {
                    let near = super::did_you_mean(name, fields.iter().map(|field| field.id.as_str()));
                    let words = format!("is no field of the form: [[service.{key}]] declares them; {near}");
                    report.wrong(&format!("connectors.{id}.logs.{key}.{name}"), words);
                }
            }
        }
    }

    /// Without tokens whoever reaches the daemon is the operator.
    fn check_exposure(&self, report: &mut Report<'_>) {
        if self.operators.auth != super::Auth::None {
            return;
        }
        if !self.server.listen.ip().is_loopback() {
            report.wrong(
                "server.listen",
                format!(
                    "{} is reached from other machines, and with operators.auth = \"none\" everybody there would be the \
                     operator: listen on 127.0.0.1, or set operators.auth = \"jwt\" and give a key in operators.keys",
                    self.server.listen
                ),
            );
        } else if !self.server.public_url.is_empty() {
            report.warn(
                "operators.auth",
                "is \"none\" though server.public_url is set: everybody who reaches that URL is the one local operator",
            );
        }
        if !self.api.is_empty() {
            report.warn("api.keys", "are not asked for: operators.auth is \"none\"");
        }
    }
}
