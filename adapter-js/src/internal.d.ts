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
}

export interface PathEntry {
  /** The widget's patience in milliseconds (protocol 1.3). */
  deadline?: number;
  fallback?: AnswerFallback | LastKnownFallback;
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
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; failure: Failure };

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
  console: Pick<Console, "warn" | "error">;
}
