import { randomUUID } from "node:crypto";

/**
 * The stand-in daemon's sign-in page: each ticket is good for one visit, and pressing its button signs
 * the operator in and closes the window.
 */
export class ConnectPage {
  #tickets = new Set();
  #signedIn;

  /** @param {() => void} signedIn */
  constructor(signedIn) {
    this.#signedIn = signedIn;
  }

  ticket() {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return ticket;
  }

  /** Answers a request below /connect; null: not ours. */
  answer(url, method, response) {
    const { pathname, searchParams } = new URL(url, "http://x");
    if (!pathname.startsWith("/connect")) return false;
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.setHeader("Referrer-Policy", "no-referrer");
    if (method === "POST") {
      this.#signedIn();
      response.end("<!doctype html><link rel=icon href=data:,><title>Signed in</title><p>You can close this window.</p><script>window.close()</script>");
    } else if (this.#tickets.delete(searchParams.get("ticket"))) {
      response.end('<!doctype html><link rel=icon href=data:,><title>Sign in</title><h1>Sign in to Sample CRM</h1><form method="post" action="/connect/done"><button>Allow</button></form>');
    } else {
      response.writeHead(403).end("<!doctype html><link rel=icon href=data:,><title>Too late</title><h1>This address was used before</h1>");
    }
    return true;
  }
}
