/**
 * Parser of a server-sent event stream, as the HTML standard (9.2.6) reads it, for use with fetch:
 * EventSource cannot send a bearer header.
 */

/** More than this without an event end is not our daemon; the stream is given up. */
const MAX_BUFFER = 4 * 1024 * 1024;

/**
 * @param {(event: {type: string, data: string}) => void} emit
 * @returns {(chunk: string) => void} takes the decoded text as it comes, cut anywhere
 */
export function createEventParser(emit) {
  let rest = "";
  let size = 0;
  let type = "";
  /** @type {string[]} */
  let data = [];

  /** @param {string} line */
  function take(line) {
    if (line === "") {
      if (data.length > 0) emit({ type: type || "message", data: data.join("\n") });
      type = "";
      data = [];
      size = 0;
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? "" : line.slice(colon + 1);
    if (value.startsWith(" ")) value = value.slice(1);
    if (field === "event") type = value;
    if (field === "data") {
      data.push(value);
      size += value.length;
    }
  }

  return (chunk) => {
    rest += chunk;
    if (rest.length + size > MAX_BUFFER) throw new RangeError("an event of the stream is too long");
    for (;;) {
      const end = rest.search(/[\r\n]/);
      // A CR at the very end may be the first half of a CRLF; wait for what follows it.
      if (end < 0 || (rest[end] === "\r" && end === rest.length - 1)) return;
      const line = rest.slice(0, end);
      rest = rest.slice(end + (rest.startsWith("\r\n", end) ? 2 : 1));
      take(line);
    }
  };
}
