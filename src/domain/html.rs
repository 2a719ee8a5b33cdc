//! Text in HTML: it stays text, between tags and in quoted attributes.

/// Escaped; line ends stay as they are, for pages that show them or do not mind.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// Escaped, and each line end is one there too.
pub fn with_lines(text: &str) -> String {
    escaped(text).replace('\r', "").replace('\n', "<br>\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(escaped("<img src=x onerror='a'>&\"\n"), "&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;\n");
        assert_eq!(with_lines("<b>\r\n&\"'"), "&lt;b&gt;<br>\n&amp;&quot;&#39;");
    }
}
