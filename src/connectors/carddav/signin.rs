//! How a CardDAV server wants to be opened: by a password as nearly everywhere, by OAuth at Google, or
//! not at all on a network of one's own.

use url::Url;

use crate::config::{ConnectorConfig, SignIn};
use crate::domain::credential::{AuthKind, OAuthEndpoints};

/// What `vars` may hold beside `book`.
const KNOWN: [&str; 5] = ["book", "authorize_url", "token_url", "revoke_url", "scope"];

/// What is wrong with the part of the configuration that is about signing in, and `vars`.
pub(super) fn check(id: &str, config: &ConnectorConfig) -> Result<(), String> {
    if let Some(unknown) = config.vars.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        let known = KNOWN.join(", ");
        return Err(format!("connectors.{id}.vars.{unknown} is not known: a CardDAV connector has {known}"));
    }
    match kind(config) {
        AuthKind::OAuth(ends) if ends.authorize_url.is_empty() || ends.token_url.is_empty() => Err(format!(
            "connectors.{id} has a client_id, but not where to sign in: set vars.authorize_url, vars.token_url and \
             vars.scope, or give username and password instead"
        )),
        _ => Ok(()),
    }
}

pub(super) fn kind(config: &ConnectorConfig) -> AuthKind {
    if config.sign_in == SignIn::Nobody {
        return AuthKind::Open;
    }
    if !config.client_id.is_empty() {
        return AuthKind::OAuth(endpoints(config));
    }
    if config.password.is_empty() && !config.api_key.is_empty() {
        return AuthKind::ApiKey;
    }
    AuthKind::Password
}

fn endpoints(config: &ConnectorConfig) -> OAuthEndpoints {
    let var = |key: &str| config.vars.get(key).cloned();
    let url = Url::parse(&config.url).ok();
    let google = url.as_ref().and_then(Url::host_str).is_some_and(|host| {
        ["googleapis.com", "google.com"]
            .iter()
            .any(|own| host.strip_suffix(own).is_some_and(|sub| sub.is_empty() || sub.ends_with('.')))
    });
    let or_google =
        |key: &str, text: &str| var(key).unwrap_or_else(|| if google { text.to_owned() } else { String::new() });
    let revoke_url = or_google("revoke_url", "https://oauth2.googleapis.com/revoke");
    let scope = or_google("scope", "https://www.googleapis.com/auth/carddav");
    let params = if google { vec![("access_type", "offline"), ("prompt", "consent")] } else { Vec::new() };
    OAuthEndpoints {
        authorize_url: or_google("authorize_url", "https://accounts.google.com/o/oauth2/v2/auth"),
        token_url: or_google("token_url", "https://oauth2.googleapis.com/token"),
        revoke_url: Some(revoke_url).filter(|url| !url.is_empty()),
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
        authorize_params: params.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        ..OAuthEndpoints::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, client_id: &str, vars: &[(&str, &str)]) -> ConnectorConfig {
        let vars = vars.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ConnectorConfig { url: url.into(), client_id: client_id.into(), vars, ..ConnectorConfig::default() }
    }

    #[test]
    fn a_password_unless_something_else_is_said() {
        assert_eq!(kind(&config("https://dav.example.com/", "", &[])), AuthKind::Password);
        let open = ConnectorConfig { sign_in: SignIn::Nobody, ..config("http://127.0.0.1/", "", &[]) };
        assert_eq!(kind(&open), AuthKind::Open);
        let AuthKind::OAuth(google) = kind(&config("https://www.googleapis.com/", "id", &[])) else { panic!("oauth") };
        assert_eq!(google.scopes, ["https://www.googleapis.com/auth/carddav"]);
        assert!(google.token_url.starts_with("https://oauth2.googleapis.com/"));
        for url in ["https://evilgoogle.com/", "https://dav.example.com/"] {
            let error = check("dav", &config(url, "id", &[])).unwrap_err();
            assert!(error.contains("vars.token_url"), "{error}");
        }
        let own = [("authorize_url", "https://a.example/"), ("token_url", "https://t.example/"), ("scope", "a b")];
        let AuthKind::OAuth(own) = kind(&config("https://dav.example.com/", "id", &own)) else { panic!("oauth") };
        assert_eq!((own.scopes.len(), own.revoke_url), (2, None));
        assert!(
            check("dav", &config("https://dav.example.com/", "", &[("boook", "x")])).unwrap_err().contains("boook")
        );
    }
}
