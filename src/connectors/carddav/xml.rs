//! XML as DAV uses it: elements by namespace and name, whatever prefixes a server chose.
//!
//! A document is handed out child by child, so that a listing of a million cards never stands in
//! memory as a tree. Entities beyond XML's own are not expanded, and no document type is read.

use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};

/// Deeper than any answer is meant to be.
const MAX_DEPTH: usize = 64;

/// The namespaces that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// `DAV:`.
    Dav,
    /// `urn:ietf:params:xml:ns:carddav`.
    Card,
    /// `http://calendarserver.org/ns/`, for `getctag`.
    Server,
    Other,
}

impl Space {
    fn of(resolved: &ResolveResult<'_>) -> Self {
        match resolved {
            ResolveResult::Bound(Namespace("DAV:")) => Self::Dav,
            ResolveResult::Bound(Namespace("urn:ietf:params:xml:ns:carddav")) => Self::Card,
            ResolveResult::Bound(Namespace("http://calendarserver.org/ns/")) => Self::Server,
            _ => Self::Other,
        }
    }
}

/// An element with all that is in it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) space: Space,
    pub(super) name: String,
    /// Its own text, without that of the elements inside.
    pub(super) text: String,
    pub(super) nodes: Vec<Node>,
}

impl Node {
    fn new(space: Space, name: &str) -> Self {
        Self { space, name: name.to_owned(), text: String::new(), nodes: Vec::new() }
    }

    pub(super) fn is(&self, space: Space, name: &str) -> bool {
        self.space == space && self.name == name
    }

    /// The first element of this name inside it.
    pub(super) fn find(&self, space: Space, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.is(space, name))
    }

    /// The text of each `DAV:href` inside it.
    pub(super) fn hrefs(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|node| node.is(Space::Dav, "href")).map(|node| node.text.trim())
    }

    /// Whether an element of this name stands anywhere inside it.
    pub(super) fn holds(&self, space: Space, name: &str) -> bool {
        self.nodes.iter().any(|node| node.is(space, name) || node.holds(space, name))
    }
}

/// Reads a document: hands out each child of its root, and returns the root without them. The error
/// is what is wrong with it, without any of its content.
pub(super) fn read(body: &[u8], mut child: impl FnMut(Node)) -> Result<Node, String> {
    // A card in another encoding, pasted into the answer by a careless server, must not hide the rest.
    let text = String::from_utf8_lossy(body);
    let mut reader = NsReader::from_str(&text);
    let mut open: Vec<Node> = Vec::new();
    loop {
        let (space, event) = reader.read_resolved_event().map_err(|error| format!("it is not XML: {error}"))?;
        let space = Space::of(&space);
        match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(format!("its elements stand more than {MAX_DEPTH} deep"));
                }
                open.push(Node::new(space, start.local_name().into_inner()));
            }
            Event::Empty(start) => {
                let node = Node::new(space, start.local_name().into_inner());
                if let Some(root) = close(&mut open, node, &mut child) {
                    return Ok(root);
                }
            }
            Event::End(_) => {
                let Some(node) = open.pop() else { return Err("an element ends that never began".to_owned()) };
                if let Some(root) = close(&mut open, node, &mut child) {
                    return Ok(root);
                }
            }
            Event::Text(text) => push(&mut open, &text.xml10_content()),
            Event::CData(text) => push(&mut open, &text.xml10_content()),
            Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                Ok(Some(char)) => push(&mut open, char.encode_utf8(&mut [0; 4])),
                _ => push(&mut open, resolve_xml_entity(&entity).unwrap_or_default()),
            },
            Event::Eof if open.is_empty() => return Err("it holds no element".to_owned()),
            Event::Eof => return Err("it ends in the middle".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// Puts a finished element where it belongs; the root is returned.
fn close(open: &mut [Node], node: Node, child: &mut impl FnMut(Node)) -> Option<Node> {
    match open {
        [] => return Some(node),
        [_] => child(node),
        [.., parent] => parent.nodes.push(node),
    }
    None
}

fn push(open: &mut [Node], text: &str) {
    if let Some(node) = open.last_mut() {
        node.text.push_str(text);
    }
}

/// Text as it stands between two tags.
pub(super) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn children(text: &str) -> Result<Vec<Node>, String> {
        let mut found = Vec::new();
        read(text.as_bytes(), |node| found.push(node)).map(|_| found)
    }

    #[test]
    fn prefixes_do_not_matter() {
        for text in [
            "<multistatus xmlns='DAV:'><response><href> /a </href></response></multistatus>",
            "<?xml version='1.0'?><ns0:multistatus xmlns:ns0='DAV:'><ns0:response><ns0:href>/a</ns0:href></ns0:response></ns0:multistatus>",
            "<x xmlns='other'><response xmlns='DAV:'><d:href xmlns:d='DAV:'>/a</d:href></response></x>",
        ] {
            let found = children(text).unwrap();
            assert!(found[0].is(Space::Dav, "response"), "{text}");
            assert_eq!(found[0].hrefs().collect::<Vec<_>>(), ["/a"]);
        }
        let other = children("<a xmlns:d='dav'><d:response/></a>").unwrap();
        assert!(!other[0].is(Space::Dav, "response"));
    }

    #[test]
    fn text_in_all_its_forms() {
        let found = children("<a><b>1 &lt; 2&#13;\n&#x263A;<![CDATA[ <c> & ]]>&nbsp;</b></a>").unwrap();
        assert_eq!(found[0].text, "1 < 2\r\n\u{263a} <c> & ");
        let mut latin = b"<a><b>J".to_vec();
        latin.extend_from_slice(b"\xfcrg</b></a>");
        let mut found = Vec::new();
        read(&latin, |node| found.push(node)).unwrap();
        assert_eq!(found[0].text, "J\u{fffd}rg");
    }

    #[test]
    fn what_is_no_document_is_said() {
        for (text, word) in [
            ("", "no element"),
            ("plain", "no element"),
            ("<a><b>", "middle"),
            ("<a><b></a>", "not XML"),
            ("<a><b", "not XML"),
            (&"<a>".repeat(100), "deep"),
        ] {
            let error = children(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
