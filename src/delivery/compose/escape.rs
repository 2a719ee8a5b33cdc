//! Escaping for each format.

use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, Value};

use crate::domain::html;
use crate::domain::upstream::LogFormat;

/// What Markdown would read as its own.
const MARKS: &str = "\\`*_{}[]()#+!|~>";

pub(super) fn set(environment: &mut Environment<'static>, format: LogFormat) {
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_formatter(move |out, _, value| write(out, value, format));
}

fn write(out: &mut Output, value: &Value, format: LogFormat) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::new(ErrorKind::UndefinedError, "a value is missing"));
    }
    let text = if value.is_none() { String::new() } else { value.to_string() };
    let escaped = match format {
        LogFormat::Text => text,
        _ if value.is_safe() => text,
        LogFormat::Html => html::with_lines(&text),
        LogFormat::Markdown => markdown(&text),
    };
    out.write_str(&escaped).map_err(Error::from)
}

/// Text in Markdown, where quotes mean nothing and stay, so that HTML's escaping is not used; two spaces at the end of a line are a line end there. A line cannot begin a list,
/// a heading or a quotation.
fn markdown(text: &str) -> String {
    let line = |line: &str| {
        let mut out = String::with_capacity(line.len() + 8);
        for (place, c) in line.trim_end_matches('\r').char_indices() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '-' | '=' if place == 0 => out.extend(['\\', c]),
                '.' if !out.is_empty() && line[..place].bytes().all(|b| b.is_ascii_digit()) => out.push_str("\\."),
                c if MARKS.contains(c) => out.extend(['\\', c]),
                other => out.push(other),
            }
        }
        out
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("  \n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(markdown("1. a\n- b\n# c *d* <e>"), "1\\. a  \n\\- b  \n\\# c \\*d\\* &lt;e&gt;");
    }
}
