//! A card as lines that can be exchanged: each keeps the bytes it came with, folds included.

/// Longest physical line, in bytes (RFC 6350, 3.2).
const MAX_LINE: usize = 75;

/// One property, or a mark.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// As it stands in the card, with its folds and its end.
    raw: String,
    /// Without folds and end.
    text: String,
    /// It belongs to the card itself, not to one inside it.
    own: bool,
}

impl Line {
    fn head(&self) -> &str {
        self.text.split([':', ';']).next().unwrap_or_default()
    }

    fn group(&self) -> Option<&str> {
        self.head().rsplit_once('.').map(|(group, _)| group)
    }

    /// Whether it is a property of the card with this name.
    pub(super) fn is(&self, name: &str) -> bool {
        let head = self.head();
        self.own && head.rsplit('.').next().unwrap_or(head).eq_ignore_ascii_case(name)
    }

    /// The text behind the colon that ends the parameters, as it is escaped.
    pub(super) fn value(&self) -> &str {
        let mut quoted = false;
        let colon = self.text.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        });
        colon.map_or("", |at| &self.text[at + 1..])
    }
}

/// A card.
#[derive(Debug, Clone)]
pub(super) struct Card {
    lines: Vec<Line>,
    /// How its lines end.
    end: &'static str,
}

impl Card {
    pub(super) fn empty(end: &'static str) -> Self {
        let mut card = Self { lines: Vec::new(), end };
        for text in ["BEGIN:VCARD", "VERSION:3.0", "END:VCARD"] {
            let line = card.line(text);
            card.lines.push(line);
        }
        card
    }

    /// None where there is no `BEGIN:VCARD` and `END:VCARD`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let mut lines: Vec<Line> = Vec::new();
        let mut depth = 0_u32;
        for raw in text.split_inclusive('\n') {
            let bare = raw.trim_end_matches(['\r', '\n']);
            if let Some(last) = lines.last_mut().filter(|last| goes_on(last, bare)) {
                last.raw.push_str(raw);
                last.text.push_str(bare.strip_prefix([' ', '\t']).unwrap_or(bare));
                continue;
            }
            let begins = is_mark(bare, "BEGIN");
            depth += u32::from(begins);
            let own = depth == 1 && !begins;
            if is_mark(bare, "END") {
                depth = depth.saturating_sub(1);
            }
            lines.push(Line { raw: raw.to_owned(), text: bare.to_owned(), own });
        }
        let whole = lines.iter().any(|line| line.own && is_mark(&line.text, "END"));
        whole.then_some(Self { lines, end })
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.is(name))
    }

    /// Writes the first property of this name anew, or adds it. `value` is escaped.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let Some(at) = self.lines.iter().position(|line| line.is(name)) else {
            return self.add(&format!("{name}:{value}"));
        };
        let group = self.lines[at].group().map(|group| format!("{group}.")).unwrap_or_default();
        self.lines[at] = self.line(&format!("{group}{name}:{value}"));
    }

    /// Adds a property at the end of the card.
    pub(super) fn add(&mut self, text: &str) {
        let line = self.line(text);
        let end = self.lines.iter().rposition(|line| line.own && is_mark(&line.text, "END"));
        self.lines.insert(end.unwrap_or(self.lines.len()), line);
    }

    pub(super) fn remove_where(&mut self, gone: impl Fn(&Line) -> bool) {
        let gone: Vec<bool> = self.lines.iter().map(gone).collect();
        self.remove_at(&gone);
    }

    /// Removes lines, and the labels of the groups they were in.
    pub(super) fn remove_at(&mut self, gone: &[bool]) {
        let at = |index: usize| gone.get(index).copied().unwrap_or_default();
        let mut groups: Vec<String> = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            if at(index) {
                groups.extend(line.group().map(str::to_ascii_lowercase));
            }
        }
        let mut index = 0;
        self.lines.retain(|line| {
            index += 1;
            let orphan = || {
                line.is("X-ABLABEL") && line.group().is_some_and(|group| groups.contains(&group.to_ascii_lowercase()))
            };
            !at(index - 1) && !orphan()
        });
    }

    /// A line with the label of its group, as they stand.
    pub(super) fn with_label(&self, line: &Line) -> String {
        let mut out = line.raw.clone();
        if let Some(group) = line.group() {
            let label = |other: &&Line| {
                other.is("X-ABLABEL") && other.group().is_some_and(|other| other.eq_ignore_ascii_case(group))
            };
            out.extend(self.lines.iter().find(label).map(|label| label.raw.as_str()));
        }
        out
    }

    /// A group that no line is in.
    pub(super) fn free_group(&self) -> String {
        let taken =
            |name: &str| self.lines.iter().any(|line| line.group().is_some_and(|g| g.eq_ignore_ascii_case(name)));
        // One more than there are lines is surely free.
        (1..=self.lines.len() + 1).map(|number| format!("item{number}")).find(|name| !taken(name)).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        self.lines.iter().map(|line| line.raw.as_str()).collect()
    }

    fn line(&self, text: &str) -> Line {
        let mut raw = String::with_capacity(text.len() + 8);
        let (mut rest, mut room) = (text, MAX_LINE);
        while rest.len() > room {
            let (now, later) = rest.split_at(rest.floor_char_boundary(room));
            raw.push_str(now);
            raw.push_str(self.end);
            raw.push(' ');
            (rest, room) = (later, MAX_LINE - 1);
        }
        raw.push_str(rest);
        raw.push_str(self.end);
        Line { raw, text: text.to_owned(), own: true }
    }
}

/// Whether `line` goes on from `last`: folded, behind a soft break of quoted-printable text, or as a
/// piece of a picture of vCard 2.1.
fn goes_on(last: &Line, line: &str) -> bool {
    let head = last.text.split(':').next().unwrap_or_default().to_ascii_uppercase();
    line.starts_with([' ', '\t'])
        || (last.text.ends_with('=') && head.contains("QUOTED-PRINTABLE"))
        || (!line.is_empty() && !line.contains(':'))
}

fn is_mark(line: &str, word: &str) -> bool {
    line.split_once(':').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case(word) && value.trim().eq_ignore_ascii_case("VCARD")
    })
}

/// Text as it stands in a card (RFC 6350, 3.4).
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.trim().chars() {
        match char {
            '\\' | ';' | ',' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            char if char.is_control() => {}
            char => out.push(char),
        }
    }
    out
}

/// The parts of a value that `;` divides, without their escapes.
pub(super) fn unescaped_parts(value: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        let text = match char {
            ';' => {
                parts.push(String::new());
                continue;
            }
            '\\' => match chars.next() {
                Some('n' | 'N') => '\n',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        };
        if let Some(last) = parts.last_mut() {
            last.push(text);
        }
    }
    parts
}
