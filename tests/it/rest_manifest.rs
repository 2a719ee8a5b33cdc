//! Manifests as people write them: `trunkline connector check`, the schema, the reference page.

use trunkline::connectors::rest;

use crate::support::binary::{refused, run, words};

#[test]
fn the_committed_schema_is_current() {
    let committed: serde_json::Value =
        serde_json::from_str(include_str!("../../docs/manifest.schema.json")).expect("json");
    assert!(committed == *rest::schema(), "run: trunkline connector schema > docs/manifest.schema.json");
}

/// Every key of the schema and every filter is in the reference page.
#[test]
fn the_reference_page_knows_every_key() {
    let page = include_str!("../../docs/manifest.md");
    let schema = rest::schema();
    let tables = schema["$defs"].as_object().expect("tables").values().chain([schema]);
    let mut missing: Vec<&str> = Vec::new();
    for table in tables {
        let keys = table["properties"].as_object().into_iter().flat_map(serde_json::Map::keys);
        missing.extend(keys.map(String::as_str).filter(|key| !page.contains(*key)));
    }
    missing.extend(rest::FILTERS.iter().map(|(name, _)| *name).filter(|name| !page.contains(&format!("| `{name}"))));
    assert!(missing.is_empty(), "docs/manifest.md says nothing of {missing:?}");
}

#[test]
fn check_shows_what_becomes_of_an_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = include_str!("../../docs/manifest.md");
    let example = page.split("<!-- The tests run this manifest").nth(1).expect("the marker");
    let example = example.split("```toml\n").nth(1).expect("a block").split("```").next().expect("its end");
    std::fs::write(folder.path().join("larder.toml"), example).expect("written");
    let output = run(folder.path(), &["connector", "check", "larder.toml"]);
    assert!(output.status.success(), "{}", words(&output));
    for part in [
        "Ada",
        "+16505550100",
        "\"mobile\"",
        "ada@example.com",
        "Analytical Engines",
        "is usable",
        "vars.kind may be set",
    ] {
        assert!(words(&output).contains(part), "{part}: {}", words(&output));
    }
    let sample = r#"{"people": [{"id": 2, "family": "Hopper", "changed_at": "yesterday", "emails": "x"}, {"family": "Nobody"}]}"#;
    std::fs::write(folder.path().join("sample.json"), sample).expect("written");
    let output = run(folder.path(), &["connector", "check", "larder.toml", "--sample", "sample.json"]);
    refused(&output, "contact.modified finds no moment");
    refused(&output, "record 1: a record has no id at `id`");
    assert!(words(&output).contains("Hopper"), "{}", words(&output));
    for (sample, part) in [("{\"people\": 1", "is not JSON"), ("{\"persons\": []}", "no records at `people`")] {
        std::fs::write(folder.path().join("sample.json"), sample).expect("written");
        refused(&run(folder.path(), &["connector", "check", "larder.toml", "--sample", "sample.json"]), part);
    }
}

#[test]
fn check_names_every_error_with_its_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        std::fs::write(folder.path().join("bad.toml"), text).expect("written");
        run(folder.path(), &["connector", "check", "bad.toml"])
    };
    let shape = check(
        "[api]\nname = \"X\"\ncolour = 1\n[sync]\nstrategy = \"watermarks\"\n[[sync.changes]]\nrecods = \"data\"\n\
         request = { path = 7 }\n[contact]\nmodified = \"a\"\n",
    );
    for part in [
        "5 to correct",
        "unknown key `api.colour` (bad.toml line 3)",
        "`sync.strategy` (bad.toml line 5): must be \"watermark\", \"token\" or \"full_scan\"; did you mean `watermark`?",
        "unknown key `sync.changes[0].recods` (bad.toml line 7): did you mean `records`?",
        "`sync.changes[0].request.path` (bad.toml line 8): must be text in quotes",
        "`contact` (bad.toml line 9): needs the key `id`",
    ] {
        refused(&shape, part);
    }
    let meaning = check(
        "[api]\nname = \"X\"\nbase_url = \"{{ vars.hst }}\"\n[outcome]\nauth_when = \"body.a.startswith('x')\"\n[sync]\nstrategy = \"watermark\"\n[sync.changes]\n\
         records = \"data[\"\nrequest = { path = \"people\", query = { a = \"{{ snyc.since | rfc }}\", b = \"{{ sync.sinse }}\", c = \"{{ 1 + }}\" } }\n\
         paging = { kind = \"cursor_body\" }\n[contact]\nid = \"id\"\n[call.create.request]\npath = \"/calls\"\nbody = { a = { \"$each\" = \"log.form\", \"$itme\" = 1 } }\n\
         [webhook]\nkind = \"hmac_sha256\"\n",
    );
    for part in [
        "line 3): `vars.hst` is not declared",
        "line 5): values have no method `startswith()`",
        "line 7): needs contact.modified",
        "line 9): is no path",
        "`sync.changes.request.path` (bad.toml line 10): must begin with /",
        "there is no filter `rfc`",
        "there is no `snyc` here; did you mean `sync`?",
        "`sync` has no `sinse`; did you mean `since`?",
        "`sync.changes.request.query.c` (bad.toml line 10): is no template",
        "line 11): this kind needs `next`",
        "line 14): needs `capture = { id = \"...\" }`",
        "line 16): a GET or DELETE has no body",
        "did you mean `$item`?",
        "line 17): is missing: the header",
    ] {
        refused(&meaning, part);
    }
    let places = check(
        "[api]\nname = \"X\"\nbase_url = \"ftp://crm.example\"\nallowed_paths = [\"/v1/\"]\n[sync]\nstrategy = \"full_scan\"\n\
         [sync.changes]\nrequest = { path = \"/v2/people\" }\n[fetch]\nrequest = { path = \"/{{ id }}\" }\n[contact]\nid = \"id\"\n",
    );
    for part in ["2 to correct", "line 3): is no web address", "line 8): is outside of api.allowed_paths"] {
        refused(&places, part);
    }
    refused(&check(""), "`manifest` (bad.toml line 1): needs the key `api`");
    refused(&check("[api\nname = 1"), "bad.toml line 1) is not TOML".replace(") is", "): is").as_str());
    refused(&run(folder.path(), &["connector", "check", "nothing.toml"]), "cannot read nothing.toml");
}

#[test]
fn shipped_manifests_can_be_printed_and_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["connector", "show"]);
    assert!(words(&output).contains("pipedrive"));
    let output = run(folder.path(), &["connector", "show", "pipedrive"]);
    assert_eq!(Some(String::from_utf8_lossy(&output.stdout).into_owned()), rest::shipped("pipedrive"));
    refused(&run(folder.path(), &["connector", "show", "nobody"]), "there is no shipped manifest");
    assert!(run(folder.path(), &["connector", "check", "pipedrive"]).status.success());
}
