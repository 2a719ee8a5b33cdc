/** The entry for pages without a phone. */
export { engage } from "./types.d.ts";
export type { Engage, EngageInitial, EngageState, EngageStateMap } from "./types.d.ts";
