//! The multistatus of RFC 4918, 13 with the sync token of RFC 6578, 6.4.

use super::xml::{self, Node, Space};

/// The token of a sync report; other answers have none.
pub(super) type SyncToken = Option<String>;

/// What is said about one resource.
#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) href: String,
    /// The status of the resource as a whole, where one is given.
    pub(super) status: Option<u16>,
    /// The properties that were found.
    pub(super) props: Vec<Node>,
}

impl Response {
    /// A property that was found.
    pub(super) fn prop(&self, space: Space, name: &str) -> Option<&Node> {
        self.props.iter().find(|node| node.is(space, name))
    }

    /// The text of a property, where it has some.
    pub(super) fn text(&self, space: Space, name: &str) -> Option<String> {
        self.prop(space, name).map(|node| node.text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The first address in a property.
    pub(super) fn href_in(&self, space: Space, name: &str) -> Option<&str> {
        self.prop(space, name)?.hrefs().find(|href| !href.is_empty())
    }

    /// The resource is not there.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.status, Some(404 | 410))
    }

    /// Whether it is a collection.
    pub(super) fn is_folder(&self) -> bool {
        self.prop(Space::Dav, "resourcetype").is_some_and(|kind| kind.find(Space::Dav, "collection").is_some())
    }
}

/// Hands out each response; returns the sync token. The error is what is wrong with the document.
pub(super) fn read(body: &[u8], mut each: impl FnMut(Response)) -> Result<SyncToken, String> {
    let mut token = None;
    let root = xml::read(body, |node| {
        if node.is(Space::Dav, "response") {
            responses(node, &mut each);
        } else if node.is(Space::Dav, "sync-token") {
            token = Some(node.text.trim().to_owned()).filter(|text| !text.is_empty());
        }
    })?;
    if !root.is(Space::Dav, "multistatus") {
        return Err("it is no multistatus".to_owned());
    }
    Ok(token)
}

fn responses(node: Node, each: &mut impl FnMut(Response)) {
    let status = node.find(Space::Dav, "status").and_then(status);
    let hrefs: Vec<String> = node.hrefs().filter(|href| !href.is_empty()).map(str::to_owned).collect();
    let mut props = Vec::new();
    for mut stat in node.nodes.into_iter().filter(|node| node.is(Space::Dav, "propstat")) {
        let found = stat.find(Space::Dav, "status").and_then(self::status).is_none_or(|code| code / 100 == 2);
        if found {
            let prop = stat.nodes.iter().position(|node| node.is(Space::Dav, "prop"));
            props.extend(prop.map(|at| stat.nodes.swap_remove(at).nodes).unwrap_or_default());
        }
    }
    // Several hrefs share a status, never properties.
    let mut hrefs = hrefs.into_iter();
    if let Some(href) = hrefs.next() {
        each(Response { href, status, props });
    }
    for href in hrefs {
        each(Response { href, status, props: Vec::new() });
    }
}

/// The code of `HTTP/1.1 404 Not Found`.
fn status(node: &Node) -> Option<u16> {
    node.text.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_missing_and_gone() {
        let text = "<m:multistatus xmlns:m='DAV:' xmlns:c='urn:ietf:params:xml:ns:carddav'>\
            <m:response><m:href>/a</m:href><m:propstat><m:status>HTTP/1.1 200 OK</m:status><m:prop>\
            <m:getetag>\"1\"</m:getetag><m:resourcetype><m:collection/></m:resourcetype></m:prop></m:propstat>\
            <m:propstat><m:prop><m:displayname/></m:prop><m:status>HTTP/1.1 404 Not Found</m:status></m:propstat>\
            </m:response>\
            <m:response><m:href>/b</m:href><m:href>/c</m:href><m:status>HTTP/1.1 404 Not Found</m:status></m:response>\
            <m:sync-token> t1 </m:sync-token></m:multistatus>";
        let mut all = Vec::new();
        assert_eq!(read(text.as_bytes(), |response| all.push(response)).unwrap().as_deref(), Some("t1"));
        assert_eq!(all.iter().map(|response| response.href.as_str()).collect::<Vec<_>>(), ["/a", "/b", "/c"]);
        assert_eq!(all[0].text(Space::Dav, "getetag").as_deref(), Some("\"1\""));
        assert!(all[0].is_folder() && !all[0].is_gone() && all[0].prop(Space::Dav, "displayname").is_none());
        assert!(all[1].is_gone() && all[2].is_gone());
        assert!(read(b"<html><body/></html>", |_| {}).unwrap_err().contains("multistatus"));
    }
}
