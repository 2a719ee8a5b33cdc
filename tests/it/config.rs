//! The configuration from outside: the example file, `config check`, `config print`.

use std::path::Path;

use trunkline::config::Config;

use crate::support::binary::{command, refused, run, words};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config.example.toml");

#[test]
fn the_example_lists_every_key_with_its_default() {
    let loaded = Config::load(Some(Path::new(EXAMPLE)), []).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.config, Config::default());
    let text = std::fs::read_to_string(EXAMPLE).expect("readable");
    let defaults: toml::Table = toml::from_str(&Config::default().print()).expect("TOML");
    for (section, keys) in &defaults {
        assert!(text.contains(&format!("[{section}]")), "[{section}]");
        for key in keys.as_table().into_iter().flatten().map(|(key, _)| key) {
            let named = text.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{key} =")));
            assert!(named || text.contains(&format!("{section}.{key}")), "{section}.{key} is not in the example");
        }
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_right_name() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("t.toml"), "[server]\nlisten = \"127.0.0.1:0\"\nalowed_origins = []\n")
        .expect("written");
    let output = run(folder.path(), &["config", "check", "--config", "t.toml"]);
    refused(&output, "did you mean `allowed_origins`?");
    assert!(words(&output).contains("t.toml") && words(&output).contains('3'), "{}", words(&output));
    let output =
        command(folder.path(), &["config", "check"]).env("TRUNKLINE__STORAGE__URI", "x").output().expect("runs");
    refused(&output, "did you mean `url`?");
    let output = run(folder.path(), &["config", "check", "--config", "none.toml"]);
    refused(&output, "none.toml");
}

#[test]
fn check_reads_the_manifests_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |section: &str| {
        std::fs::write(folder.path().join("t.toml"), format!("[connectors.crm]\n{section}")).expect("written");
        run(folder.path(), &["config", "check", "--config", "t.toml"])
    };
    refused(&check("kind = 'rest'\nmanifest = 'none.toml'\n"), "connector crm: cannot read the manifest none.toml");
    std::fs::write(folder.path().join("crm.toml"), "[api]\nname = 'X'\n").expect("written");
    refused(&check("kind = 'rest'\nmanifest = 'crm.toml'\n"), "(crm.toml line 1): needs the key `contact`");
    refused(&check("kind = 'hubspot'\nvars = { verson = 'x' }\n"), "verson");
    refused(
        &check("kind = 'hubspot'\nclient_secret = 'x'\n"),
        "`connectors.crm.client_id` (t.toml line 1): is missing",
    );
    let good = check("kind = 'hubspot'\nvars = { version = '2026-03' }\n");
    assert_eq!(good.status.code(), Some(0), "{}", words(&good));
}

#[test]
fn check_and_print_agree_and_print_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "[operators]\nauth = \"jwt\"\n[[operators.keys]]\nkid = \"main\"\nsecret = \"CANARY-0123456789abcdef0123456789\"\n";
    std::fs::write(folder.path().join("t.toml"), text).expect("written");
    for arguments in [["config", "check"], ["config", "print"]] {
        let output = command(folder.path(), &arguments).args(["--config", "t.toml"]).output().expect("runs");
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        assert!(!words(&output).contains("CANARY"), "{}", words(&output));
    }
}

#[test]
fn no_tokens_on_an_address_others_reach_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let output =
            command(folder.path(), &["serve"]).env("TRUNKLINE__SERVER__LISTEN", address).output().expect("runs");
        refused(&output, "operators.auth");
    }
}

#[test]
fn a_token_of_the_command_line_is_one_the_daemon_takes() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["token", "--operator", "ann"]);
    refused(&output, "auth");
    let secret = crate::settings_authorize::SECRET;
    let text = format!("[operators]\nauth = \"jwt\"\nkeys = [{{ kid = \"main\", secret = \"{secret}\" }}]\n");
    std::fs::write(folder.path().join("t.toml"), &text).expect("written");
    let output = run(folder.path(), &["token", "--operator", "ann", "--config", "t.toml"]);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim().split('.').count(), 3);
}

#[test]
fn a_port_that_is_taken_is_told_with_the_fix() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = command(folder.path(), &["serve"]).env("TRUNKLINE__SERVER__LISTEN", &address).output().expect("runs");
    refused(&output, &address);
}
