/**
 * Joins the tabs of one operator to the daemon's events: the leading tab reads the stream, every tab
 * carries out what came for the widgets, and one tab opens what is to be opened.
 */

import { isOpen } from "./commands.js";
import { followEvents } from "./events.js";
import { joinTabs } from "./leader.js";

/** @typedef {import("./internal.d.ts").Command} Command */

/** How long the leader waits for the tab in use to open a record before it does so itself. */
const CLAIM_WAIT = 300;
/** Followers spread their questions over this time after the leader came back to the daemon. */
const SPREAD = 2_000;

/**
 * @param {object} parts
 * @param {import("./internal.d.ts").Environment} parts.env
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @param {ReturnType<typeof import("./daemon.js").createDaemon>} parts.daemon
 * @param {string} parts.name
 * @param {AbortSignal} parts.signal
 * @param {(commands: unknown) => void} parts.run
 * @param {() => void} parts.onReconnect events may have been missed
 * @param {(alone: boolean) => void} parts.onLead this tab is the one that does what one tab does
 * @param {(message: any) => void} parts.onTold what another tab said with `tell`
 */
export function createLink({ env, clock, daemon, name, signal, run, onReconnect, onLead, onTold }) {
  /** @type {Map<string, () => void>} openings another tab may claim */
  const unclaimed = new Map();
  let openings = 0;

  const tabs = joinTabs({
    env,
    name,
    signal,
    lead: (alone) => {
      onLead(alone);
      void followEvents({
        env,
        clock,
        daemon,
        signal,
        onHello() {
          tabs.tell({ kind: "reconnected" });
          onReconnect();
        },
        onCommands,
      });
    },
    onMessage,
  });

  /** @param {unknown} commands from the stream */
  function onCommands(commands) {
    if (!Array.isArray(commands)) return;
    const [openers, others] = split(commands);
    tabs.tell({ kind: "commands", commands: others });
    run(others);
    for (const command of openers) openOnce(command);
  }

  /** @param {Command} command */
  function openOnce(command) {
    // hasFocus is true also while the focus is inside the widget's frame.
    if (env.document.hasFocus() || !tabs.linked) return run([command]);
    const id = `${clock.now()}-${openings++}`;
    const cancel = clock.after(CLAIM_WAIT, () => {
      unclaimed.delete(id);
      run([command]);
    });
    unclaimed.set(id, cancel);
    tabs.tell({ kind: "open", id, command });
  }

  /** @param {any} message from another tab */
  function onMessage(message) {
    if (message?.kind === "commands") {
      run(message.commands);
    } else if (message?.kind === "reconnected") {
      clock.after(env.random() * SPREAD, onReconnect);
    } else if (message?.kind === "open" && env.document.hasFocus()) {
      tabs.tell({ kind: "opened", id: message.id });
      run([message.command]);
    } else if (message?.kind === "opened") {
      unclaimed.get(message.id)?.();
      unclaimed.delete(message.id);
    } else if (message?.kind === "told") {
      onTold(message.message);
    }
  }

  return {
    /** @param {unknown} message to every other tab of this operator */
    tell: (message) => tabs.tell({ kind: "told", message }),
  };
}

/**
 * @param {any[]} commands
 * @returns {[Command[], any[]]} those that open something, and the rest
 */
function split(commands) {
  const opens = (/** @type {any} */ command) => command !== null && typeof command === "object" && isOpen(command);
  return [commands.filter(opens), commands.filter((command) => !opens(command))];
}
