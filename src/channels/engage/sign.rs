//! A signed identity: a JWS in compact form (RFC 7515, 7.1) with the three header parameters that Engage
//! asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::config::engage::EngageKey;

/// Signs a payload. The bytes are those of `serde_json`, in the payload's own order.
///
/// # Errors
/// A key that cannot sign; a loaded configuration has none.
pub fn sign(key: &EngageKey, payload: &Value) -> Result<String, String> {
    let header = json!({"typ": "JWT", "alg": key.alg.word(), "kid": key.id});
    let [header, payload] = [&header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{payload}");
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key.signing_key()?, key.alg.algorithm())
        .map_err(|_| "cannot sign".to_owned())?;
    Ok(format!("{message}.{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use crate::config::engage::SecretEncoding;

    /// Made with two other libraries.
    #[test]
    fn golden_signatures_are_equal_byte_for_byte() {
        let payload = json!({"exp": 4_102_444_800_i64, "uuid": "54579fed6d617868b3010000", "screenname": "John Doe",
            "extra_values": {"customer_id": "A123456"}});
        for (secret_encoding, signature) in [
            (SecretEncoding::Text, "dVsVgmkHBVIiQVTjI3bv3byzxJ5AoIBurQFbDdfzU8M"),
            (SecretEncoding::Hex, "JcaP7inEV_pb5SHyRwWO41IrVaFjNzV7HHYU0L_Fy8E"),
        ] {
            let mut key = EngageKey::default();
            key.id = "site_main".into();
            key.secret_encoding = secret_encoding;
            key.secret = Secret::from("0123456789abcdef01234567");
            let token = sign(&key, &payload).expect("signed");
            assert_eq!(token.rsplit('.').next(), Some(signature), "{secret_encoding:?}");
        }
    }

    /// A token of the vendor's own documentation, and one of RFC 7515 (A.1).
    #[test]
    fn tokens_of_others_verify() {
        let key_of_rfc = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .expect("base64url");
        for (token, secret) in [
            (
                "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpYXQiOjEzNzEyMjMyMTIsImp0aSI6ImQ2Y0I0NDVjMWVHNjUxMnAiLCJleHRlcm5hbF9pZCI6IjEyMzQ1NiJ9.cIrf70IOkcNjc5ScplJidG1WNFHgAw39MAOjp3WNatU",
                b"secret".as_slice(),
            ),
            (
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
                &key_of_rfc,
            ),
        ] {
            let (message, signature) = token.rsplit_once('.').expect("three parts");
            let key = jsonwebtoken::DecodingKey::from_secret(secret);
            let verify = |message: &str| {
                jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256)
            };
            assert_eq!((verify(message).ok(), verify(&message[1..]).ok()), (Some(true), Some(false)));
        }
    }
}
