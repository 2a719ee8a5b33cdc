//! stub
use crate::config::{ApiConfig, OperatorsConfig};
use crate::domain::operator::Operator;
#[derive(Debug, thiserror::Error)]
pub enum TokenProblem {
    #[error("x")]
    Missing,
}
impl TokenProblem {
    pub fn code(&self) -> &'static str {
        "token_missing"
    }
}
#[derive(Debug)]
pub struct Verified {
    pub operator: Operator,
    pub expires_ms: i64,
}
#[derive(Debug)]
pub struct Verifier;
impl Verifier {
    pub fn new(_: &OperatorsConfig) -> Result<Self, String> {
        Ok(Self)
    }
    pub fn verify(&self, _: &str, _: i64) -> Result<Verified, TokenProblem> {
        Err(TokenProblem::Missing)
    }
}
#[derive(Debug)]
pub struct ApiKeys;
impl ApiKeys {
    pub fn new(_: &ApiConfig) -> Self {
        Self
    }
    pub fn accepts(&self, _: &str) -> bool {
        false
    }
}
pub fn mint(_: &OperatorsConfig, _: &str, _: Option<&str>, _: Option<&str>, _: u32, _: i64) -> Result<String, String> {
    Err("x".into())
}
