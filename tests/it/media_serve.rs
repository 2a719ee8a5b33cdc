//! A stored file is played by browsers, resumed, and given to nobody but its operator and programs.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use trunkline::auth::mint;

use crate::settings_authorize::SECRET;
use crate::support::Daemon;
use crate::support::browser::Browser;
use crate::support::media_host::{MediaHost, Reply, daemon, mp3, recorded, world};

struct Got {
    status: u16,
    headers: HeaderMap,
    bytes: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

async fn ask(daemon: &Daemon, method: Method, path: &str, headers: &[(&str, &str)]) -> Got {
    let request = daemon.client.request(method, daemon.url(path));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Got { status, headers, bytes: answer.bytes().await.expect("a body").to_vec() }
}

/// A daemon with one stored recording of so many bytes: its path.
async fn with_recording(length: usize) -> (Daemon, MediaHost, String, Value) {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(length))]);
    let daemon = daemon(&host.toml(""), world()).await;
    let file = daemon.record("1", &host.url("/r?access_token=A")).await;
    let path = format!("/media/{}", file["id"].as_str().expect("an id"));
    (daemon, host, path, file)
}

#[tokio::test]
async fn ranges_are_served_as_a_player_asks_for_them() {
    let (daemon, _host, path, file) = with_recording(100_000).await;
    let bytes = mp3(100_000);
    let tag = format!("\"{}\"", file["sha256"].as_str().expect("a hash"));
    let whole = ask(&daemon, Method::GET, &path, &[]).await;
    assert_eq!((whole.status, &whole.bytes), (200, &bytes));
    for (name, value) in [
        ("etag", tag.as_str()),
        ("accept-ranges", "bytes"),
        ("content-type", "audio/mpeg"),
        ("content-length", "100000"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-store"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    let policy = whole.header("content-security-policy");
    assert!(
        policy.starts_with("sandbox allow-same-origin; default-src 'none';") && !policy.contains("script"),
        "{policy}"
    );
    assert!(whole.header("content-disposition").starts_with("inline; filename=\"recording-md_"));
    for (range, start, end) in
        [("bytes=0-", 0, 100_000), ("bytes=0-0", 0, 1), ("bytes=500-999", 500, 1000), ("bytes=-7", 99_993, 100_000)]
    {
        let part = ask(&daemon, Method::GET, &path, &[("range", range)]).await;
        assert_eq!((part.status, &part.bytes[..]), (206, &bytes[start..end]), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {start}-{}/100000", end - 1));
        assert_eq!(part.header("content-length"), (end - start).to_string());
    }
    // What broke off at half is resumed, if it is still the same file.
    let rest = ask(&daemon, Method::GET, &path, &[("range", "bytes=50000-"), ("if-range", &tag)]).await;
    assert_eq!((rest.status, [&bytes[..50_000], &rest.bytes].concat()), (206, bytes.clone()));
    let other = ask(&daemon, Method::GET, &path, &[("range", "bytes=50000-"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status, other.bytes.len()), (200, 100_000));
    let several = ask(&daemon, Method::GET, &path, &[("range", "bytes=0-1,5-6")]).await;
    assert_eq!((several.status, several.bytes.len()), (200, 100_000));
    let beyond = ask(&daemon, Method::GET, &path, &[("range", "bytes=100000-")]).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */100000"));
    let known = ask(&daemon, Method::GET, &path, &[("if-none-match", &format!("\"x\", {tag}"))]).await;
    assert_eq!((known.status, known.bytes.len(), known.header("etag")), (304, 0, tag.as_str()));
    let head = ask(&daemon, Method::HEAD, &path, &[]).await;
    assert_eq!((head.status, head.bytes.len(), head.header("content-length")), (200, 0, "100000"));
}

#[tokio::test]
async fn names_and_documents_are_sent_safely() {
    let host = MediaHost::plain().await;
    host.on("/d", &[Reply::File("application/pdf", b"%PDF-1.7".to_vec())]);
    let daemon = daemon(&host.toml(""), world()).await;
    let mut post = crate::support::vector::body("29");
    let name = "../Rechnung \"ä\"\r\nx: y*.pdf";
    let attachment = json!({"id": 5, "uri": host.url("/d?access_token=A"), "fileName": name});
    post["conversation"]["messages"][0]["attachments"] = json!([attachment]);
    daemon.post("/messageLogger", &post).await;
    daemon.state.media.idle().await;
    let id = daemon.get("/v1/media").await.ok()["items"][0]["id"].as_str().expect("an id").to_owned();
    let got = ask(&daemon, Method::GET, &format!("/media/{id}"), &[]).await;
    assert_eq!(
        got.header("content-disposition"),
        format!("attachment; filename=\"fax-{id}.pdf\"; filename*=UTF-8''..Rechnung%20%C3%A4x%3A%20y%2A.pdf")
    );
    assert_eq!(got.header("x"), "");
}

const JWT: &str = "[operators]\nauth = 'jwt'\nkeys = [{ kid = 'main', secret = '0123456789abcdef0123456789abcdef' }]\n\
    [api]\nkeys = ['0123456789abcdef0123456789abcdef']\n";

/// A daemon that asks for tokens, with a recording of ann's: its path, and tokens of ann and bob.
async fn guarded() -> (Daemon, MediaHost, String, [String; 2]) {
    let host = MediaHost::plain().await;
    host.on("/r", &[Reply::File("audio/mpeg", mp3(5_000))]);
    let mut daemon = daemon(&format!("{JWT}{}", host.toml("")), world()).await;
    let operators = &daemon.state.config.operators;
    let tokens =
        ["ann", "bob"].map(|name| mint(operators, name, None, None, 3_600, daemon.clock_ms()).expect("a token"));
    daemon.bearer = Some(tokens[0].clone());
    daemon.post("/callLogger", &recorded("1", &host.url("/r?access_token=A"))).await;
    daemon.state.media.idle().await;
    daemon.bearer = Some(SECRET.into());
    let id = daemon.get("/v1/media").await.ok()["items"][0]["id"].as_str().expect("an id").to_owned();
    daemon.bearer = None;
    (daemon, host, format!("/media/{id}"), tokens)
}

#[tokio::test]
async fn nobody_but_its_operator_and_programs_has_it() {
    let (mut daemon, _host, path, [ann, bob]) = guarded().await;
    for (bearer, status, code) in
        [(None, 401, "listener_unknown"), (Some(bob), 403, "not_yours"), (Some("x".repeat(40)), 401, "token_invalid")]
    {
        daemon.bearer = bearer;
        daemon.get(&path).await.problem(status, code);
    }
    for bearer in [ann, SECRET.into()] {
        let got = ask(&daemon, Method::GET, &path, &[("authorization", &format!("Bearer {bearer}"))]).await;
        assert_eq!((got.status, got.bytes.len()), (200, 5_000));
    }
    daemon.bearer = Some(SECRET.into());
    for path in ["/media/md_none", "/media/..%2Fx", "/media/%00"] {
        daemon.get(path).await.problem(404, "not_found");
    }
    daemon.bearer = None;
    for path in ["/v1/media", "/v1/media/md_x"] {
        daemon.get(path).await.problem(401, "api_key_refused");
    }
}

#[tokio::test]
async fn a_browser_is_let_in_by_a_ticket_and_known_by_a_cookie() {
    let (mut daemon, _host, path, [ann, bob]) = guarded().await;
    let id = path.trim_start_matches("/media/").to_owned();
    let mut browser = Browser::default();
    let got = ask(&daemon, Method::GET, &path, &[("accept", "text/html,*/*")]).await;
    let page = String::from_utf8(got.bytes).expect("text");
    assert_eq!((got.status, got.headers["content-type"].to_str().expect("text")), (401, "text/html; charset=utf-8"));
    assert!(page.contains("Who is listening?") && page.contains("In the phone, press"), "{page}");

    daemon.bearer = Some(ann);
    let url =
        daemon.send("POST", "/media/ticket", &json!({"id": id})).await.ok()["url"].as_str().expect("url").to_owned();
    let window = browser.open(&url).await;
    assert_eq!((window.url, window.answer.status), (daemon.url(&path), 200));
    let used = Browser::default().open(&url).await;
    assert!(used.answer.status == 410 && used.answer.text.contains("used already"), "{}", used.answer.text);
    let cookie = browser.cookies.values().next().expect("a jar")["trunkline_media"].clone();
    let cookie = format!("a=b; trunkline_media={cookie}");
    let got = ask(&daemon, Method::GET, &path, &[("cookie", &cookie), ("range", "bytes=1-2")]).await;
    assert_eq!((got.status, got.bytes), (206, mp3(5_000)[1..3].to_vec()));

    // Of bob, this browser would not get ann's.
    daemon.bearer = Some(bob);
    let url =
        daemon.send("POST", "/media/ticket", &json!({"id": id})).await.ok()["url"].as_str().expect("url").to_owned();
    let window = Browser::default().open(&url).await;
    assert_eq!(window.answer.status, 403);
    daemon.clock.advance(8 * 3_600_000 + 1);
    assert_eq!(ask(&daemon, Method::GET, &path, &[("cookie", &cookie)]).await.status, 401, "the day is over");
}

#[tokio::test]
async fn a_ticket_sends_a_browser_nowhere_else_and_its_cookie_is_guarded() {
    let (mut daemon, _host, _path, [ann, _]) = guarded().await;
    daemon.bearer = Some(ann);
    let url = daemon.send("POST", "/media/ticket", &json!({})).await.ok()["url"].as_str().expect("url").to_owned();
    let answer = Browser::default().step(&format!("{url}&id=//evil.example/")).await;
    assert_eq!((answer.status, answer.header("location")), (200, None), "{}", answer.text);
    let cookie = answer.header("set-cookie").expect("a cookie");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/;", "Max-Age=28800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[tokio::test]
async fn what_is_not_here_says_so() {
    let (daemon, host, path, file) = with_recording(900).await;
    host.on("/none", &[Reply::Status(410, &[])]);
    let failed = daemon.record("2", &host.url("/none?access_token=A")).await;
    let failed = format!("/media/{}", failed["id"].as_str().expect("an id"));
    let problem = daemon.get(&failed).await.problem(404, "media_not_stored");
    assert!(problem["detail"].as_str().expect("words").contains("has deleted it"), "{problem}");
    assert!(problem["fix"].as_str().expect("words").contains(&host.url("/none")), "{problem}");
    let id = file["id"].as_str().expect("an id");
    assert_eq!(daemon.send("DELETE", &format!("/v1/media/{id}"), &json!(null)).await.status, 204);
    daemon.get(&path).await.problem(410, "media_gone");
    assert_eq!(daemon.stored("sha256").len(), 0);
    assert_eq!(daemon.send("DELETE", &format!("/v1/media/{id}"), &json!(null)).await.status, 404);
    // A later post does not bring back what was deleted on purpose.
    assert_eq!(daemon.record("1", &host.url("/r?access_token=B")).await["state"], "gone");
}

#[tokio::test]
async fn a_file_that_is_missing_in_the_store_is_no_fault_of_the_daemon() {
    let (daemon, _host, path, _) = with_recording(900).await;
    std::fs::remove_file(&daemon.stored("sha256")[0]).expect("deleted by hand");
    daemon.get(&path).await.problem(404, "media_lost");
}
