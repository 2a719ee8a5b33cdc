// jose on visitors' tokens: verifies what the daemon minted, and makes tokens for its checker.
// Reads {"tokens": [{"token", "alg", "key"}], "now", "secret", "private"} from standard input.
import { importPKCS8, importSPKI, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';

let text = '';
for await (const part of process.stdin) text += part;
const asked = JSON.parse(text);
const currentDate = new Date(asked.now * 1000);
const bytes = (secret) => new TextEncoder().encode(secret);
const keyOf = (one) => (one.alg === 'RS256' ? importSPKI(one.key, 'RS256') : bytes(one.key));

const verified = [];
let refused = 0;
for (const one of asked.tokens) {
  const key = await keyOf(one);
  const rules = { algorithms: [one.alg], requiredClaims: ['exp', 'uuid'], typ: 'JWT', currentDate };
  const { payload, protectedHeader: header } = await jwtVerify(one.token, key, rules);
  verified.push({ payload, header });
  const other = one.alg === 'RS256' ? 'HS256' : 'RS256';
  const [head, body, signature] = one.token.split('.');
  const changed = `${head}.${body[0] === 'A' ? 'B' : 'A'}${body.slice(1)}.${signature}`;
  for (const [token, changes] of [[one.token, { algorithms: [other] }], [changed, {}]]) {
    await jwtVerify(token, key, { ...rules, ...changes }).catch(() => { refused += 1; });
  }
}

const person = { uuid: '54579fed6d617868b3010000', screenname: 'John Doe' };
const secret = bytes(asked.secret);
const raw = Uint8Array.from(asked.secret.match(/../g), (pair) => parseInt(pair, 16));
const rsa = await importPKCS8(asked.private, 'RS256');
const made = async (payload, header, reasons, key = secret) => ({
  token: await new SignJWT(payload).setProtectedHeader({ typ: 'JWT', alg: 'HS256', ...header }).sign(key),
  reasons,
});
const main = { kid: 'site_main' };
const good = { ...person, exp: asked.now + 7200 };
process.stdout.write(JSON.stringify({
  verified,
  refused,
  made: [
    await made(good, main, []),
    await made(good, { alg: 'RS256', kid: 'site_next' }, [], rsa),
    await made(good, main, ['signature_ok_with_other_encoding'], raw),
    await made(good, { kid: 'site-main' }, ['kid_charset']),
    await made(good, { kid: 'site_other' }, ['kid_unknown']),
    await made(good, { ...main, typ: undefined }, ['typ_missing']),
    await made(good, main, ['signature_invalid'], bytes('fedcba9876543210fedcba98')),
    await made({ ...person, exp: asked.now + 3599 }, main, ['exp_borderline']),
    await made({ ...person, exp: asked.now + 7200.5 }, main, ['exp_not_integer']),
    await made({ ...good, uuid: ' ' }, main, ['uuid_blank']),
    await made({ ...good, uuid: 5 }, main, ['uuid_not_string']),
    { token: new UnsecuredJWT(good).encode(), reasons: ['typ_missing', 'alg_unsupported', 'kid_missing'] },
  ],
}));
