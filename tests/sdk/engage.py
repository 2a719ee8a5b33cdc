"""PyJWT on visitors' tokens: verifies what the daemon minted, and makes tokens for its checker.

Reads {"tokens": [{"token", "alg", "key"}], "now", "secret", "private"} from standard input.
"""

import json
import sys
import warnings

import jwt

warnings.simplefilter("ignore")
asked = json.load(sys.stdin)
verified, refused = [], 0
for one in asked["tokens"]:
    rules = {"require": ["exp", "uuid"]}
    payload = jwt.decode(one["token"], one["key"], algorithms=[one["alg"]], options=rules)
    verified.append({"payload": payload, "header": jwt.get_unverified_header(one["token"])})
    other = "RS256" if one["alg"] == "HS256" else "HS256"
    head, body, signature = one["token"].split(".")
    changed = ("A" if body[0] != "A" else "B") + body[1:]
    for token, algorithm in [(one["token"], other), (f"{head}.{changed}.{signature}", one["alg"])]:
        try:
            jwt.decode(token, one["key"], algorithms=[algorithm])
        except (jwt.InvalidTokenError, jwt.InvalidKeyError):
            refused += 1

now, person = asked["now"], {"uuid": "54579fed6d617868b3010000", "screenname": "John Doe"}


def made(payload, headers, reasons, alg="HS256", key=None):
    token = jwt.encode(payload, key or asked["secret"], algorithm=alg, headers=headers)
    return {"token": token, "reasons": reasons}


main, rsa = {"kid": "site_main"}, {"kid": "site_next"}
print(json.dumps({"verified": verified, "refused": refused, "made": [
    made({**person, "exp": now + 7200}, main, []),
    made({**person, "exp": now + 7200}, rsa, [], "RS256", asked["private"]),
    made({**person, "exp": now + 7200}, main, ["signature_ok_with_other_encoding"], key=bytes.fromhex(asked["secret"])),
    made({**person, "exp": now + 7200}, None, ["kid_missing"]),
    made({**person, "exp": now + 7200}, main, ["alg_unsupported"], "HS512"),
    made({**person, "exp": now + 7200}, rsa, ["alg_key_mismatch"]),
    made({**person, "exp": (now + 7200) * 1000}, main, ["exp_in_milliseconds"]),
    made({**person, "exp": now + 3000}, main, ["exp_too_soon"]),
    made({**person, "exp": now - 11}, main, ["exp_past"]),
    made(person, main, ["exp_missing"]),
    made({"exp": now + 7200}, main, ["uuid_missing"]),
]}))
