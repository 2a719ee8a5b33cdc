//! Text that never reaches a log line or a printed configuration.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// A secret text; empty when it is not set. `Debug` and `Serialize` show `[redacted]`, and it is
/// wiped from memory when dropped.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself: for a comparison or a key, never for words.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// True when it is not set.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(SecretString::from(text))
    }
}

/// For comparing configurations, not for checking what a caller sends: it takes no constant time.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_empty() { "" } else { "[redacted]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_itself_nowhere() {
        let secret = Secret::from("CANARY");
        assert!(!format!("{secret:?}").contains("CANARY"));
        assert_eq!(serde_json::to_string(&secret).expect("json"), "\"[redacted]\"");
        assert_eq!(serde_json::to_string(&Secret::default()).expect("json"), "\"\"");
        assert_eq!(secret.expose(), "CANARY");
    }
}
