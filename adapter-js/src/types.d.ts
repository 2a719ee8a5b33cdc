/** The public types of trunkline-adapter. */

/** What the connection is doing now. */
export type Status =
  /** There is no widget frame on the page yet. */
  | "waiting-for-widget"
  /** The frame is there; the widget's sign-in event or the daemon's answer is still to come. */
  | "connecting"
  /** The widget knows the service and its requests are answered. */
  | "registered"
  /** The daemon does not answer. Requests get their fallback; the adapter keeps trying. */
  | "daemon-unreachable"
  /** The daemon refuses the operator's token, or the page could not supply one. */
  | "unauthorized"
  /** `destroy()` was called. */
  | "destroyed";

/** Why a token is asked for: "initial", or the daemon's code for what was wrong with the last one. */
export interface TokenRequest {
  reason: "initial" | "token_missing" | "token_expired" | "token_invalid" | (string & {});
}

export interface ConnectOptions {
  /**
   * Base address of the daemon, such as "https://trunkline.example/". Needed only when the modules are
   * not served by the daemon itself.
   */
  daemon?: string;
  /**
   * The widget's iframe: a CSS selector, the element, or a function that finds it (for a shadow root).
   * Without it: RingCentral's own frame, `RCAdapter.contentFrameEl` or `#<prefix>-adapter-frame`.
   */
  frame?: string | HTMLIFrameElement | (() => HTMLIFrameElement | null);
  /** The `prefix` given to RingCentral's adapter.js. Default "rc-widget". */
  prefix?: string;
  /** The widget's exact origin, where it is not that of the frame's `src`. */
  widgetOrigin?: string;
  /**
   * Gives the operator's bearer token. Called at the start and whenever the daemon refuses the current
   * token; never twice at the same time. Leave it out when the daemon runs with `auth = "none"`.
   */
  getToken?: (request: TokenRequest) => string | Promise<string>;
}

export interface StatusDetail {
  status: Status;
  previous: Status;
  /** What happened, in words, where something is wrong. */
  message: string | null;
}

export interface OpenDetail {
  kind:
    | "contact"
    | "activity"
    | "call-log"
    | "message-log"
    | "meeting-invite"
    | "conference-invite"
    | "button"
    /** The operator pressed Connect: `url` is the daemon's page that leads to the CRM's sign-in. */
    | "authorize"
    /** A recording, voicemail, fax or attachment; `url` lets the browser in and plays it. */
    | "media"
    | (string & {});
  /** The http(s) address that opens unless the event is prevented; null when there is none. */
  url: string | null;
  detail: Record<string, unknown>;
}

export interface ErrorDetail {
  /** Stable, for programs: a problem code of the daemon, "unreachable", "timeout", "no_token", ... */
  code: string;
  /** What happened, for a person. */
  message: string;
  /** What to do about it, where that is known. */
  fix: string | null;
  /** The registered path whose request failed, or null. */
  path: string | null;
  /** The daemon's X-Request-Id, for its log. */
  requestId: string | null;
}

export interface ProgressDetail {
  /** The task, the same from its first step to its end. */
  id: string;
  /** How far it has come, in words. */
  message: string;
  /** It has ended. */
  done: boolean;
  level: "info" | "success" | "warning" | "danger";
  detail: Record<string, unknown>;
}

/** Logs that are in this browser only, until the daemon takes them. */
export interface Waiting {
  count: number;
  /** When the oldest of them was taken, in milliseconds since 1970; null when there is none. */
  oldest: number | null;
  /** They outlive this page. False where the browser lends no storage. */
  durable: boolean;
}

/** A log that could not be saved, and will not be tried again. */
export interface LostDetail {
  /** The registered path it was meant for. */
  path: string;
  /** What the widget sent, without RingCentral's access tokens. */
  body: unknown;
  /** When the widget sent it, in milliseconds since 1970. */
  at: number;
  /** Which one it was, for a person. */
  about: string;
  /** As in `ErrorDetail`; "no_room" when this browser could not keep it. */
  code: string;
  message: string;
  fix: string | null;
  requestId: string | null;
}

export interface CommandDetail {
  /** The command as it was carried out. */
  command: { type: string; [key: string]: unknown };
}

export interface HandleEventMap {
  status: CustomEvent<StatusDetail>;
  /** Cancelable: `preventDefault()` keeps the adapter from opening `url` in a new window. */
  open: CustomEvent<OpenDetail>;
  /** Cancelable: `preventDefault()` keeps the adapter from showing it as an alert in the widget. */
  progress: CustomEvent<ProgressDetail>;
  error: CustomEvent<ErrorDetail>;
  command: CustomEvent<CommandDetail>;
  /** `handle.waiting` has changed. */
  waiting: CustomEvent<Waiting>;
  /** A log is lost: the daemon refused it for good, or this browser had no room to keep it. */
  lost: CustomEvent<LostDetail>;
}

export interface Handle extends EventTarget {
  readonly status: Status;
  /** The agents' chat workspace on this page. */
  readonly roxchat: Roxchat;
  /** The same as the module's export `engage`. */
  readonly engage: Engage;
  /** Logs of this operator that wait in this browser for the daemon. */
  readonly waiting: Waiting;
  /** Ends the connection and removes every listener, observer, timer, stream and lock. */
  destroy(): void;
  addEventListener<K extends keyof HandleEventMap>(
    type: K,
    listener: (event: HandleEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof HandleEventMap>(
    type: K,
    listener: (event: HandleEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

/**
 * Joins the widget frame of this page to the daemon. A second call for the same frame and daemon
 * returns the first call's handle.
 *
 * @throws {TypeError} when an option cannot be used; the message says which and why.
 */
export function connect(options?: ConnectOptions): Handle;

/* ---- Rox.Chat: the agents' workspace in a frame of this page ---- */

export interface Roxchat {
  /**
   * Joins a workspace's frame to the daemon until `detach()`. A second call for the same frame returns the
   * first one's attachment.
   *
   * @throws {TypeError} when an argument cannot be used; the message says which and why.
   */
  attach(iframe: HTMLIFrameElement, options: RoxchatOptions): RoxchatAttachment;
}

export interface RoxchatOptions {
  /** The workspace's exact origin, such as "https://chat.example". */
  origin: string;
  /** The workspace's id in the daemon's configuration. */
  workspace: string;
}

export interface RoxchatAttachment {
  /** Events that are in this browser only, until the daemon takes them. */
  readonly waiting: Waiting;
  /** Asks the workspace to start a chat with the contact; never "confirmed" by guess. Does not reject. */
  startChat(contactId: string): Promise<StartChatResult>;
  /** Whether a chat can be started, for the button; `reason` is why not, in words. Does not reject. */
  outgoing(contactId: string): Promise<{ enabled: true } | { enabled: false; reason?: string; code?: string }>;
  /** @returns takes the listener away */
  on<K extends keyof RoxchatEventMap>(event: K, listener: (detail: RoxchatEventMap[K]) => void): () => void;
  /** Stops listening to the frame. What waits goes to the daemon still. */
  detach(): void;
}

export type StartChatResult =
  /** The workspace showed the visitor's session within ten seconds. */
  | { status: "confirmed"; words?: string }
  /** The workspace said why not (`code` is one of its five), or the daemon or this page could not ask it. */
  | { status: "error"; code: string; words: string }
  /** The workspace said nothing. The chat may have been started. */
  | { status: "unknown"; words: string };

export interface ScreenPop {
  status: "none" | "one" | "several";
  contacts: { id: string; name: string | null; url: string | null; [field: string]: unknown }[];
  /** The record's address, when there is one contact and the daemon knows its address. */
  url: string | null;
  /** When the agent opened the chat; milliseconds since 1970. */
  at: number;
}

export interface RoxchatEventMap {
  /** The agent opened a visitor's chat: only for the newest, and only from this load of the page. */
  screenPop: ScreenPop;
  /** Notifications the agent has not seen. */
  badge: { count: number };
  /** An event that the daemon, or this page, does not take. It is not sent again. */
  refused: { event: string | null; seq: number | null; reason: string; message: string | null };
  /** How a `startChat` ended. */
  command: StartChatResult & { contactId: string };
  /** `attachment.waiting` has changed. */
  waiting: Waiting;
  /** Events this browser had no room for; `oldest` is when the oldest of them came. */
  lost: { count: number; oldest: number };
}

/* ---- Engage Messaging: the chat on the company's own site ---- */

export type EngageState = "identified" | "renewed" | "renew_failed" | "expired" | "uuid_change_refused";

/** What a mint answers; `exp` and `renewAt` in Unix seconds. */
export interface EngageInitial {
  token: string;
  exp: number;
  renewAt: number;
  uuid: string;
  renewGrant: string;
}

export interface EngageStateMap {
  renewed: { state: "renewed"; uuid: string; exp: number; renewAt: number };
  /** `retryIn` is null when it is not tried again: load the page anew, so that its server mints. */
  renew_failed: {
    state: "renew_failed";
    uuid: string;
    code: string;
    message: string;
    fix: string | null;
    requestId: string | null;
    retryIn: number | null;
  };
  expired: { state: "expired"; uuid: string; exp: number };
  /** The chat keeps the first visitor, unless `accept()` is called; another identity opens another chat. */
  uuid_change_refused: { state: "uuid_change_refused"; was: string; offered: string; accept(): void };
}

export interface Engage {
  /**
   * Gives the chat the visitor's signed identity, and renews it as long as the page lives.
   *
   * @throws {TypeError} when what was given is not a mint's answer; the message says what is wrong.
   */
  identify(options: { renewUrl: string; initial: EngageInitial }): void;
  /** Names start with "custom_". @throws {TypeError} */
  setVariables(variables: Record<string, string | number | boolean>): void;
  /** Shows the chat inside an element of this page; messaging mode only. @throws {TypeError} when there is none */
  embed(nodeId: string): void;
  /** A state of the identity, or one of the chat's own events, such as "message_received". */
  on<K extends keyof EngageStateMap>(event: K, listener: (detail: EngageStateMap[K]) => void): () => void;
  on(event: string, listener: (...given: any[]) => void): () => void;
  /** To be called when a single-page site has gone to another page. */
  pageChange(): void;
  /** Ends the renewals in every tab and drops the token: call it on sign-out, and load the page anew. */
  stop(): void;
  /** Null before `identify` and after `stop`. */
  readonly state: EngageState | null;
}

/** The chat on this page; also exported alone by `engage.js`, for pages without a phone. */
export const engage: Engage;
