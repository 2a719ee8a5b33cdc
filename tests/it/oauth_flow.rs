//! Signing in by OAuth, as a browser sees it.

use serde_json::json;

use crate::support::browser::{Browser, form_token, page};
use crate::support::crm::{Crm, OAUTH};

const MINUTE: i64 = 60_000;

fn state_of(url: &str) -> String {
    let url = url::Url::parse(url).expect("an address");
    url.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned()
}

#[tokio::test]
async fn authorize_leads_to_the_vendor_and_back() {
    let crm = Crm::with(OAUTH).await;
    let service = crm.service().await;
    assert_eq!((&service["authorized"], &service["showAuthRedDot"]), (&json!(false), &json!(true)));
    assert!(service.get("authorizedAccount").is_none(), "{service}");
    let pressed = crm.press().await;
    assert!(pressed.starts_with(&format!("{}/connect?ticket=", crm.daemon.base)), "{pressed}");
    let mut browser = Browser::default();
    let window = browser.open(&pressed).await;
    let text = window.page(200);
    assert!(text.contains("You are signed in to Example CRM as Ada Lovelace."), "{text}");
    assert!(text.contains("window.close()"), "{text}");
    // Straight to the vendor: pop-up, vendor, callback.
    assert_eq!(browser.visited.len(), 3, "{:?}", browser.visited);
    assert!(browser.visited[1].starts_with(&format!("{}/authorize?brand=1&", crm.vendor.base)));
    let sent = crm.vendor.books().visits[0].clone();
    assert_eq!(sent["redirect_uri"], format!("{}/oauth/callback", crm.daemon.base));
    assert_eq!((sent["scope"].as_str(), sent["access_type"].as_str()), ("contacts.read offline", "offline"));
    assert!(sent["state"].len() >= 43 && sent["code_challenge"].len() == 43, "{sent:?}");
    let service = crm.service().await;
    assert_eq!((&service["authorized"], &service["authorizedAccount"]), (&json!(true), &json!("Ada Lovelace")));
    crm.ask().await.expect("signed in");
    // Pressing Connect once more has nothing to open.
    let answer = crm.daemon.post("/authorize", &json!({"authorized": false})).await;
    assert_eq!(answer["commands"][0]["authorized"], true);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let crm = Crm::with(OAUTH).await;
    let answer = Browser::default().step(&crm.press().await).await;
    assert_eq!(answer.status, 303);
    let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=900", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    let https = Crm::with(&format!("[server]\npublic_url = 'https://phone.example'\n{OAUTH}")).await;
    let pressed = https.press().await.replace("https://phone.example", &https.daemon.base);
    let answer = Browser::default().step(&pressed).await;
    assert!(answer.header("set-cookie").expect("a cookie").contains("; Secure"));
    let to = url::Url::parse(answer.header("location").expect("an address")).expect("an address");
    let redirect = to.query_pairs().find(|(name, _)| name == "redirect_uri").expect("it").1.into_owned();
    assert_eq!(redirect, "https://phone.example/oauth/callback");
}

#[tokio::test]
async fn a_ticket_is_good_once_and_for_five_minutes() {
    let crm = Crm::with(OAUTH).await;
    let pressed = crm.press().await;
    let mut browser = Browser::default();
    browser.step(&pressed).await;
    // A reload in the same window is no theft.
    let again = browser.step(&pressed).await;
    assert_eq!((again.status, again.header("location")), (200, None));
    let stolen = Browser::default().open(&pressed).await;
    assert!(stolen.page(410).contains("used already"), "{}", stolen.answer.text);
    let late = crm.press().await;
    crm.daemon.clock.advance(5 * MINUTE);
    Browser::default().open(&late).await.page(410);
    let made_up = format!("{}/connect?ticket=made-up", crm.daemon.base);
    Browser::default().open(&made_up).await.page(410);
    Browser::default().open(&crm.daemon.url("/connect")).await.page(410);
    assert!(crm.vendor.books().visits.is_empty());
}

#[tokio::test]
async fn a_state_is_good_once_in_its_own_browser_and_for_ten_minutes() {
    let crm = Crm::with(OAUTH).await;
    let mut browser = Browser::default();
    browser.open(&crm.press().await).await.page(200);
    let callback = browser.visited[2].clone();
    crm.daemon.post("/authorize", &json!({"authorized": true})).await;
    let replayed = browser.open(&callback).await;
    assert!(replayed.page(410).contains("finished or took too long"), "{}", replayed.answer.text);

    // Another's browser gets the address: it cannot finish what this one began.
    let mut browser = Browser::default();
    let to_vendor = browser.step(&crm.press().await).await;
    let back = browser.step(to_vendor.header("location").expect("an address")).await;
    let back = back.header("location").expect("an address").to_owned();
    let mut other = Browser::default();
    let refused = other.open(&back).await;
    assert!(refused.page(403).contains("another browser"), "{}", refused.answer.text);
    other.step(&crm.press().await).await;
    other.open(&back).await.page(410);
    browser.open(&back).await.page(410);

    let mut slow = Browser::default();
    let to_vendor = slow.step(&crm.press().await).await;
    let back = slow.step(to_vendor.header("location").expect("an address")).await;
    crm.daemon.clock.advance(10 * MINUTE);
    slow.open(back.header("location").expect("an address")).await.page(410);
    assert_eq!(crm.vendor.books().exchanges, 1, "no code but the first was offered");
    assert_eq!(crm.service().await["authorized"], false);
}

#[tokio::test]
async fn a_person_who_does_not_allow_it_is_told_that_nothing_changed() {
    let crm = Crm::with(OAUTH).await;
    crm.vendor.books().denies = true;
    let mut browser = Browser::default();
    let window = browser.open(&crm.press().await).await;
    assert!(window.page(200).contains("You did not allow it; nothing changed."), "{}", window.answer.text);
    assert_eq!(crm.service().await["authorized"], false);
    // The vendor's words are shown as words.
    let to_vendor = browser.step(&crm.press().await).await;
    let state = state_of(to_vendor.header("location").expect("an address"));
    let mut back = url::Url::parse(&crm.daemon.url("/oauth/callback")).expect("an address");
    back.query_pairs_mut()
        .append_pair("state", &state)
        .append_pair("error", "server_error")
        .append_pair("error_description", "<script>alert(1)</script>");
    let window = browser.open(back.as_str()).await;
    assert!(window.page(200).contains("&lt;script&gt;alert(1)"), "{}", window.answer.text);
}

#[tokio::test]
async fn a_code_that_was_made_for_another_is_refused() {
    let crm = Crm::with(OAUTH).await;
    let mut browser = Browser::default();
    let to_vendor = browser.step(&crm.press().await).await;
    let state = state_of(to_vendor.header("location").expect("an address"));
    let redirect = crm.daemon.url("/oauth/callback");
    let code = crm.vendor.books().foreign_code(&redirect);
    let window = browser.open(&format!("{redirect}?code={code}&state={state}")).await;
    let text = window.page(422);
    assert!(text.contains("Example CRM does not take the sign-in") && !text.contains("CANARY"), "{text}");
    assert_eq!(crm.service().await["authorized"], false);
    for odd in ["", "?code=x", "?state=x", "?code=&state=", "?error=x"] {
        browser.open(&format!("{redirect}{odd}")).await.page(410);
    }
}

#[tokio::test]
async fn clients_with_their_secret_in_the_body_or_without_one_are_served() {
    for public in [false, true] {
        let vendor = crate::support::vendor::Vendor::start().await;
        vendor.books().secret_in_body = true;
        vendor.books().public_client = public;
        let toml = if public { OAUTH.replace("client_secret = 'CANARYclientsecret'\n", "") } else { OAUTH.to_owned() };
        let crm = Crm::of(vendor, &toml, std::time::Duration::from_secs(20)).await;
        crm.sign_in().await;
        crm.daemon.clock.advance(60 * MINUTE);
        crm.ask().await.expect("renewed");
        crm.daemon.post("/authorize", &json!({"authorized": true})).await;
        crm.vendor.until(|books| !books.revoked.is_empty()).await;
    }
}

#[tokio::test]
async fn what_keeps_people_from_signing_in_is_told_to_them() {
    use crate::support::vendor::Mood;
    let crm = Crm::with(OAUTH).await;
    for (mood, status, words) in [
        (Mood::Fail500, 503, "the sign-in server answered with 500"),
        (Mood::Html, 503, "did not answer with JSON"),
        (Mood::InvalidClient, 503, "correct client_id and client_secret"),
        (Mood::BreakOff, 503, "nothing was changed, try again"),
    ] {
        crm.vendor.next(&[mood]);
        let window = Browser::default().open(&crm.press().await).await;
        let text = window.page(status);
        assert!(text.contains(words) && !text.contains("CANARY"), "{mood:?}: {text}");
        assert_eq!(crm.service().await["authorized"], false);
    }
    let unset = Crm::with("[connectors.crm]\nkind = 'hubspot'\n").await;
    let window = Browser::default().open(&unset.press().await).await;
    assert!(window.page(503).contains("client_id"), "{}", window.answer.text);
    // A vendor that gives tokens its own API does not take.
    let odd = Crm::with(OAUTH).await;
    odd.vendor.next(&[Mood::Wait]);
    let (mut browser, pressed) = (Browser::default(), odd.press().await);
    let (window, ()) = tokio::join!(browser.open(&pressed), async {
        odd.vendor.until(|books| books.exchanges == 1).await;
        odd.vendor.go_on();
    });
    window.page(200);
}

#[tokio::test]
async fn several_connectors_are_listed_and_each_is_signed_in_to() {
    let toml = format!("{OAUTH}{}[connectors.open]\nkind = 'hubspot'\n", OAUTH.replace("crm]", "other]"));
    let crm = Crm::with(&toml).await;
    let pressed = crm.daemon.post("/authorize", &json!({"authorized": false})).await["commands"][0].clone();
    let listed = pressed["detail"]["connectors"].as_array().expect("connectors").len();
    assert_eq!(listed, 2, "{pressed}");
    let mut browser = Browser::default();
    let list = browser.open(pressed["url"].as_str().expect("an address")).await;
    assert!(!list.url.contains("ticket"), "{}", list.url);
    let text = list.page(200);
    assert!(text.contains("/connect/crm/start") && text.contains("/connect/other/start"), "{text}");
    assert!(!text.contains("/connect/open"), "{text}");
    assert!(text.contains("Signed out because nobody has signed in yet."), "{text}");
    let window = browser.open(&crm.daemon.url("/connect/crm/start")).await;
    assert!(window.page(200).contains("/connect/other/start"), "one more to go: {}", window.answer.text);
    assert_eq!(crm.service().await["authorized"], false);
    let window = browser.open(&crm.daemon.url("/connect/other/start")).await;
    assert!(window.page(200).contains("closes by itself"), "{}", window.answer.text);
    assert_eq!(crm.service().await["authorized"], true);
    for nowhere in ["/connect/open/start", "/connect/none/start"] {
        browser.open(&crm.daemon.url(nowhere)).await.page(404);
    }
    let open = browser.open(&crm.daemon.url("/connect")).await;
    assert!(open.page(200).contains("Signed in as Ada Lovelace since"), "{}", open.answer.text);
    assert!(!open.answer.text.contains("<form"), "{}", open.answer.text);
}

#[tokio::test]
async fn pages_are_for_windows_of_their_own() {
    let page_origin = "https://crm.example";
    let toml = format!("[server]\nallowed_origins = ['{page_origin}']\n[connectors.key]\nkind = 'hubspot'\n");
    let crm = Crm::with(&toml).await;
    let mut browser = Browser::default();
    let window = browser.open(&crm.press().await).await;
    let token = form_token(window.page(200)).to_owned();
    let connect = crm.daemon.url("/connect");
    // A page that may use the daemon may not read or fill in this one, nor frame it.
    for (name, value) in
        [("origin", page_origin), ("sec-fetch-dest", "iframe"), ("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")]
    {
        let answer = crm.daemon.client.get(&connect).header(name, value).send().await.expect("an answer");
        assert_eq!(answer.status(), 403, "{name}: {value}");
        assert_eq!(answer.headers()["x-frame-options"], "DENY");
    }
    let form = crm.daemon.url("/connect/key");
    for from in [page_origin, "https://evil.example", "null", "http://127.0.0.1:1"] {
        let answer = browser.submit_from(from, &form, &[("token", &token), ("key", "x")]).await;
        assert_eq!(answer.status, 403, "{from}: {}", answer.text);
    }
    let no_origin = crm.daemon.client.post(&form).form(&[("token", token.as_str()), ("key", "x")]).send().await;
    assert_eq!(no_origin.expect("an answer").status(), 403);
    // Forms are taken nowhere else.
    for path in ["/embeddable/authorize", "/v1/contacts/batch", "/connect", "/connectx"] {
        let answer = browser.submit(&crm.daemon.url(path), &[("token", &token)]).await;
        assert_eq!(answer.status, 415, "{path}: {}", answer.text);
    }
    assert_eq!(crm.vendor.books().asked, 0);
    page(&browser.submit(&form, &[("token", &token), ("key", "wrong")]).await, 422);
}
