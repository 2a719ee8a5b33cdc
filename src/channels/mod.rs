//! One folder for each widget. A channel translates its protocol to the domain and knows nothing of
//! the others.

pub mod embeddable;
pub mod engage;
pub mod roxchat;
