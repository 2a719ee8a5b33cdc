//! What a site's page loads of the adapter: the module of the web chat, from the site's own origins.

use crate::support::engage::{SHOP, shop};
use crate::support::{Answer, Daemon};

async fn get(daemon: &Daemon, path: &str, origin: &str) -> Answer {
    let request = daemon.client.get(daemon.url(path)).header("origin", origin);
    Answer::of(request.send().await.expect("an answer")).await
}

#[tokio::test]
async fn a_sites_page_loads_the_module_and_whatever_it_imports() {
    let daemon = shop().await;
    let (mut open, mut seen) = (vec!["engage.js".to_owned()], Vec::new());
    assert!(get(&daemon, "/engage.js", SHOP).await.text.contains("./adapter/engage.js"));
    while let Some(module) = open.pop() {
        if seen.contains(&module) {
            continue;
        }
        let answer = get(&daemon, &format!("/adapter/{module}"), SHOP).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(SHOP)), "{module}");
        let imports = answer.text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1));
        open.extend(imports.filter_map(|from| from.strip_prefix("./")).map(str::to_owned).collect::<Vec<_>>());
        seen.push(module);
    }
    assert!(seen.len() > 5, "{seen:?}");
    assert!(!seen.iter().any(|module| module == "connect.js"), "a shop has no phone: {seen:?}");
}

#[tokio::test]
async fn a_sites_origin_opens_nothing_else_and_a_foreign_one_nothing() {
    let daemon = shop().await;
    for path in ["/adapter.js", "/embeddable/service", "/v1/contacts", "/healthz", "/engage.js/", "/engage"] {
        get(&daemon, path, SHOP).await.problem(403, "origin_refused");
    }
    for origin in ["https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443", "null", ""]
    {
        for path in ["/engage.js", "/adapter/engage.js"] {
            let answer = get(&daemon, path, origin).await;
            answer.problem(403, "origin_refused");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        }
    }
    // The operators' pages load the adapter as ever, which has the module too.
    assert_eq!(get(&daemon, "/adapter/engage.js", "https://crm.example").await.status, 200);
}
