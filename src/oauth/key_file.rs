//! Where the vault's keys come from: the configuration, or else a file beside the database, which is
//! made when it is first needed, so that a first start takes no key.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::vault::Vault;
use crate::config::{MasterKey, VaultConfig, parse_key};
use crate::storage::private_file;

/// A new key as text, for the configuration or a file.
pub fn new_key() -> String {
    STANDARD.encode(rand::random::<MasterKey>())
}

/// The file beside the database where no key is configured.
pub fn default_file(database: &Path) -> PathBuf {
    database.with_extension("vault-key")
}

/// The vault of this configuration. The error is for the administrator.
pub fn open_vault(config: &VaultConfig, database: &Path) -> Result<Vault, String> {
    let newest = match config.newest() {
        Some(key) => key,
        None => from_file(&default_file(database))?,
    };
    Ok(Vault::new(&newest, &config.previous()))
}

fn from_file(path: &Path) -> Result<MasterKey, String> {
    let shown = path.display();
    match std::fs::read_to_string(path) {
        Ok(text) => parse_key(&text)
            .map_err(|words| format!("the vault's key file {shown} {words}, or restore it from a backup")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = new_key();
            make(path, &text).map_err(|error| {
                format!("cannot write the vault's key file {shown}: {error}\n  fix: set vault.key or vault.key_file")
            })?;
            tracing::info!(
                file = %shown,
                "made a key for the vault: keep a copy apart from the database's backups; without it all must sign in again"
            );
            parse_key(&text)
        }
        Err(error) => Err(format!(
            "cannot read the vault's key file {shown}: {error}\n  fix: let Trunkline's user read it, or set vault.key_file"
        )),
    }
}

/// Whole or not at all: a key that was cut off would be lost with all it sealed.
fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = path.with_extension("vault-key.new");
    let mut file = private_file(&draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("t.db");
        let first = open_vault(&VaultConfig::default(), &database).expect("a vault");
        let again = open_vault(&VaultConfig::default(), &database).expect("a vault");
        assert_eq!(first.key_id(), again.key_id());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(default_file(&database)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        std::fs::write(default_file(&database), "cut").expect("written");
        let words = open_vault(&VaultConfig::default(), &database).expect_err("refused");
        assert!(words.contains("t.vault-key") && !words.contains("cut"), "{words}");
    }
}
