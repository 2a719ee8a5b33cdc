/** Puts the parts of one connection together, and keeps the list of those that live. */

import { createAlerts } from "./alerts.js";
import { createClock } from "./clock.js";
import { createCommands } from "./commands.js";
import { createDaemon } from "./daemon.js";
import { createEmbeddable } from "./embeddable.js";
import { createExchange } from "./exchange.js";
import { createLastKnown } from "./fallback.js";
import { frameLocator } from "./frame.js";
import { ConnectionHandle } from "./handle.js";
import { createKeeping } from "./keeping.js";
import { createLink } from "./link.js";
import { createManifest } from "./manifest.js";
import { createOpener } from "./open.js";
import { checkOptions } from "./options.js";
import { createProgress } from "./progress.js";
import { createRoxchat } from "./roxchat.js";
import { createSignIn } from "./sign-in.js";
import { createTokens } from "./tokens.js";
import { createTrouble } from "./trouble.js";
import { createWhose } from "./whose.js";

/** @typedef {import("./types.d.ts").ConnectOptions} ConnectOptions */
/** @typedef {import("./internal.d.ts").Environment} Environment */

/** The first event stream follows the first description this closely; nothing was missed in between. */
const JUST_FETCHED = 2_000;

/**
 * @typedef {object} Connection
 * @property {Document} document
 * @property {string} base
 * @property {ConnectOptions} options
 * @property {() => Element | null} locate
 * @property {ConnectionHandle} handle
 */

/** @type {Connection[]} */
const connections = [];

/** A widget may come as late as it likes; whoever builds the page is told what is looked for. */
const NO_FRAME_AFTER = 15_000;

/**
 * @param {ConnectOptions} options
 * @param {Environment} env
 * @param {string | null} servedFrom the daemon's address, when it served this module
 * @returns {ConnectionHandle}
 */
export function connectIn(options, env, servedFrom) {
  const { base, widgetOrigin } = checkOptions(options, servedFrom, env.document.baseURI);
  const locate = frameLocator(env, options);
  // A selector that is none throws here, before anything has started.
  const element = locate();
  const { document } = env;
  const earlier = connections.find(
    (one) => one.document === document && one.base === base && sameFrame(one, options, element),
  );
  if (earlier) {
    if (options.getToken && options.getToken !== earlier.options.getToken) {
      env.console.warn("trunkline: this frame is connected already; the second connect()'s getToken is not used");
    }
    return earlier.handle;
  }
  const handle = start({ env, base, locate, widgetOrigin, getToken: options.getToken ?? null });
  const connection = { document, base, options, locate, handle };
  connections.push(connection);
  handle.addEventListener("status", () => {
    if (handle.status === "destroyed") connections.splice(connections.indexOf(connection), 1);
  });
  return handle;
}

/**
 * @param {Connection} one
 * @param {ConnectOptions} options
 * @param {Element | null} element
 */
function sameFrame(one, options, element) {
  if (one.options.frame === options.frame && one.options.prefix === options.prefix) return true;
  return element !== null && element === one.locate();
}

/**
 * @param {object} parts
 * @param {Environment} parts.env
 * @param {string} parts.base
 * @param {() => HTMLIFrameElement | null} parts.locate
 * @param {string | null} parts.widgetOrigin
 * @param {ConnectOptions["getToken"] | null} parts.getToken
 * @returns {ConnectionHandle}
 */
function start({ env, base, locate, widgetOrigin, getToken }) {
  const life = new AbortController();
  const { signal } = life;
  const clock = createClock(env);
  let ids = 0;
  const newId = () => `trunkline-${++ids}-${env.random().toString(36).slice(2)}`;
  /** @type {AbortController | null} ends the tabs' link of one operator */
  let linked = null;
  let operator = "";
  let tell = (/** @type {unknown} */ _message) => {};

  const handle = new ConnectionHandle(() => {
    keeping.end();
    roxchat.end();
    life.abort();
    linked?.abort();
    clock.stop();
    lastKnown.clear();
  }, { attach: (iframe, options) => roxchat.attach(iframe, options) });
  const alerts = createAlerts({ clock, newId, send: (message) => embeddable.send(message) });
  const trouble = createTrouble({ env, handle, alerts, onChange });
  const tokens = createTokens({ clock, getToken: getToken ?? null });
  const daemon = createDaemon({ env, clock, base, tokens, signal, onHealth: trouble.health });
  const lastKnown = createLastKnown();
  const manifest = createManifest({ env, clock, daemon, onFailure: trouble.background, onArrive });
  const whose = createWhose({ base, manifest });
  const roxchat = createRoxchat({ env, clock, base, signal, daemon, whose, alerts, trouble });
  const signIn = createSignIn({ env, base, handle, alerts });
  const run = createCommands({
    env,
    newId,
    send: (command) => embeddable.send(command),
    open: createOpener({ env, handle, alerts }),
    signIn: signIn.open,
    progress: createProgress({ env, clock, handle, alerts }),
    onDone: (command) => {
      signIn.told(command);
      handle.emit("command", { command });
    },
  });
  const runWhileAlive = (/** @type {unknown} */ commands, /** @type {{asked: boolean}} */ how) => {
    if (!signal.aborted) run(commands, how);
  };
  const keeping = createKeeping({
    env,
    clock,
    whose,
    newId,
    signal,
    handle,
    alerts,
    trouble,
    daemon,
    manifest,
    post: (message) => embeddable.send(message),
    run: runWhileAlive,
    registered: () => embeddable.registered,
    tell: (message) => tell(message),
  });
  const exchange = createExchange({
    env,
    clock,
    daemon,
    lastKnown,
    marksOf: keeping.marksOf,
    run: (commands) => runWhileAlive(commands, { asked: true }),
    onFailure: trouble.request,
    onSuccess: trouble.over,
  });
  const embeddable = createEmbeddable({
    env,
    clock,
    locate,
    widgetOrigin,
    signal,
    manifest,
    alerts,
    async carry(request, entry, patience, answer) {
      const otherwise = keeping.take(request, entry, patience, answer);
      if (otherwise !== null) await exchange(request, otherwise, patience, answer);
    },
    onOther: keeping.hear,
    onChange,
  });

  function onChange() {
    if (signal.aborted) return;
    const { status, message } = trouble.status ?? { status: null, message: null };
    if (status !== null) handle.become(status, message);
    else if (embeddable.registered) handle.become("registered", null);
    else handle.become(embeddable.present ? "connecting" : "waiting-for-widget", null);
    keeping.changed();
    roxchat.changed();
  }

  /** @param {import("./internal.d.ts").Manifest} arrived */
  function onArrive(arrived) {
    if (signal.aborted) return;
    const id = String(arrived.operator?.id ?? "");
    if (linked === null || id !== operator) link(id);
    roxchat.become();
    embeddable.arrive();
  }

  /** @param {string} id the operator's */
  function link(id) {
    // What the one before was told is not for the next one's eyes.
    lastKnown.clear();
    linked?.abort();
    const link = (linked = new AbortController());
    operator = id;
    keeping.become(id);
    ({ tell } = createLink({
      env,
      clock,
      daemon,
      name: `trunkline:${base}:${id}`,
      signal: link.signal,
      run: spread,
      onReconnect,
      onLead: keeping.lead,
      onTold: keeping.told,
    }));
  }

  /** @param {unknown} commands for every tab */
  function spread(commands) {
    run(commands, { asked: false });
  }

  async function onReconnect() {
    if (manifest.age() < JUST_FETCHED) return;
    if ((await manifest.refresh()) && !signal.aborted) embeddable.catchUp();
  }

  embeddable.start();
  onChange();
  void manifest.start();
  clock.after(NO_FRAME_AFTER, () => {
    if (!embeddable.present && trouble.status === null) env.console.warn("trunkline: this page has no widget yet: is RingCentral's script tag on it, or does `data-frame` (in connect, `frame`) name another iframe?");
  });
  return handle;
}
