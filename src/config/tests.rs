use serde_json::json;

use super::{Auth, Config, ConfigError, KeyAlg, Loaded, LogFormat, Place, Problem, Secret};
use crate::domain::setting;

const EXAMPLE: &str = include_str!("../../config.example.toml");
const SECRET: &str = "CANARY-0123456789-0123456789-0123456789";

fn load(text: &str, env: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    Config::parse("trunkline.toml", text, env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

fn good(text: &str, env: &[(&str, &str)]) -> Config {
    load(text, env).unwrap_or_else(|error| panic!("{error}")).config
}

fn problems(text: &str, env: &[(&str, &str)]) -> Vec<String> {
    match load(text, env) {
        Err(ConfigError::Invalid(problems)) => problems.iter().map(Problem::to_string).collect(),
        other => panic!("expected problems, got {other:?}"),
    }
}

/// One problem, which holds every one of `words`.
fn told(text: &str, env: &[(&str, &str)], words: &[&str]) {
    let found = problems(text, env);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(words.iter().all(|word| found[0].contains(word)), "{found:?} lacks one of {words:?}");
}

/// Every key of a table with its section.
fn keys(table: &toml::Table) -> Vec<String> {
    let inner = |value: &toml::Value| value.as_table().into_iter().flatten().map(|(key, _)| key.clone()).collect();
    table
        .iter()
        .flat_map(|(section, value)| {
            let keys: Vec<String> = inner(value);
            keys.into_iter().map(move |key| format!("{section}.{key}"))
        })
        .collect()
}

#[test]
fn the_example_is_the_default_and_lists_every_key() {
    assert_eq!(good(EXAMPLE, &[]), Config::default());
    let example: toml::Table = EXAMPLE.parse().expect("TOML");
    let default = toml::Table::try_from(Config::default()).expect("serialises");
    assert_eq!(keys(&example), keys(&default));
    assert_eq!(example, default, "the example writes the defaults as they are");
}

/// The blocks that are commented out in the example are right as well.
#[test]
fn the_examples_blocks_can_be_used() {
    let mut text = String::new();
    let mut connector = false;
    for line in EXAMPLE.lines() {
        connector = line.starts_with('#')
            && (connector
                || ["# [connectors.", "# [engage.", "# [roxchat."].iter().any(|start| line.starts_with(start)));
        let code = line.strip_prefix("# ").filter(|code| {
            let key = code.split(['=', ' ']).next().unwrap_or_default();
            connector && !key.ends_with("_file")
                || code.starts_with("[[")
                || code.starts_with("  {")
                || *code == "]"
                || {
                    ["id", "type", "name", "value", "group_id", "items", "kid", "alg", "options", "required", "scopes"]
                        .contains(&key)
                        && code.contains(" = ")
                }
        });
        match code {
            Some(code) => text += code,
            None if ["keys = []", "settings = []", "call_fields = []", "scoped_keys = []"].contains(&line) => {}
            None => text += line,
        }
        text.push('\n');
    }
    let secrets = [("TRUNKLINE__OPERATORS__KEYS__0__SECRET", SECRET), ("TRUNKLINE__API__SCOPED_KEYS__0__KEY", SECRET)];
    let config = good(&text, &secrets);
    assert_eq!(config.api.scoped_keys[0].scopes.len(), 3);
    assert_eq!((config.service.settings.len(), config.operators.keys.len()), (3, 1));
    assert_eq!(config.connectors["books"].filter.tag, ["customer"]);
    assert_eq!(config.roxchat.workspaces["desk"].origin, "https://company.rox.chat");
    let site = &config.engage.sites["shop"];
    assert_eq!((site.keys.len(), site.extra_values.len(), site.origins.len()), (1, 1, 1));
    assert_eq!(config.engage.communities["support"].sites, ["shop"]);
    let all = setting::list_to_widget(&config.service.settings, &serde_json::Map::new());
    assert_eq!(all[1]["items"][1]["value"], json!([]));
    assert_eq!(all[2]["items"][0]["type"], "externalLink");
}

#[test]
fn layers_override_each_other() {
    let text =
        "[server]\nlisten = \"127.0.0.1:1\"\nshutdown_seconds = 5\nhosts = [\"A.example\"]\n[log]\nformat = \"json\"";
    let config = good(
        text,
        &[
            ("TRUNKLINE__SERVER__LISTEN", "localhost:2"),
            ("TRUNKLINE__SERVER__ALLOWED_ORIGINS", "[\"https://CRM.example:443\", \"https://crm.example\"]"),
            ("TRUNKLINE__STORAGE__TOMBSTONE_DAYS", "7"),
            ("TRUNKLINE__SERVICE__SHOW_LOG_MODAL", "false"),
            ("TRUNKLINE__SERVICE__NAME", "42"),
            ("TRUNKLINE_SERVICE_HOST", "ignored"),
            ("PATH", "ignored"),
        ],
    );
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:2");
    assert_eq!((config.server.shutdown_seconds, config.storage.tombstone_days), (5, 7));
    assert_eq!(config.server.allowed_origins, ["https://crm.example"], "normal and once");
    assert_eq!(config.server.hosts, ["a.example"]);
    assert_eq!((config.log.format, config.service.show_log_modal), (LogFormat::Json, false));
    assert_eq!(config.service.name, "42", "text stays text");
    assert_eq!(config.storage.url, "sqlite:trunkline.db");
}

#[test]
fn a_connector_can_stand_in_the_environment_alone() {
    let env = [
        ("TRUNKLINE__CONNECTORS__CRM__KIND", "hubspot"),
        ("TRUNKLINE__CONNECTORS__CRM__API_KEY", SECRET),
        ("TRUNKLINE__CONNECTORS__CRM__VARS__VERSION", "2026-03"),
    ];
    let config = good("", &env);
    let crm = &config.connectors["crm"];
    assert_eq!((crm.kind.name(), crm.api_key.expose(), crm.vars["version"].as_str()), ("hubspot", SECRET, "2026-03"));
    told("", &[("TRUNKLINE__CONNECTORS__CRM__KIND", "hubspott")], &["CRM__KIND", "hubspot"]);
}

#[test]
fn a_variable_reaches_into_a_list() {
    let text = "[operators]\nauth = \"jwt\"\n[[operators.keys]]\nkid = \"main\"\n";
    let env = [
        ("TRUNKLINE__OPERATORS__KEYS__0__SECRET", SECRET),
        ("TRUNKLINE__OPERATORS__KEYS__1__KID", "12"),
        ("TRUNKLINE__OPERATORS__KEYS__1__SECRET", SECRET),
    ];
    let config = good(text, &env);
    assert_eq!((config.operators.auth, config.operators.keys.len()), (Auth::Jwt, 2));
    assert_eq!(config.operators.keys[0].material(), SECRET);
    assert_eq!((config.operators.keys[1].kid.as_str(), config.operators.keys[1].alg), ("12", KeyAlg::HS256));
    told(text, &[env[0], ("TRUNKLINE__OPERATORS__KEYS__3__KID", "x")], &["keys[3].kid", "gap"]);
    told(text, &[env[0], ("TRUNKLINE__OPERATORS__KEYS__0__KIT", "x")], &["KEYS__0__KIT", "did you mean `kid`?"]);
    told(text, &[("TRUNKLINE__OPERATORS__KEYS__0__SECRET", "short")], &["KEYS__0__SECRET", "weak"]);
    let whole = format!("[{{kid = 'env', secret = '{SECRET}'}}]");
    let config = good(text, &[("TRUNKLINE__OPERATORS__KEYS", &whole)]);
    assert_eq!((config.operators.keys.len(), config.operators.keys[0].kid.as_str()), (1, "env"));
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_right_name() {
    told(
        "[server]\n\nlisen = \"127.0.0.1:1\"",
        &[],
        &["unknown key `server.lisen` (trunkline.toml line 3): did you mean `listen`?"],
    );
    told("[sevrer]\nlisten = \"x\"", &[], &["unknown key `sevrer` (trunkline.toml line 1)", "`server`"]);
    told("listen = \"x\"", &[], &["`listen`", "it belongs under [server]"]);
    told("[server]\nurl = \"x\"", &[], &["it belongs under [storage]"]);
    told("server = 1", &[], &["write [server]"]);
    told("", &[("TRUNKLINE__SERVER__LISEN", "x")], &["(environment TRUNKLINE__SERVER__LISEN)", "`listen`"]);
    told("", &[("TRUNKLINE__LISTEN", "x")], &["it belongs under [server]"]);
    told("", &[("TRUNKLINE__", "x")], &["TRUNKLINE__SECTION__KEY"]);
    told(
        "[[operators.keys]]\nkit = \"a\"",
        &[],
        &["unknown key `operators.keys[0].kit` (trunkline.toml line 2)", "kid"],
    );
    told(
        "[[service.settings]]\nid = \"a\"\ntype = \"section\"\nname = \"A\"\n[[service.settings.items]]\nid = \"b\"\n\
         type = \"boolean\"\nname = \"B\"\nvalues = true",
        &[],
        &["unknown key `service.settings[0].items[0].values` (trunkline.toml line 9): did you mean `value`?"],
    );
}

#[test]
fn every_misfit_is_told_at_once_with_its_line() {
    let found = problems(
        "[server]\nlisten = \"here\"\nshutdown_seconds = \"5\"\nhosts = \"a\"\n[storage]\ntombstone_days = -1\n\
         [operators]\nauth = \"jwtt\"\n[service]\ntime_zone = \"Europe/Berln\"\nshow_log_modal = 1\nsettings = [\n\
         {id = \"a\", type = \"boolean\", name = \"A\", value = \"CANARY\"},\n{id = \"b\", type = \"group\", name = \"B\", items = []},\n\
         {id = \"c\", name = \"C\"}]",
        &[("TRUNKLINE__LOG__FORMAT", "xml"), ("TRUNKLINE__STORAGE__MAX_SIZE_MB", "many")],
    );
    for (line, words) in [
        ("`server.listen` (trunkline.toml line 2)", "127.0.0.1:8787"),
        ("`server.shutdown_seconds` (trunkline.toml line 3)", "a whole number from 0 to 4294967295, not text"),
        ("`server.hosts` (trunkline.toml line 4)", "a list: [..], not text"),
        ("`storage.tombstone_days` (trunkline.toml line 6)", "a whole number"),
        ("`operators.auth` (trunkline.toml line 8)", "\"none\" or \"jwt\""),
        ("`service.time_zone` (trunkline.toml line 10)", "did you mean `Europe/Berlin`?"),
        ("`service.show_log_modal` (trunkline.toml line 11)", "true or false, not a whole number"),
        ("`service.settings[0]` (trunkline.toml line 13)", "on or off"),
        ("`service.settings[1]` (trunkline.toml line 14)", "`items` is empty"),
        ("`service.settings[2]` (trunkline.toml line 15)", "needs the key `type`"),
        ("`log.format` (environment TRUNKLINE__LOG__FORMAT)", "\"human\" or \"json\""),
        ("`storage.max_size_mb` (environment TRUNKLINE__STORAGE__MAX_SIZE_MB)", "not text"),
    ] {
        assert!(found.iter().any(|p| p.starts_with(line) && p.contains(words)), "{line}: {words}: {found:#?}");
    }
    assert_eq!(found.len(), 12, "{found:#?}");
    assert!(!found.concat().contains("CANARY"), "{found:#?}");
}

#[test]
fn every_wrong_value_is_told_at_once() {
    let found = problems(
        "[server]\nallowed_origins = [\"https://ok.example\", \"*\", \"https://a.example/x\"]\npublic_url = \"http://phone.example\"\n\
         hosts = [\"https://x\"]\nshutdown_seconds = 601\n[storage]\nurl = \"postgres://u:CANARY@h/db\"\nmax_size_mb = 3\n\
         [operators]\nauth = \"jwt\"\n[api]\nkeys = [\"CANARY\"]\n[numbers]\ndefault_region = \"Germany\"\n[log]\nlevel = \"inof\"\n\
         [service]\nname = \"Call Queues\"\ncontact_icon = \"x\"\ncontact_url = \"https://crm.example/{nr}\"\n\
         meeting_invite_url = \"https://crm.example/m\"\ncontact_match_ttl_seconds = 0\n\
         settings = [{id = \"a\", type = \"string\", name = \"A\"}]",
        &[],
    );
    for (line, words) in [
        ("`server.public_url` (trunkline.toml line 3)", "https://"),
        ("`server.allowed_origins[1]` (trunkline.toml line 2)", "wildcard"),
        ("`server.allowed_origins[2]` (trunkline.toml line 2)", "write `https://a.example`"),
        ("`server.hosts[0]` (trunkline.toml line 4)", "no host name"),
        ("`server.shutdown_seconds` (trunkline.toml line 5)", "from 0 to 600"),
        ("`storage.url` (trunkline.toml line 7)", "PostgreSQL"),
        ("`storage.max_size_mb` (trunkline.toml line 8)", "from 16"),
        ("`operators.keys` (not set)", "[[operators.keys]]"),
        ("`api.keys[0]` (trunkline.toml line 12)", "24 characters"),
        ("`numbers.default_region` (trunkline.toml line 14)", "two letters"),
        ("`log.level` (trunkline.toml line 16)", "did you mean `info`?"),
        ("`service.name` (trunkline.toml line 18)", "taken by the widget"),
        ("`service.contact_icon` (trunkline.toml line 19)", "data:image"),
        ("`service.contact_url` (trunkline.toml line 20)", "{phone_number}"),
        ("`service.meeting_invite_title` (not set)", "no button"),
        ("`service.contact_match_ttl_seconds` (trunkline.toml line 22)", "from 1"),
        ("`service.settings[0].type` (trunkline.toml line 23)", "inside a section"),
    ] {
        assert!(found.iter().any(|p| p.starts_with(line) && p.contains(words)), "{line}: {words}: {found:#?}");
    }
    assert_eq!(found.len(), 17, "{found:#?}");
    assert!(!found.concat().contains("CANARY"), "{found:#?}");
}

#[test]
fn without_tokens_only_the_loopback_address_is_served() {
    for listen in ["0.0.0.0:8787", "[::]:1", "192.168.1.5:80"] {
        told(
            &format!("[server]\nlisten = \"{listen}\""),
            &[],
            &["server.listen", "line 2", "auth = \"jwt\"", "127.0.0.1"],
        );
    }
    for listen in ["127.0.0.1:1", "127.8.0.1:1", "[::1]:1", "localhost:0"] {
        good(&format!("[server]\nlisten = \"{listen}\""), &[]);
    }
    let open = format!(
        "[server]\nlisten = \"0.0.0.0:1\"\n[operators]\nauth = \"jwt\"\nkeys = [{{kid = 'a', secret = '{SECRET}'}}]"
    );
    assert_eq!(good(&open, &[]).server.host_names(), ["127.0.0.1", "[::1]", "localhost"]);
}

#[test]
fn host_names_are_collected() {
    let text = "[server]\nlisten = \"[::1]:1\"\npublic_url = \"https://Phone.example/x\"\nhosts = [\"B.example\"]";
    assert_eq!(good(text, &[]).server.host_names(), ["127.0.0.1", "[::1]", "b.example", "localhost", "phone.example"]);
}

#[test]
fn what_deserves_a_look_is_a_warning() {
    let text = "[server]\nallowed_origins = [\"http://crm.example\", \"http://localhost:1\"]\npublic_url = \"https://p.example\"\n\
                [api]\nkeys = [\"0123456789-0123456789-0123\"]";
    let warnings = load(text, &[]).expect("a configuration").warnings;
    for (key, words) in [
        ("`server.allowed_origins[0]` (trunkline.toml line 2)", "plain http"),
        ("`operators.auth`", "one local operator"),
        ("`api.keys`", "not asked for"),
    ] {
        assert!(warnings.iter().any(|w| w.starts_with(key) && w.contains(words)), "{key}: {warnings:#?}");
    }
    assert_eq!(warnings.len(), 3, "{warnings:#?}");
}

#[test]
fn a_database_in_memory_is_refused() {
    for url in ["sqlite::memory:", "sqlite:x.db?mode=memory"] {
        let refused = load(&format!("[storage]\nurl = \"{url}\""), &[]).expect_err(url).to_string();
        assert!(refused.contains("plain file"), "{refused}");
    }
}

#[test]
fn what_is_not_toml_is_told_without_the_text() {
    for text in [
        format!("[operators]\n[[operators.keys]]\nsecret = {SECRET}"),
        format!("[operators]\n[[operators.keys]]\nsecret = \"{SECRET}"),
        format!("[operators]\nissuer = \"\"\n{SECRET} x"),
        format!("[operators]\nissuer = \"\"\nissuer = \"{SECRET}\""),
    ] {
        let error = load(&text, &[]).expect_err("not TOML");
        let ConfigError::Syntax { place, .. } = &error else { panic!("{error}") };
        assert_eq!(*place, Place::File { name: "trunkline.toml".into(), line: 3 }, "{error}");
        assert!(!error.to_string().contains("CANARY"), "{error}");
    }
}

#[test]
fn secrets_come_from_files_and_show_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("jwt"), format!("{SECRET}\n")).expect("written");
    std::fs::write(path("api"), format!("# two\n{SECRET}\n\n{SECRET}2\n")).expect("written");
    let text = format!(
        "[operators]\nauth = \"jwt\"\n[[operators.keys]]\nkid = \"a\"\nsecret_file = '{}'\n\
         [[operators.keys]]\nkid = \"b\"\nsecret = '{SECRET}'\n[api]\nkeys = ['{SECRET}3']",
        path("jwt")
    );
    let config = good(&text, &[("TRUNKLINE__API__KEYS_FILE", &path("api"))]);
    assert_eq!(config.operators.keys[0].material(), SECRET, "without the line end");
    assert_eq!(config.api.all().map(Secret::expose).map(str::len).collect::<Vec<_>>(), [40, 39, 40]);
    let shown = format!("{}{config:?}", config.print());
    assert!(!shown.contains("CANARY"), "{shown}");
    assert!(config.print().contains("secret = \"[redacted]\"") && config.print().contains("keys = [\"[redacted]\"]"));
    told("[api]\nkeys_file = \"/nowhere/keys\"", &[], &["api.keys_file", "cannot read /nowhere/keys"]);
    std::fs::write(path("short"), "CANARY\n").expect("written");
    told(&format!("[api]\nkeys_file = '{}'", path("short")), &[], &["api.keys_file", "line 1 of", "24 characters"]);
    told(&text.replace("secret_file", "secret = 'CANARY'\nsecret_file"), &[], &["keys[0].secret_file", "keep one"]);
}

#[test]
fn what_is_printed_reads_back() {
    let text = "[service]\ntime_zone = \"Asia/Tokyo\"\n[[service.settings]]\nid = \"s\"\ntype = \"section\"\nname = \"S\"\n\
                items = [{id = \"o\", type = \"option\", name = \"O\", options = [{id = 5, name = \"Five\"}], value = \"5\"}]";
    let config = good(text, &[]);
    assert_eq!(good(&config.print(), &[]), config, "{}", config.print());
    assert_eq!(config.service.settings[0].items()[0].default_value(), Some(json!(5)), "the id as it was declared");
}

#[test]
fn a_missing_file_is_named() {
    let error = Config::load(Some(std::path::Path::new("/nowhere/t.toml")), []).expect_err("no file");
    assert!(error.to_string().contains("/nowhere/t.toml"), "{error}");
    assert_eq!(Config::load(None, []).expect("defaults").config, Config::default());
}

#[test]
fn keys_are_checked() {
    let with = |fields: &str| format!("[operators]\nkeys = [\n{{kid = 'a', {fields}}}]");
    for (fields, words) in [
        ("secret = 'CANARY'", "weak"),
        ("alg = 'HS256'", "needs `secret` or `secret_file`"),
        ("alg = 'RS256'", "needs `public_key` or `public_key_file`"),
        ("alg = 'RS256', public_key = 'CANARY'", "no RSA public key"),
        ("alg = 'ES256', public_key_file = '/nowhere'", "cannot read /nowhere"),
        ("alg = 'RS256', public_key = '-----BEGIN PRIVATE KEY-----'", "private key"),
        ("alg = 'RS256', public_key_file = 'tests/fixtures/keys/rsa.pem'", "private key"),
        ("alg = 'RS256', public_key_file = 'tests/fixtures/keys/rsa1024.pub.pem'", "2048 bits"),
        ("alg = 'RS256', public_key_file = 'tests/fixtures/keys/ec.pub.pem'", "no RSA public key"),
        ("alg = 'ES256', public_key_file = 'tests/fixtures/keys/ec384.pub.pem'", "another curve"),
        ("alg = 'ES256', public_key_file = 'tests/fixtures/keys/rsa.pub.pem'", "no P-256 public key"),
        ("alg = 'none'", "\"HS256\", \"RS256\" or \"ES256\""),
    ] {
        told(&with(fields), &[], &["operators.keys[0]", "trunkline.toml line 3", words]);
    }
    good(&with("alg = 'ES256', public_key_file = 'tests/fixtures/keys/ec.pub.pem'"), &[]);
    good(&with("alg = 'RS256', public_key_file = 'tests/fixtures/keys/rsa.pub.pem'"), &[]);
    let both = with(&format!("secret = '{SECRET}', public_key = 'x'"));
    told(&both, &[], &["keys[0].public_key", "does not belong to alg = \"HS256\""]);
    let twice = format!(
        "[operators]\nkeys = [{{kid='a', secret='{SECRET}'}}, {{kid='a', secret='{SECRET}'}}, {{secret='{SECRET}'}}]"
    );
    let found = problems(&twice, &[]);
    assert!(found.len() == 2 && found[0].contains("two keys") && found[1].contains("keys[2].kid"), "{found:?}");
}

#[test]
fn fields_of_log_forms_are_checked_and_so_are_their_places() {
    let field = "[[service.call_fields]]\nid = 'disposition'\ntype = 'string'\nname = 'Outcome'\n";
    let crm = "[connectors.crm]\nkind = 'hubspot'\n[connectors.crm.logs]\ncall_fields = { disposition = 'x' }\n";
    assert_eq!(good(&format!("{crm}{field}"), &[]).connectors["crm"].logs.call_fields["disposition"], "x");
    let wanted = ["connectors.crm.logs.call_fields.dispositon", "no field of the form", "did you mean `disposition`?"];
    told(&format!("{}{field}", crm.replace("{ disposition", "{ dispositon")), &[], &wanted);
    told(&field.replace("disposition", "note"), &[], &["service.call_fields[0].id", "choose another id"]);
    let link = field.replace("'string'", "'link'\nuri = 'https://crm.example/'");
    told(&link, &[], &["service.call_fields[0].type", "boolean, option, string and text"]);
}
