/** The types of the entry for pages without a phone. */
export type { Engage, EngageInitial, EngageState, EngageStateMap } from "./types.d.ts";
export declare const engage: import("./types.d.ts").Engage;
