import { createServer } from "node:http";

import { listen } from "./serve-files.js";
import { end } from "./sites.js";

/** The vendor's host of media: one recording, for whoever brings the operator's token. */
export class MediaHost {
  origin = "";
  /** The `Authorization` of each request. @type {(string | undefined)[]} */
  asked = [];
  #server;

  /** @param {Buffer} file @param {string} token */
  constructor(file, token) {
    this.#server = createServer((request, response) => {
      this.asked.push(request.headers.authorization);
      if (request.headers.authorization !== `Bearer ${token}`) return response.writeHead(401).end();
      return response.writeHead(200, { "Content-Type": "audio/wav", "Content-Length": file.length }).end(file);
    });
  }

  async start() {
    this.origin = await listen(this.#server);
    return this.origin;
  }

  stop() {
    return end(this.#server);
  }
}

/**
 * A sound of so many seconds, as a WAV file: 8,000 samples a second of 16 bits, one channel.
 *
 * @param {number} seconds
 */
export function wav(seconds) {
  const rate = 8_000;
  const bytes = 2 * rate * seconds;
  const file = Buffer.alloc(44 + bytes);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + bytes, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(2 * rate, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(bytes, 40);
  for (let n = 0; n < rate * seconds; n++) file.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * 440 * n) / rate)), 44 + 2 * n);
  return file;
}
