//! The vault's keys: made, changed, lost.

use trunkline::domain::credential::Whose;

use crate::support::binary::{command, refused, words};
use crate::support::crm::{Crm, OAUTH};

const OLD: &str = "0101010101010101010101010101010101010101010101010101010101010101";
const NEW: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn with_keys(keys: &str) -> String {
    format!("[vault]\n{keys}\n{OAUTH}")
}

fn state(crm: &Crm) -> String {
    crm.daemon.state.authority.state("crm", &Whose::Company).expect("a connector").to_string()
}

/// `trunkline vault rotate` on a stopped daemon's database.
fn rotate(folder: &std::path::Path, keys: &str) -> std::process::Output {
    std::fs::write(folder.join("t.toml"), format!("[vault]\n{keys}\n")).expect("written");
    command(folder, &["vault", "rotate", "--config", "t.toml"]).output().expect("runs")
}

#[tokio::test]
async fn a_first_start_makes_a_key_file_beside_the_database() {
    let crm = Crm::with(OAUTH).await;
    let file = crm.daemon.folder.path().join("trunkline.vault-key");
    let key = std::fs::read_to_string(&file).expect("a key file");
    crm.sign_in().await;
    let crm = crm.restart().await;
    crm.ask().await.expect("opened with the same key");
    assert_eq!(std::fs::read_to_string(&file).expect("a key file"), key);
    // The key is lost: all sign in again, and nothing breaks.
    std::fs::remove_file(&file).expect("removed");
    let crm = crm.restart().await;
    assert!(state(&crm).contains("the stored credential cannot be opened"), "{}", state(&crm));
    crm.ask().await.expect_err("not opened");
    crm.sign_in().await;
    crm.ask().await.expect("signed in again");
}

#[tokio::test]
async fn a_wrong_key_is_told_and_the_right_one_heals() {
    let right = with_keys(&format!("key = '{OLD}'"));
    let crm = Crm::with(&right).await;
    crm.sign_in().await;
    let Crm { vendor, daemon, connectors } = crm;
    let daemon = daemon.restart_with(&with_keys(&format!("key = '{NEW}'"))).await;
    let crm = Crm { vendor, daemon, connectors };
    assert!(state(&crm).contains("which is not configured"), "{}", state(&crm));
    assert_eq!(crm.service().await["authorized"], false);
    let Crm { vendor, daemon, connectors } = crm;
    let daemon = daemon.restart_with(&right).await;
    let crm = Crm { vendor, daemon, connectors };
    crm.ask().await.expect("opened");
}

#[tokio::test]
async fn keys_are_rotated() {
    let crm = Crm::with(&with_keys(&format!("key = '{OLD}'"))).await;
    crm.sign_in().await;
    let Crm { vendor, daemon, connectors } = crm;
    let both = format!("key = '{NEW}'\nprevious_keys = ['{OLD}']");
    // With the old key beside it, the new one changes nothing for anybody.
    let daemon = daemon.restart_with(&with_keys(&both)).await;
    let crm = Crm { vendor, daemon, connectors };
    crm.ask().await.expect("opened with the key of before");
    let Crm { vendor, daemon, connectors } = crm;
    let (toml, world, clock) = (with_keys(&format!("key = '{NEW}'")), daemon.world(), daemon.clock.clone());
    let folder = daemon.stop().await;
    let output = rotate(folder.path(), &both);
    assert!(output.status.success() && words(&output).contains("1 sealed again"), "{}", words(&output));
    let output = rotate(folder.path(), &both);
    assert!(output.status.success() && words(&output).contains("0 sealed again"), "{}", words(&output));
    let daemon = crate::support::Daemon::open(toml, world, folder, clock).await;
    let crm = Crm { vendor, daemon, connectors };
    crm.ask().await.expect("the old key is not needed any more");
}

#[tokio::test]
async fn a_rotation_without_the_old_key_says_who_must_sign_in_again() {
    let crm = Crm::with(&with_keys(&format!("key = '{OLD}'"))).await;
    crm.sign_in().await;
    let folder = crm.daemon.stop().await;
    let output = rotate(folder.path(), &format!("key = '{NEW}'"));
    refused(&output, "crm of the company");
    refused(&output, "vault.previous_keys");
    let output = rotate(folder.path(), "key = 'short'");
    refused(&output, "vault.key");
    assert!(!words(&output).contains("'short'"), "{}", words(&output));
}

#[test]
fn a_new_key_is_printed_and_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = command(folder.path(), &["vault", "key"]).output().expect("runs");
    let key = words(&output).trim().to_owned();
    assert!(trunkline::config::parse_key(&key).is_ok(), "{key}");
    std::fs::write(folder.path().join("key"), &key).expect("written");
    std::fs::write(folder.path().join("t.toml"), "[vault]\nkey_file = 'key'\nprevious_key_file = 'key'\n")
        .expect("written");
    let output = command(folder.path(), &["config", "check", "--config", "t.toml"]).output().expect("runs");
    assert!(output.status.success(), "{}", words(&output));
    let output = command(folder.path(), &["config", "print", "--config", "t.toml"]).output().expect("runs");
    assert!(!words(&output).contains(&key), "{}", words(&output));
    let output = command(folder.path(), &["vault", "rotate"]).output().expect("runs");
    refused(&output, "there is no database");
}
