import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const MEDIA = { ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8" };

/** Sends a file of `folder`, or 404. @param {URL} folder @param {import("node:http").ServerResponse} response */
export async function sendFile(folder, path, response, headers = {}) {
  const root = normalize(folder.pathname);
  const file = normalize(join(root, decodeURIComponent(path)));
  try {
    if (!file.startsWith(root.endsWith(sep) ? root : root + sep)) throw new Error("outside");
    const content = await readFile(file);
    response.writeHead(200, { "Content-Type": MEDIA[extname(file)] ?? "application/octet-stream", ...headers });
    response.end(content);
  } catch {
    response.writeHead(404, headers).end();
  }
}

/** Listens on a free port of the loopback, or on `port`. @returns {Promise<string>} the origin */
export async function listen(server, port = 0) {
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(undefined));
  });
  return `http://127.0.0.1:${server.address().port}`;
}
