//! Signed visitors: what the company's own site hands to the chat, so that `providedVisitorId` is the id
//! of a contact. The values are put together in the order of their fields' names, then the time of expiry.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac};
use md5::Md5;
use sha2::{Digest, Sha256, Sha512};

use crate::config::HashAlgorithm;

/// The signature as hexadecimal digits; `expires` is in Unix seconds.
pub(super) fn sign(algorithm: HashAlgorithm, key: &str, fields: &BTreeMap<String, String>, expires: i64) -> String {
    let mut message: String = fields.values().map(String::as_str).collect();
    // Writing to a String cannot fail.
    let _ = write!(message, "{expires}");
    let keyed = || [message.as_bytes(), key.as_bytes()].concat();
    match algorithm {
        HashAlgorithm::HmacSha256 => {
            let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes());
            mac.map(|mac| hex(&mac.chain_update(message.as_bytes()).finalize().into_bytes())).unwrap_or_default()
        }
        HashAlgorithm::Sha256 => hex(&Sha256::digest(keyed())),
        HashAlgorithm::Sha512 => hex(&Sha512::digest(keyed())),
        HashAlgorithm::Md5 => hex(&<Md5 as md5::Digest>::digest(keyed())),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "e64e35642555f3ecd64ae7dbb600dca8";

    fn fields() -> BTreeMap<String, String> {
        let pairs =
            [("id", "12345"), ("display_name", "Евгений"), ("phone", "+78123855337"), ("email", "abc@webim.ru")];
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// The vector of the vendor's Russian documentation; those it lacks were made with Python's hashlib.
    #[test]
    fn the_vendors_vector_is_reproduced() {
        let signed = |algorithm| sign(algorithm, KEY, &fields(), 1_481_195_621);
        assert_eq!(
            signed(HashAlgorithm::HmacSha256),
            "07ef16b821f9552a8b3118416ed9ed6278d3a8ff93751d157c88edc1895cd86f"
        );
        assert_eq!(signed(HashAlgorithm::Sha256), "f859287203804f8f25123b3ea651338ac73cef970bec1066d061d75786c0dcb7");
        assert_eq!(signed(HashAlgorithm::Md5), "8d549c98b9d888c35a619274db4888e3");
        assert_eq!(
            signed(HashAlgorithm::Sha512),
            "4ea919daf569bfe27144e33f84b58fcccf98379107c3024db7d0514963775cd600a603cb4dbb48e51a50825df62287b4eb52073c7a86b46b38c6fddcc6c8afbb"
        );
    }

    #[test]
    fn another_value_key_or_time_is_another_signature() {
        let right = sign(HashAlgorithm::HmacSha256, KEY, &fields(), 1);
        let mut other = fields();
        other.insert("id".into(), "12346".into());
        assert_ne!(sign(HashAlgorithm::HmacSha256, KEY, &other, 1), right);
        assert_ne!(sign(HashAlgorithm::HmacSha256, "another", &fields(), 1), right);
        assert_ne!(sign(HashAlgorithm::HmacSha256, KEY, &fields(), 2), right);
    }
}
