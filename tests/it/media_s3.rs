//! Media in a bucket: a small server that speaks as much S3 as is spoken to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinSet;

use crate::support::media_host::{MediaHost, Reply, daemon, mp3, world};

#[derive(Debug, Default)]
struct Bucket {
    objects: Mutex<BTreeMap<String, Bytes>>,
    /// Parts of uploads that have not ended.
    parts: Mutex<BTreeMap<String, Bytes>>,
    signed: Mutex<Vec<String>>,
}

impl Bucket {
    fn objects(&self) -> BTreeMap<String, Bytes> {
        self.objects.lock().expect("a map").clone()
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("", |value| value.to_str().expect("text")).to_owned()
}

async fn speak(
    State(bucket): State<Arc<Bucket>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    bucket.signed.lock().expect("a list").push(text(&headers, "authorization"));
    let key = uri.path().trim_start_matches("/calls").trim_start_matches('/').to_owned();
    let query = uri.query().unwrap_or_default();
    let etag = [("etag", "\"x\"")];
    let mut objects = bucket.objects.lock().expect("a map");
    match (method.as_str(), query) {
        ("POST", "uploads" | "uploads=") => {
            "<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>".into_response()
        }
        ("PUT", query) if query.contains("partNumber") => {
            bucket.parts.lock().expect("a map").insert(query.to_owned(), body);
            etag.into_response()
        }
        ("POST", _) => {
            let parts = std::mem::take(&mut *bucket.parts.lock().expect("a map"));
            objects.insert(key, parts.into_values().flatten().collect());
            "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>".into_response()
        }
        ("PUT", _) if headers.contains_key("x-amz-copy-source") => {
            let from =
                text(&headers, "x-amz-copy-source").trim_start_matches('/').trim_start_matches("calls/").to_owned();
            let copied = objects[&from].clone();
            objects.insert(key, copied);
            "<CopyObjectResult><ETag>x</ETag></CopyObjectResult>".into_response()
        }
        ("PUT", _) => {
            objects.insert(key, body);
            etag.into_response()
        }
        ("DELETE", _) => {
            objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        ("GET", query) if query.contains("list-type=2") => {
            "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
                .into_response()
        }
        ("GET" | "HEAD", _) => match objects.get(&key) {
            None => StatusCode::NOT_FOUND.into_response(),
            Some(bytes) => part_of(bytes, &text(&headers, "range")),
        },
        other => panic!("{other:?} is not spoken"),
    }
}

fn part_of(bytes: &Bytes, range: &str) -> Response {
    let modified = ("last-modified", "Thu, 01 Jan 2026 10:00:00 GMT".to_owned());
    let Some((start, end)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return ([modified, ("etag", "\"x\"".into())], Body::from(bytes.clone())).into_response();
    };
    let (start, end): (usize, usize) = (start.parse().expect("a number"), end.parse().expect("a number"));
    let told = format!("bytes {start}-{end}/{}", bytes.len());
    let headers = [modified, ("etag", "\"x\"".into()), ("content-range", told)];
    (StatusCode::PARTIAL_CONTENT, headers, Body::from(bytes.slice(start..=end))).into_response()
}

async fn serve() -> (Arc<Bucket>, String, JoinSet<()>) {
    let bucket = Arc::new(Bucket::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let router = axum::Router::new()
        .fallback(speak)
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(bucket.clone());
    let mut served = JoinSet::new();
    served.spawn(async move { axum::serve(listener, router).await.expect("served") });
    (bucket, base, served)
}

#[tokio::test]
async fn files_are_kept_in_a_bucket_by_signed_requests() {
    let (bucket, endpoint, _served) = serve().await;
    let host = MediaHost::plain().await;
    host.on("/small", &[Reply::File("audio/mpeg", mp3(5_000))]);
    host.on("/large", &[Reply::File("audio/mpeg", mp3(20_000_000))]);
    host.on("/broken", &[Reply::Broken("audio/mpeg", mp3(700))]);
    let s3 = format!(
        "[media.s3]\nbucket = 'calls'\nendpoint = '{endpoint}'\naccess_key_id = 'AKIDEXAMPLE'\n\
         secret_access_key = 'CANARYs3'\nprefix = 'trunkline/one'\nregion = 'eu-central-1'"
    );
    let daemon = daemon(&host.toml(&s3), world()).await;
    daemon.state.media.store().expect("a store").probe().await.expect("it works");
    for (session, path, length) in [("1", "/small", 5_000), ("2", "/large", 20_000_000)] {
        let file = daemon.record(session, &host.url(&format!("{path}?access_token=A"))).await;
        assert_eq!(file["state"], "stored", "{file}");
        let sha256 = file["sha256"].as_str().expect("a hash");
        assert_eq!(bucket.objects()[&format!("trunkline/one/sha256/{}/{sha256}", &sha256[..2])].len(), length);
        let request = daemon.client.get(file["url"].as_str().expect("an address")).header("range", "bytes=4000-4999");
        let part = request.send().await.expect("an answer");
        assert_eq!(part.status(), 206);
        assert_eq!(part.bytes().await.expect("bytes"), mp3(length)[4000..5000]);
    }
    assert_eq!(daemon.record("3", &host.url("/broken?access_token=A")).await["state"], "failed");
    assert_eq!(bucket.objects().len(), 2, "nothing half: {:?}", bucket.objects().keys());
    let signed = bucket.signed.lock().expect("a list").clone();
    assert!(signed.len() > 8, "{}", signed.len());
    for line in &signed {
        assert!(
            line.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
                && line.contains("/eu-central-1/s3/aws4_request"),
            "{line}"
        );
        assert!(line.contains("Signature=") && !line.contains("CANARY"), "{line}");
    }
    assert!(!daemon.folder.path().join("media").exists(), "no folder beside the bucket");
    assert!(!format!("{:?}", daemon.state).contains("CANARYs3"));
}
