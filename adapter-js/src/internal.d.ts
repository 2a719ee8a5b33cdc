/** Shapes the modules share. Not part of the package's public types. */

/** A registration as protocol 2.2 lists its fields. */
export interface Service {
  name: string;
  [field: string]: unknown;
}

export interface AnswerFallback {
  kind: "answer";
  response: unknown;
  /** Told to the operator when the request failed. Present only where the daemon takes a repeat as the same thing. */
  alert?: string;
}

export interface LastKnownFallback {
  kind: "last-known";
  /** Fields of the request body that hold the asked keys. */
  keys: string[];
  alert?: string;
  /** What is shown for posts of another path that wait in this browser, or are lost. */
  waiting?: {
    /** The path whose posts they are. */
    path: string;
    /** The field of the request body that holds the asked marks. */
    keys: string;
    /** Shown while a post waits. */
    entity: unknown;
    /** Shown when it is lost; why is added to its message. */
    lost?: { message: string; [field: string]: unknown };
  };
}

/** What the adapter knows of the posts of a path, by the marks that the path's matcher asks for. */
export type MarksOf = (path: string) => {
  waits: Set<string>;
  /** With the reason, in words. */
  lost: Map<string, string>;
};

/** Posts that may not be lost: kept in the browser until the daemon has them. */
export interface KeepFallback {
  kind: "keep";
  /** What the widget hears while the post is in this browser only. */
  response: unknown;
  /** What it hears when the post is lost. */
  refused: unknown;
  /** Told to the operator when a post is lost. */
  alert: string;
  /** Body fields that name the thing: posts that share a value keep their order. */
  keys: string[];
  /** The body field that the path's matcher asks for. */
  mark: string;
  /** Body fields that tell a person which one it was. */
  about: string[];
  /** Body fields with what a person wrote. */
  words: string[];
  /** Field and values of posts no person made; a later value says more than an earlier one. */
  machine: Record<string, string[]>;
  /** Posts that only open something, and what the operator reads when that fails. */
  unkept: { when: Record<string, string[]>; alert: string };
  /** The message that makes the widget ask its matcher again, and the message's field of marks. */
  rematch?: { type: string; field: string };
  /** How the widget's unlogged calls are posted on this path. */
  sweep?: Sweep;
}

export interface Sweep {
  /** The body field for one of them, and its own field that holds the mark. */
  item: string;
  key: string;
  /** Further body fields. */
  with: Record<string, unknown>;
  /** Fields of the item that stand beside it in the body. */
  lift: string[];
  /** Where the daemon tells which marks it has. */
  matcher: { path: string; keys: string };
  /** Logging by itself is on for certain; null: the widget tells. */
  autoLog: true | null;
}

export interface PathEntry {
  /** The widget's patience in milliseconds (protocol 1.3). */
  deadline?: number;
  fallback?: AnswerFallback | LastKnownFallback | KeepFallback;
}

/** What GET /embeddable/service answers. */
export interface Manifest {
  service: Service;
  operator: { id: string; name: string | null };
  defaultDeadline: number;
  paths: Record<string, PathEntry>;
}

export interface Command {
  type: string;
  [field: string]: unknown;
}

export interface Failure {
  kind: "unreachable" | "unauthorized" | "refused" | "unusable";
  code: string;
  detail: string;
  fix: string | null;
  requestId: string | null;
  /** Whether the same request may succeed a moment later. */
  passing: boolean;
  /** Whether it never will, whoever tries. */
  final: boolean;
  /** Of the daemon's answer, or of a proxy's. */
  status: number | null;
  /** Milliseconds the daemon asked to wait. */
  retryAfter: number | null;
}

/** What is known of a post in the queue without reading it. */
export interface NewSlip {
  /** Where its body lies; another for each. */
  ref: string;
  /** Daemon and operator: nobody else's token may carry it. */
  owner: string;
  path: string;
  /** Posts that share one are delivered in their order. */
  slots: string[];
  /** What the widget's matcher calls it. */
  mark: string | null;
  /** For a person. */
  about: string;
  /** 0: a person made it. Otherwise the higher, the more a machine's post says. */
  machine: number;
  /** When it was taken; milliseconds since 1970. */
  at: number;
  /** Characters of JSON. */
  size: number;
  /** The tab that took it is still trying by itself. */
  heldUntil: number;
  /** A tab is bringing it to the daemon. */
  claimedUntil: number;
}

export interface Slip extends NewSlip {
  /** Grows with each post of the browser. */
  id: number;
}

export interface Store {
  /** It outlives the page. */
  readonly durable: boolean;
  /** Resolves when it is written. */
  add(slip: NewSlip, body: string): Promise<number>;
  /** Oldest first. */
  slips(owner: string): Promise<Slip[]>;
  body(slip: Slip): Promise<string | null>;
  hold(id: number, until: number): Promise<void>;
  /** @returns whether it was nobody else's at `now` */
  claim(id: number, now: number, until: number): Promise<boolean>;
  remove(gone: Slip[]): Promise<void>;
}

export type Outcome<T> = { ok: true; value: T; token?: string | null } | { ok: false; failure: Failure };

/** A widget frame that can be talked to: its window and its one origin. */
export interface Target {
  element: HTMLIFrameElement;
  window: Window;
  origin: string;
}

/** A request of the widget (protocol 1.2) that passed the checks. */
export interface WidgetRequest {
  requestId: string;
  path: string;
  body: unknown;
}

export interface Clock {
  now(): number;
  /** Runs once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
  /** Cancels all that is pending. */
  stop(): void;
}

/** Everything the adapter takes from the browser, so that tests can pass their own. */
export interface Environment {
  window: Window & typeof globalThis & { RCAdapter?: { contentFrameEl?: unknown } };
  document: Document;
  fetch: typeof fetch;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(id: number): void;
  now(): number;
  random(): number;
  locks: Pick<LockManager, "request"> | null;
  BroadcastChannel: typeof BroadcastChannel | null;
  MutationObserver: typeof MutationObserver;
  indexedDB: IDBFactory | null;
  /** Null where the browser lends none. */
  localStorage: Storage | null;
  sessionStorage: Storage | null;
  newUuid(): string;
  console: Pick<Console, "warn" | "error">;
}
