//! `[media]`: whether recordings, voicemails, faxes and attachments are kept, where, and for how long.

use serde::{Deserialize, Serialize};

use super::connectors::read_secret;
use super::report::Report;
use super::secret::Secret;
use crate::domain::media::MediaKind;

/// `RingCentral`'s own: production and sandbox.
const HOSTS: [&str; 4] = [
    "media.ringcentral.com",
    "platform.ringcentral.com",
    "media.devtest.ringcentral.com",
    "platform.devtest.ringcentral.com",
];

/// `[media]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Fetch media as they are logged. The widget then sends the operator's token along.
    pub fetch: bool,
    /// Which address the CRM gets.
    pub link: MediaLink,
    /// Hosts that media are fetched from, by https: a name, or `.name` for all names that end so.
    pub hosts: Vec<String>,
    /// `host:port` of servers of one's own, taken at any address and by http as well.
    pub allowed_hosts: Vec<String>,
    /// The folder; `media` beside the database where it is empty.
    pub folder: String,
    /// Greatest file in megabytes: 1 to 5,000.
    pub max_file_mb: u32,
    /// Files fetched at once: 1 to 32.
    pub concurrency: u32,
    /// Seconds that one file may take: 5 to 3,600.
    pub timeout_seconds: u32,
    /// Hours a browser may listen after it was let in: 1 to 168.
    pub session_hours: u32,
    /// Days that files are kept.
    pub retention: RetentionConfig,
    /// A bucket in place of the folder.
    pub s3: S3Config,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            fetch: false,
            link: MediaLink::Stored,
            hosts: HOSTS.map(str::to_owned).to_vec(),
            allowed_hosts: Vec::new(),
            folder: String::new(),
            max_file_mb: 100,
            concurrency: 4,
            timeout_seconds: 120,
            session_hours: 8,
            retention: RetentionConfig::default(),
            s3: S3Config::default(),
        }
    }
}

/// Which address the CRM gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaLink {
    /// Ours, once the file is here.
    Stored,
    /// The vendor's.
    Vendor,
}

/// `[media.retention]`: days from the call or message on; 0 is for ever.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionConfig {
    /// Of call recordings.
    pub recording_days: u32,
    /// Of voicemails.
    pub voicemail_days: u32,
    /// Of faxes.
    pub fax_days: u32,
    /// Of attachments of messages.
    pub attachment_days: u32,
}

impl RetentionConfig {
    /// Days that files of a kind are kept; 0 is for ever.
    pub fn days(&self, kind: MediaKind) -> u32 {
        match kind {
            MediaKind::Recording => self.recording_days,
            MediaKind::Voicemail => self.voicemail_days,
            MediaKind::Fax => self.fax_days,
            MediaKind::Attachment => self.attachment_days,
        }
    }
}

/// `[media.s3]`: a bucket that speaks S3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3Config {
    /// The bucket; without it files are kept in the folder.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The server's address where that is not Amazon's.
    pub endpoint: String,
    /// Names the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: Secret,
    /// A file that holds the key.
    pub secret_access_key_file: String,
    /// The bucket stands in the path, not in the host name.
    pub path_style: bool,
    /// What the names of all objects start with.
    pub prefix: String,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            region: "us-east-1".into(),
            endpoint: String::new(),
            access_key_id: String::new(),
            secret_access_key: Secret::default(),
            secret_access_key_file: String::new(),
            path_style: true,
            prefix: String::new(),
        }
    }
}

impl MediaConfig {
    pub(super) fn check(&mut self, report: &mut Report<'_>) {
        for (index, host) in self.hosts.iter_mut().enumerate() {
            *host = host.trim().to_ascii_lowercase();
            if !is_name(host.strip_prefix('.').unwrap_or(host)) {
                let words = format!(
                    "`{host}` is no host name: write it like media.ringcentral.com, or .example.com for all names that \
                     end so; a server of your own with its port belongs in media.allowed_hosts"
                );
                report.wrong(&format!("media.hosts[{index}]"), words);
            }
        }
        for (index, place) in self.allowed_hosts.iter_mut().enumerate() {
            *place = place.trim().to_ascii_lowercase();
            let key = format!("media.allowed_hosts[{index}]");
            if is_place(place) {
                report.warn(&key, "is fetched from at any address, private ones and plain http too");
            } else {
                report.wrong(&key, format!("`{place}` is no host with a port: write it like pbx.example:8443"));
            }
        }
        report.range("media.max_file_mb", self.max_file_mb, 1..=5_000);
        report.range("media.concurrency", self.concurrency, 1..=32);
        report.range("media.timeout_seconds", self.timeout_seconds, 5..=3_600);
        report.range("media.session_hours", self.session_hours, 1..=168);
        for kind in MediaKind::ALL {
            report.range(&format!("media.retention.{}_days", kind.word()), self.retention.days(kind), 0..=36_500);
        }
        self.s3.check(report);
        if !self.s3.bucket.is_empty() && !self.folder.is_empty() {
            report.wrong("media.folder", "is set beside `media.s3.bucket`: keep one of the two");
        }
    }
}

impl S3Config {
    fn check(&mut self, report: &mut Report<'_>) {
        let key = "media.s3.secret_access_key";
        read_secret(key, &mut self.secret_access_key, &self.secret_access_key_file, report);
        if self.bucket.is_empty() {
            return;
        }
        if self.access_key_id.is_empty() || self.secret_access_key.is_empty() {
            report.wrong(key, "is missing, or its access_key_id is: a bucket needs both");
        }
        if !self.endpoint.is_empty() {
            match url::Url::parse(&self.endpoint) {
                Ok(url) if url.scheme() == "https" && url.has_host() => {}
                Ok(url) if url.scheme() == "http" && url.has_host() => {
                    report.warn("media.s3.endpoint", "is http: recordings cross the network in the clear");
                }
                _ => report.wrong("media.s3.endpoint", "is not a web address: write https://host:port"),
            }
        }
    }
}

/// A plain name with a dot in it: no address, no port, no wildcard.
fn is_name(text: &str) -> bool {
    let letters =
        |label: &str| label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    text.contains('.')
        && text.split('.').all(|label| !label.is_empty() && letters(label))
        && matches!(url::Host::parse(text), Ok(url::Host::Domain(_)))
}

/// `host:port` as it stands in an address. (FTP's own port is nobody's here, so that it is always told.)
fn is_place(text: &str) -> bool {
    let url = url::Url::parse(&format!("ftp://{text}/"));
    url.is_ok_and(|url| url.port().is_some_and(|port| text == format!("{}:{port}", url.host_str().unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_wrong_is_told_and_secrets_are_not() {
        let text = "[media]\nhosts = ['*.ringcentral.com']\nallowed_hosts = ['pbx.example']\nmax_file_mb = 0\n\
            [media.retention]\nfax_days = 40000\n[media.s3]\nbucket = 'b'\nendpoint = 'minio'\nsecret_access_key = 'CANARY'";
        let told = Config::parse("t.toml", text, []).expect_err("wrong").to_string();
        for part in [
            "`media.hosts[0]` (t.toml line 2)",
            "media.allowed_hosts[0]",
            "media.max_file_mb",
            "media.retention.fax_days",
            "media.s3.secret_access_key",
            "media.s3.endpoint",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("CANARY"), "{told}");
    }

    #[test]
    fn a_variable_reaches_into_a_table() {
        let env = [
            ("TRUNKLINE__MEDIA__FETCH", "true"),
            ("TRUNKLINE__MEDIA__RETENTION__FAX_DAYS", "7"),
            ("TRUNKLINE__MEDIA__S3__BUCKET", "calls"),
            ("TRUNKLINE__MEDIA__S3__ACCESS_KEY_ID", "AK"),
            ("TRUNKLINE__MEDIA__S3__SECRET_ACCESS_KEY", "CANARY"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let loaded = Config::parse("", "", env).unwrap_or_else(|error| panic!("{error}"));
        let media = &loaded.config.media;
        assert_eq!((media.fetch, media.retention.fax_days, media.s3.bucket.as_str()), (true, 7, "calls"));
        assert_eq!(media.s3.secret_access_key.expose(), "CANARY");
        assert!(!loaded.config.print().contains("CANARY"));
    }

    #[test]
    fn hosts_are_plain_names_and_places_have_a_port() {
        for name in ["media.ringcentral.com", "xn--bcher-kva.example"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "com", "*.ringcentral.com", "127.0.0.1", "0x7f.1", "a..b", "a.b.", "a.b:1", "bücher.example"]
        {
            assert!(!is_name(name), "{name}");
        }
        for place in ["127.0.0.1:8443", "[::1]:8443", "pbx.example:443", "pbx:80"] {
            assert!(is_place(place), "{place}");
        }
        for place in ["pbx.example", "127.1:80", "http://x:1", "x:0x1", "user@x:1", "x:1/"] {
            assert!(!is_place(place), "{place}");
        }
    }
}
