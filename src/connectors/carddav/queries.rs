//! The bodies of requests.

use super::xml::escaped;

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
const SPACES: &str = "xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"";

/// Who is asking.
pub(super) const WHO: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <D:propfind xmlns:D=\"DAV:\"><D:prop><D:current-user-principal/></D:prop></D:propfind>";

/// What a resource on the way to the address books is.
pub(super) const SIGNPOST: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <D:propfind xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:carddav\"><D:prop><D:resourcetype/><D:displayname/>\
    <D:current-user-principal/><C:addressbook-home-set/></D:prop></D:propfind>";

/// What an address book is and can do.
pub(super) const BOOK: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <D:propfind xmlns:D=\"DAV:\" xmlns:S=\"http://calendarserver.org/ns/\"><D:prop><D:resourcetype/><D:displayname/>\
    <D:sync-token/><S:getctag/><D:supported-report-set/><D:current-user-privilege-set/></D:prop></D:propfind>";

/// The cards of a collection with their versions.
pub(super) const VERSIONS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
    <D:propfind xmlns:D=\"DAV:\"><D:prop><D:resourcetype/><D:getetag/></D:prop></D:propfind>";

/// What changed since `token`; an empty one asks for everything (RFC 6578, 3.3). There is no limit in
/// it: servers that cut their answer short hand out the newest token all the same.
pub(super) fn changes_since(token: &str) -> String {
    format!(
        "{OPEN}<D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{}</D:sync-token>\
         <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>",
        escaped(token)
    )
}

/// Cards by their paths.
pub(super) fn cards(paths: &[&str]) -> String {
    let hrefs: Vec<String> = paths.iter().map(|path| format!("<D:href>{}</D:href>", escaped(path))).collect();
    format!(
        "{OPEN}<C:addressbook-multiget {SPACES}><D:prop><D:getetag/><C:address-data/></D:prop>{}\
         </C:addressbook-multiget>",
        hrefs.concat()
    )
}
