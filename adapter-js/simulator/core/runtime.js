/**
 * What the core needs from its surroundings. Everything that is time, chance or the outside comes in
 * here, so that the tests drive the phone without a browser and without waiting.
 *
 * @typedef {object} Runtime
 * @property {(message: object) => void} post to the page that embeds the widget
 * @property {() => number} now milliseconds since 1970
 * @property {(callback: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 * @property {() => number} random yields [0, 1)
 * @property {string} locale decides the text of a conversation's date (protocol 4.4)
 * @property {string} timeZone
 * @property {(text: string, detail?: unknown) => void} warn the widget's console: most failures go nowhere else
 */

export {};
