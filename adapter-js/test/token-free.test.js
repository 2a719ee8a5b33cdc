import assert from "node:assert/strict";
import test from "node:test";
import { tokenFree, withoutToken } from "../src/token-free.js";

const uri = "https://media.ringcentral.com/restapi/v1.0/account/1/recording/2/content";

test("an access token goes from every place it is known to stand in, and nothing else does", () => {
  for (const [text, wanted] of [
    [`${uri}?access_token=S3CRET`, uri],
    [`${uri}?access_token=S3CRET&type=a`, `${uri}?type=a`],
    [`${uri}?type=a&access_token=S3CRET`, `${uri}?type=a`],
    [`${uri}?type=a&access_token=S3CRET&b=c#end`, `${uri}?type=a&b=c#end`],
    [`${uri}?access_token=S3CRET?access_token=S3CRET`, uri],
    [`${uri}?ACCESS_TOKEN=S3CRET`, uri],
    [`${uri}?access%5Ftoken=S3CRET`, uri],
    [`see ${uri}?access_token=S3CRET and <b>`, `see ${uri} and <b>`],
    [`https://r.example/?media=${encodeURIComponent(`${uri}?access_token=S3CRET`)}`, `https://r.example/?media=${encodeURIComponent(uri)}`],
    [
      `https://r.example/?media=${encodeURIComponent(`${uri}?a=b&access_token=S3CRET&c=d`)}&x=y`,
      `https://r.example/?media=${encodeURIComponent(`${uri}?a=b&c=d`)}&x=y`,
    ],
    [
      `https://r.example/?u=${encodeURIComponent(`https://m.example/?media=${encodeURIComponent(`${uri}?access_token=S3CRET`)}`)}`,
      `https://r.example/?u=${encodeURIComponent(`https://m.example/?media=${encodeURIComponent(uri)}`)}`,
    ],
    ["Quoted $150 & <b>: 100%25 access granted", "Quoted $150 & <b>: 100%25 access granted"],
    [`${uri}?type=access`, `${uri}?type=access`],
  ]) {
    assert.equal(withoutToken(text), wanted);
  }
});

test("anywhere in a body, and fields that are a token by name", () => {
  const body = { a: [{ uri: `${uri}?access_token=S3CRET` }], accessToken: "S3CRET", Authorization: "S3CRET", note: "n", n: 1, x: null };
  assert.deepEqual(JSON.parse(tokenFree(body)), { a: [{ uri }], accessToken: null, Authorization: null, note: "n", n: 1, x: null });
  assert.equal(tokenFree(undefined), "null");
  assert.throws(() => tokenFree({ n: 1n }), TypeError);
});
