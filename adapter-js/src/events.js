/**
 * The daemon's event stream: read with fetch, since EventSource cannot send a bearer header; joined
 * again with back-off when it ends.
 */

import { backoff } from "./backoff.js";
import { createEventParser } from "./sse.js";

/** For the headers of the stream to come. */
const OPEN_LIMIT = 15_000;
/** Three of the daemon's comments missed: the connection is dead, as after a laptop's sleep. */
const SILENCE = 45_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {AbortSignal} parts.signal
 * @param {() => void} parts.onHello at each (re)connection
 * @param {(commands: unknown) => void} parts.onCommands
 */
export async function followEvents({ env, clock, daemon, signal, onHello, onCommands }) {
  let attempt = 0;

  /** @param {{type: string, data: string}} event */
  function take(event) {
    if (event.type === "hello") {
      attempt = 0;
      onHello();
    } else if (event.type === "commands") {
      try {
        onCommands(JSON.parse(event.data).commands);
      } catch (error) {
        env.console.error("trunkline: an event of the daemon could not be carried out", error);
      }
    }
  }

  while (!signal.aborted) {
    await daemon.stream("embeddable/events", OPEN_LIMIT, async (response) => {
      if (response.body !== null) await readAll(response.body, clock, signal, createEventParser(take));
    });
    if (signal.aborted) return;
    await new Promise((resolve) => clock.after(backoff(attempt, env.random), () => resolve(undefined)));
    attempt++;
  }
}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {import("./internal.d.ts").Clock} clock
 * @param {AbortSignal} signal
 * @param {(text: string) => void} parse
 */
async function readAll(body, clock, signal, parse) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      const cancel = clock.after(SILENCE, stop);
      const { done, value } = await reader.read().finally(cancel);
      if (done) return;
      parse(decoder.decode(value, { stream: true }));
    }
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
  }
}
