import { createHmac, randomUUID } from "node:crypto";

/** The community's key, as one finds it in its settings. */
export const KEY = { kid: "site_main", alg: "HS256", secret: "0123456789abcdef01234567" };

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Signs claims as the vendor's guide says. */
export function sign(claims, { kid, secret } = KEY, header = {}) {
  const text = `${part({ typ: "JWT", alg: "HS256", kid, ...header })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** The shop's own server, with a mint of its own in the daemon's stead: each grant is good once. */
export class Shop {
  customers = [{ id: "ct_1", name: "Ada Sample" }, { id: "ct_2", name: "Ben Sample" }, { id: "ct_3", name: "Cleo Example" }];
  mode = "require";
  /** Milliseconds; a browser's faked clock is another one than ours. */
  now = () => Date.now();
  /** What is minted in the daemon's stead; another function for the real daemon. @type {(customer: string) => any} */
  mint = (customer) => this.identity({ uuid: `uuid-of-${customer}`, firstname: this.customers.find(({ id }) => id === customer)?.name });
  #grants = new Map();
  renewals = [];

  addresses(daemon) {
    return { customers: this.customers, renewUrl: `${daemon}/v1/engage/sites/shop/identities/renew` };
  }

  identity(claims) {
    const exp = Math.floor(this.now() / 1000) + 7_200;
    const renewGrant = randomUUID();
    this.#grants.set(renewGrant, claims);
    return { token: sign({ exp, ...claims }), exp, renewAt: exp - 3_900, kid: KEY.kid, uuid: claims.uuid, renewGrant };
  }

  /** @returns null: the grant is unknown, or was used */
  renew(grant) {
    const claims = this.#grants.get(grant);
    this.renewals.push(grant);
    if (!claims) return null;
    this.#grants.delete(grant);
    return this.identity(claims);
  }

  /** What the shop's site has beside its files. @returns {Promise<boolean>} */
  async answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://x");
    const json = (value) => response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if (pathname === "/engage/source.json") json({ domain: "sample", mode: this.mode, keys: [KEY] });
    else if (pathname === "/identity.json") json(await this.mint(searchParams.get("customer")));
    else return false;
    return true;
  }
}
