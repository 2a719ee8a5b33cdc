//! Who is at the phone. Everything an operator writes is stored under the operator's id.

/// A person using a widget, as named by the host page's signed token (`sub`, `name`, `email`), or
/// the single local operator where tokens are off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// The token's `sub`: 1 to 200 characters, opaque.
    pub id: String,
    /// The token's optional `name`.
    pub name: Option<String>,
    /// The token's optional `email`.
    pub email: Option<String>,
}

impl Operator {
    /// The operator of a daemon without tokens (`auth = "none"`).
    pub fn local() -> Self {
        Self { id: "local".into(), name: None, email: None }
    }

    /// What the widget shows as the connected account.
    pub fn account(&self) -> &str {
        self.email.as_deref().or(self.name.as_deref()).unwrap_or(&self.id)
    }
}
