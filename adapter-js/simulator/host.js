import { Chats } from "./host/chats.js";
import { CrmPanel } from "./host/crm.js";
import { Dock } from "./host/dock.js";
import { Feed } from "./host/feed.js";
import { showRecord } from "./host/record.js";
import { Timeline } from "./host/timeline.js";
import { Wire } from "./host/wire.js";

/** The CRM page of the demo: it brings the adapter by one script tag and docks the widget. */

/** In a CRM this is all there is to it: the script tag, and RingCentral's own. */
async function bringAdapter(daemon) {
  const address = new URL("adapter.js", `${daemon}/`).href;
  const tag = document.createElement("script");
  tag.type = "module";
  tag.src = address;
  await new Promise((resolve, reject) => {
    tag.addEventListener("load", resolve);
    tag.addEventListener("error", () => reject(new Error(`The adapter did not load from ${address}`)));
    document.head.append(tag);
  });
  // The module is loaded already; its connect() gives the handle the tag made.
  const { connect } = await import(address);
  return connect();
}

const WORDS = {
  "waiting-for-widget": "Waiting for the phone",
  connecting: "Connecting",
  registered: "Connected",
  "daemon-unreachable": "Daemon unreachable",
  unauthorized: "Not signed in",
  destroyed: "Ended",
};

function showStatus(status, text = WORDS[status] ?? status) {
  const pill = document.getElementById("status");
  pill.dataset.status = status;
  pill.textContent = text;
}

const feed = new Feed(document.getElementById("feed"));
const { daemon, widget, workspace, shop, crm, timeline, owners } = await (await fetch("demo.json")).json();
// Where the demo brings a CRM of its own.
if (crm) new CrmPanel(crm);
if (timeline) new Timeline(timeline, daemon);
const dock = new Dock({ workspace, shop });
/** @type {Chats | null} */
let chats = null;

try {
  const handle = await bringAdapter(daemon);
  showStatus(handle.status);
  if (workspace) chats = new Chats({ handle, origin: workspace, feed, onBadge: (count) => dock.badge("workspace", count) });
  handle.addEventListener("status", ({ detail }) => {
    showStatus(detail.status);
    feed.add("status", WORDS[detail.status] ?? detail.status, detail.message ?? "");
  });
  handle.addEventListener("open", (event) => {
    const { kind, url, detail } = event.detail;
    // These open in windows of their own. Their addresses hold tickets that are nobody else's business.
    if (kind === "authorize") return feed.add("open", kind, (detail.connectors ?? []).map(({ name }) => name).join(", "));
    if (kind === "media") return feed.add("open", kind, detail.id ?? "");
    // This page shows the record itself instead of a new window.
    event.preventDefault();
    feed.add("open", kind, url ?? detail.name ?? detail.id ?? "");
    if (kind === "contact") showRecord(detail.contact ?? detail);
  });
  handle.addEventListener("progress", ({ detail }) => feed.add("progress", detail.done ? "done" : "under way", detail.message));
  handle.addEventListener("error", ({ detail }) => feed.add("error", detail.code, detail.fix ?? detail.message));
  handle.addEventListener("waiting", ({ detail: { count } }) => feed.add("waiting", count === 0 ? "all delivered" : `${count} in this browser`, ""));
  handle.addEventListener("lost", ({ detail }) => feed.add("error", `lost: ${detail.code}`, detail.about));
  handle.addEventListener("command", ({ detail: { command } }) => {
    if (command.type !== "trunkline-open") feed.add("command", command.type, command.path ?? "");
  });
} catch (error) {
  showStatus("failed", "Adapter missing");
  feed.add("error", "adapter", error.message);
}

const wire = new Wire(document.getElementById("wire"), document.getElementById("wire-sum"));
// The adapter listens before a widget speaks.
const frame = dock.phone(widget);
const desk = dock.more();
if (desk) chats?.attach(desk);

/** The widget names the first match only. Of several a person chooses, in the phone. */
async function openCaller(contact, number) {
  const asked = owners && (await fetch(`${owners}?number=${encodeURIComponent(number)}`).catch(() => null));
  if (asked && !(asked.ok && (await asked.json()).count === 1)) return;
  showRecord(contact);
}

window.addEventListener("message", ({ source, origin, data }) => {
  // Only the docked frame, and only from where it was loaded.
  if (source !== frame.contentWindow || origin !== new URL(widget).origin) return;
  if (data?.type === "simulator-exchange") wire.add(data);
  if (data?.type === "rc-call-ring-notify" || data?.type === "rc-call-start-notify") {
    feed.add("call", data.type === "rc-call-ring-notify" ? "ringing" : "answered", data.call.from);
    if (data.call.contactMatch) void openCaller(data.call.contactMatch, data.call.direction === "Outbound" ? data.call.to : data.call.from);
  }
});
