//! What goes into the site's pages. Every value is encoded for the place where it stands: as JSON in a
//! script, percent-encoded in an address, escaped in an attribute.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::verdict::{Place, Presented, verdict};
use crate::config::engage::SiteConfig;

/// Stands for a token that the site's server puts there.
const TOKEN: &str = "TOKEN-FROM-YOUR-SERVER";

/// The kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described by its title")]
pub enum Kind {
    Minimal,
    Unsigned,
    Signed,
    Variables,
    FixedButtons,
    Embedded,
    Iframe,
}

impl Kind {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::Minimal,
        Self::Unsigned,
        Self::Signed,
        Self::Variables,
        Self::FixedButtons,
        Self::Embedded,
        Self::Iframe,
    ];

    /// As in an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Unsigned => "unsigned",
            Self::Signed => "signed",
            Self::Variables => "variables",
            Self::FixedButtons => "fixed-buttons",
            Self::Embedded => "embedded",
            Self::Iframe => "iframe",
        }
    }

    /// From a word of an address.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// For a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::Minimal => "The chat, on every page",
            Self::Unsigned => "Who the visitor is, unsigned",
            Self::Signed => "Who the visitor is, signed",
            Self::Variables => "Custom variables",
            Self::FixedButtons => "Fixed buttons",
            Self::Embedded => "The chat inside of an element",
            Self::Iframe => "The chat in a frame, without a script",
        }
    }
}

/// What stands in a snippet; samples where it is left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Values {
    /// As given to `_setIdentity`.
    pub identity: Option<Map<String, Value>>,
    /// A signed identity.
    pub token: Option<String>,
    /// Custom variables by their names.
    pub variables: Option<Map<String, Value>>,
    /// Ids of fixed buttons.
    pub buttons: Option<Vec<String>>,
    /// The id of the element that the chat is embedded in.
    pub parent_node_id: Option<String>,
}

/// Code for a page, and what to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snippet {
    /// The kind's word.
    pub kind: &'static str,
    /// For a person.
    pub title: &'static str,
    /// HTML.
    pub code: String,
    /// The frame's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Sentences.
    pub notes: Vec<String>,
}

/// A value that cannot stand in a snippet: a stable code, and words.
pub type SnippetProblem = (&'static str, String);

/// The code of a kind.
pub fn snippet(site: &SiteConfig, kind: Kind, values: &Values) -> Result<Snippet, SnippetProblem> {
    let variables = checked_variables(values)?;
    let mut url = None;
    let code = match kind {
        Kind::Minimal => minimal(site),
        Kind::Unsigned => {
            let identity = values.identity.clone().unwrap_or_else(sample_identity);
            pushes(&[json!(["_setIdentity", identity])])
        }
        Kind::Signed => pushes(&[json!(["_setSignedIdentity", values.token.as_deref().unwrap_or(TOKEN)])]),
        Kind::Variables => {
            let sample = json!({"custom_cart_amount": 58});
            let variables = variables.or(sample.as_object()).into_iter().flatten();
            pushes(&variables.map(|(name, value)| json!(["_fillCustomVariable", name, value])).collect::<Vec<_>>())
        }
        Kind::FixedButtons => buttons(values)?,
        Kind::Embedded => embedded(values)?,
        Kind::Iframe => {
            let address = frame_url(site, values.token.as_deref().unwrap_or(TOKEN), variables);
            let code = format!(
                "<iframe src=\"{}\" referrerpolicy=\"no-referrer\" title=\"Chat\"></iframe>\n",
                attribute(&address)
            );
            url = Some(address);
            code
        }
    };
    Ok(Snippet { kind: kind.word(), title: kind.title(), code, url, notes: notes(site, kind) })
}

fn notes(site: &SiteConfig, kind: Kind) -> Vec<String> {
    let mode = site.mode.word();
    let with = |place, presented| format!("With mode \"{mode}\" {}.", verdict(place, presented).words());
    let (own, other) = match kind {
        Kind::Minimal => (
            with(Place::Page(site.mode), Presented::Nothing),
            "Compare it with \"Code to include\" of the source in Engage, which counts.",
        ),
        Kind::Unsigned => (
            with(Place::Page(site.mode), Presented::Unsigned),
            "Anybody can change what stands in a page: nothing of it is proven.",
        ),
        Kind::Signed => (
            with(Place::Page(site.mode), Presented::Valid),
            "Your server puts a new token there for each visitor; no cache may keep the page. Renew it before less than \
             an hour is left, with the adapter's engage.identify().",
        ),
        Kind::Variables => {
            ("Names of custom variables start with custom_.".to_owned(), "Each must be configured in Engage.")
        }
        Kind::FixedButtons => {
            ("Put each where its button is to be.".to_owned(), "The button's positioning in Engage must be \"Fixed\".")
        }
        Kind::Embedded => (
            "For sources in messaging mode only; triggers are ignored.".to_owned(),
            "The element must stand in the page before the script.",
        ),
        Kind::Iframe => (
            with(Place::Frame(site.mode), Presented::Valid),
            "\"Deny iFrame integration\" must be off in Engage (Admin, Settings, Security). The token stands in the \
             address: load the frame anew to renew it.",
        ),
    };
    vec![own, other.to_owned()]
}

fn minimal(site: &SiteConfig) -> String {
    let address = format!("https://{}/chat/{}/loader.js", site.host(), site.source_token);
    format!(
        "<script>\n  (function (page) {{\n    var loader = page.createElement(\"script\");\n    loader.async = true;\n    \
         loader.src = {};\n    page.head.appendChild(loader);\n  }}(document));\n</script>\n",
        in_script(&address.into())
    )
}

/// Commands on the chat's queue.
fn pushes(commands: &[Value]) -> String {
    let mut code = "<script>\n  var _chatq = _chatq || [];\n".to_owned();
    for command in commands {
        // Writing to a String cannot fail.
        let _ = writeln!(code, "  _chatq.push({});", in_script(command));
    }
    code.push_str("</script>\n");
    code
}

fn buttons(values: &Values) -> Result<String, SnippetProblem> {
    let sample = vec!["b8d7e7c72b6f86af6e766559".to_owned()];
    let ids = values.buttons.as_ref().unwrap_or(&sample);
    let mut code = String::new();
    for id in ids {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(("button_id", "the id of a fixed button is of letters and digits, as Engage shows it".into()));
        }
        let _ = writeln!(code, "<div id=\"dimelo_chat_item_markup_{id}\" class=\"dimelo_chat_item_markup\"></div>");
    }
    Ok(code)
}

fn embedded(values: &Values) -> Result<String, SnippetProblem> {
    let id = values.parent_node_id.as_deref().unwrap_or("messaging-container");
    if id.is_empty() || id.contains(char::is_whitespace) {
        return Err(("parent_node_id", "`parentNodeId` is the id of an element: text without spaces".into()));
    }
    let configure = json!(["_setConfiguration", {"embedded": true, "parentNodeId": id}]);
    Ok(format!("<div id=\"{}\"></div>\n{}", attribute(id), pushes(&[configure])))
}

fn checked_variables(values: &Values) -> Result<Option<&Map<String, Value>>, SnippetProblem> {
    for (name, value) in values.variables.iter().flatten() {
        let rest = name.strip_prefix("custom_").unwrap_or_default();
        if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(("variable_name", "a custom variable's name is custom_ and letters, digits and _".into()));
        }
        if !matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)) {
            return Err(("variable_value", format!("`{name}` must be text, a number or a boolean")));
        }
    }
    Ok(values.variables.as_ref())
}

fn frame_url(site: &SiteConfig, token: &str, variables: Option<&Map<String, Value>>) -> String {
    let mut url = format!("https://{}/chat/{}/web?jwt_identity={}", site.host(), site.source_token, in_address(token));
    for (name, value) in variables.into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        let _ = write!(url, "&{}={}", in_address(name), in_address(&text));
    }
    url
}

fn sample_identity() -> Map<String, Value> {
    let sample = json!({
        "uuid": "54579fed6d617868b3010000",
        "screenname": "John Doe",
        "firstname": "John",
        "lastname": "Doe",
        "email": "john.doe@example.com",
        "extra_values": {"customer_id": "A123456"},
    });
    sample.as_object().cloned().unwrap_or_default()
}

/// JSON that ends no script and is read alike by old engines, where U+2028 and U+2029 end lines.
fn in_script(value: &Value) -> String {
    let mut out = String::new();
    for c in value.to_string().chars() {
        match c {
            // They stand in strings only: what is escaped there is the same text.
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn in_address(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> SiteConfig {
        SiteConfig { domain: "acme".into(), source_token: "5f1e".into(), ..SiteConfig::default() }
    }

    fn code(kind: Kind, values: &Value) -> String {
        let values = serde_json::from_value(values.clone()).expect("values");
        snippet(&site(), kind, &values).unwrap_or_else(|problem| panic!("{problem:?}")).code
    }

    /// The arguments of each push, read as a browser reads them.
    fn pushed(code: &str) -> Vec<Value> {
        let calls = code.lines().filter_map(|line| line.trim().strip_prefix("_chatq.push(")?.strip_suffix(");"));
        calls.map(|text| serde_json::from_str(text).expect("JSON")).collect()
    }

    const EVIL: &str = "</script><script>alert(1)//<!--\u{2028}\u{2029}'\"\\&lt;";

    #[test]
    fn values_stay_values_wherever_they_stand() {
        let identity = json!({"screenname": EVIL, "extra_values": {EVIL: EVIL}});
        let page = code(Kind::Unsigned, &json!({"identity": identity}));
        assert_eq!(pushed(&page), [json!(["_setIdentity", identity])]);
        let variables = json!({"custom_a": EVIL, "custom_b": 58, "custom_c": true});
        let page = format!("{page}{}", code(Kind::Variables, &json!({"variables": variables})));
        assert_eq!(
            pushed(&page)[1..],
            [
                json!(["_fillCustomVariable", "custom_a", EVIL]),
                json!(["_fillCustomVariable", "custom_b", 58]),
                json!(["_fillCustomVariable", "custom_c", true])
            ]
        );
        let page = format!("{page}{}", code(Kind::Signed, &json!({"token": EVIL})));
        assert_eq!(page.matches("</script>").count(), 3, "{page}");
        assert!(!page.contains(['\u{2028}', '\u{2029}']) && !page.contains("<!--"), "{page}");
    }

    #[test]
    fn an_address_holds_what_was_given() {
        let values: Values =
            serde_json::from_value(json!({"token": "a.b-c_d", "variables": {"custom_a": EVIL}})).expect("values");
        let frame = snippet(&site(), Kind::Iframe, &values).expect("a frame");
        let url = frame.url.expect("an address");
        let parsed = url::Url::parse(&url).expect("an address");
        let pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
        assert_eq!(pairs, [("jwt_identity".into(), "a.b-c_d".into()), ("custom_a".into(), EVIL.into())]);
        assert!(url.starts_with("https://acme.dimelochat.com/chat/5f1e/web?jwt_identity=a.b-c_d&custom_a="), "{url}");
        assert!(frame.code.contains("referrerpolicy=\"no-referrer\"") && !frame.code.contains(EVIL), "{}", frame.code);
        assert_eq!(frame.code.matches('<').count(), 2, "{}", frame.code);
    }

    #[test]
    fn each_kind_is_what_the_guide_asks_for() {
        let none = json!({});
        assert!(code(Kind::Minimal, &none).contains("\"https://acme.dimelochat.com/chat/5f1e/loader.js\""));
        let page = code(Kind::Embedded, &json!({"parentNodeId": "a\"b"}));
        assert!(page.starts_with("<div id=\"a&quot;b\"></div>\n<script>"), "{page}");
        assert_eq!(pushed(&page), [json!(["_setConfiguration", {"embedded": true, "parentNodeId": "a\"b"}])]);
        let page = code(Kind::FixedButtons, &json!({"buttons": ["b8d7", "c1"]}));
        assert_eq!(page.matches("class=\"dimelo_chat_item_markup\"").count(), 2, "{page}");
        for kind in Kind::ALL {
            let code = code(kind, &none);
            let queue = matches!(kind, Kind::Unsigned | Kind::Signed | Kind::Variables | Kind::Embedded);
            assert_eq!(code.contains("var _chatq = _chatq || [];"), queue, "{code}");
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
        }
    }

    #[test]
    fn what_cannot_stand_there_is_refused() {
        for (kind, values, code) in [
            (Kind::Variables, json!({"variables": {"cart": 1}}), "variable_name"),
            (Kind::Variables, json!({"variables": {"custom_": 1}}), "variable_name"),
            (Kind::Iframe, json!({"variables": {"custom_a&b": 1}}), "variable_name"),
            (Kind::Variables, json!({"variables": {"custom_a": null}}), "variable_value"),
            (Kind::Variables, json!({"variables": {"custom_a": []}}), "variable_value"),
            (Kind::FixedButtons, json!({"buttons": ["a\"b"]}), "button_id"),
            (Kind::Embedded, json!({"parentNodeId": "a b"}), "parent_node_id"),
        ] {
            let given: Values = serde_json::from_value(values.clone()).expect("values");
            assert_eq!(snippet(&site(), kind, &given).map_err(|problem| problem.0), Err(code), "{values}");
        }
    }
}
