import { h } from "./dom.js";

/** "+16505550123" -> "+1 (650) 555-0123"; other countries as they come. */
export function phoneText(number = "") {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  if (us) return `+1 (${us[1]}) ${us[2]}-${us[3]}`;
  const other = /^(\+\d{2})(\d{2,3})(\d{3,4})(\d{3,})$/.exec(number);
  return other ? other.slice(1).join(" ") : number;
}

/** @param {number} seconds */
export function durationText(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

export function timeText(ms) {
  return new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" }).format(ms);
}

/** The time for today, the day for earlier. */
export function whenText(ms, now = Date.now()) {
  const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
  return day.format(ms) === day.format(now) ? timeText(ms) : day.format(ms);
}

export function nameOf(contact) {
  return contact.name || [contact.firstName, contact.lastName].filter(Boolean).join(" ") || "No name";
}

const SHADES = 6;

/** Two letters on a shade that stays with the name. */
export function avatar(name, extra = "") {
  const letters = /\p{L}/u.test(name) ? name.split(/\s+/).filter((word) => /^\p{L}/u.test(word)).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") : "?";
  const shade = letters === "?" ? "none" : [...name].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0) % SHADES;
  return h(`span.avatar.shade-${shade}`, { class: extra, "aria-hidden": "true" }, letters);
}
