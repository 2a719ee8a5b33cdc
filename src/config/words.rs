//! The parsers' messages in words for whoever writes the configuration. Values are left out of them:
//! any value may be a secret that was put at the wrong place.

/// An unknown key in a parser's message, with the keys there are.
pub(super) fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut names = quoted(rest).into_iter();
    Some((names.next()?, names.collect()))
}

/// What a value must be, from the message for what it is not.
pub(super) fn friendly(message: &str) -> String {
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        let (found, wanted) = rest.rsplit_once(", expected ").unwrap_or((rest, "another type"));
        return format!("must be {}, not {}", wanted_words(wanted), found_words(found));
    }
    if let Some(rest) = message.strip_prefix("invalid value: ") {
        let wanted = rest.rsplit_once(", expected ").map_or("another value", |(_, wanted)| wanted);
        return format!("must be {}", wanted_words(wanted));
    }
    if message.starts_with("unknown variant ") {
        let names: Vec<_> = quoted(message).into_iter().skip(1).map(|name| format!("\"{name}\"")).collect();
        return format!("must be {}", either(&names));
    }
    if message.starts_with("missing field ") {
        return format!("needs the key `{}`", quoted(message).concat());
    }
    message.to_owned()
}

/// True where the message is about the type of a value, not about what it says.
pub(super) fn is_about_type(message: &str) -> bool {
    message.starts_with("invalid type: ")
}

fn wanted_words(wanted: &str) -> String {
    match wanted {
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "i64" => "a whole number".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list: [..]".into(),
        "a map" => "a table".into(),
        _ if wanted.starts_with("struct ") => "a table: { key = value, .. }".into(),
        "a string" | "string" | "string or table" => "text in quotes".into(),
        _ => wanted.to_owned(),
    }
}

fn found_words(found: &str) -> &'static str {
    match found.split(' ').next().unwrap_or_default() {
        "string" => "text",
        "integer" => "a whole number",
        "floating" => "a fraction",
        "boolean" => "true or false",
        "sequence" => "a list",
        "map" => "a table",
        _ => "this",
    }
}

fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn either(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// The fix for an unknown name: the nearest right one, or all there are.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = known.iter().map(|right| (strsim::damerau_levenshtein(name, right), right)).min();
    match near {
        Some((distance, right)) if distance <= 2.max(name.len() / 3) => format!("did you mean `{right}`?"),
        _ => {
            let names: Vec<_> = known.iter().map(|right| format!("`{right}`")).collect();
            format!("there are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_never_repeat_a_value() {
        for (message, words) in [
            ("invalid type: string \"CANARY, expected u32\", expected a sequence", "must be a list: [..], not text"),
            ("invalid value: integer `-1`, expected u32", "must be a whole number from 0 to 4294967295"),
            ("unknown variant `CANARY`, expected `none` or `jwt`", "must be \"none\" or \"jwt\""),
            ("unknown variant `CANARY`, expected one of `a`, `b`, `c`", "must be \"a\", \"b\" or \"c\""),
            ("missing field `id`", "needs the key `id`"),
            ("our own words", "our own words"),
        ] {
            assert_eq!(friendly(message), words);
        }
    }

    #[test]
    fn near_names_are_offered_and_far_ones_listed() {
        let known = ["listen", "hosts"];
        assert_eq!(did_you_mean("lisen", known.into_iter()), "did you mean `listen`?");
        assert_eq!(did_you_mean("colour", known.into_iter()), "there are `listen`, `hosts`");
    }
}
