/**
 * The queue's place on the browser's disk (IndexedDB). Slips and bodies lie apart, so that the queue can
 * be looked through without reading what is in it.
 */

import { isAhead } from "./queue-rules.js";

/** @typedef {import("./internal.d.ts").Slip} Slip */
/** @typedef {import("./internal.d.ts").Store} Store */

const NAME = "trunkline-kept";
const VERSION = 1;
const SLIPS = "slips";
const BODIES = "bodies";
/** Some browsers are known to leave the opening unanswered. */
const OPEN_LIMIT = 3_000;

/**
 * @param {object} parts
 * @param {IDBFactory | null} parts.factory
 * @param {import("./internal.d.ts").Clock} parts.clock
 * @returns {Store} where the browser lends no such place, nothing
 *   can be added
 */
export function createDiskStore({ factory, clock }) {
  /** @type {Promise<IDBDatabase> | null} */
  let opening = null;

  function open() {
    opening ??= new Promise((resolve, reject) => {
      if (factory === null) throw new Error("this browser has no IndexedDB");
      const cancel = clock.after(OPEN_LIMIT, () => reject(new Error("IndexedDB does not open")));
      const request = factory.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        const slips = request.result.createObjectStore(SLIPS, { keyPath: "id", autoIncrement: true });
        slips.createIndex("owner", "owner");
        request.result.createObjectStore(BODIES);
      };
      request.onerror = () => {
        cancel();
        reject(request.error);
      };
      request.onsuccess = () => {
        cancel();
        const database = request.result;
        // Neither a newer adapter in another tab nor the browser's own clearing shall be held up.
        database.onversionchange = () => forget(database);
        database.onclose = () => forget(database);
        resolve(database);
      };
    });
    return opening;
  }

  /** @param {IDBDatabase} database */
  function forget(database) {
    database.close();
    opening = null;
  }

  /**
   * @template T
   * @param {IDBTransactionMode} mode
   * @param {(slips: IDBObjectStore, bodies: IDBObjectStore) => IDBRequest<T> | null} run
   * @returns {Promise<T | undefined>} once it is on the disk
   */
  async function within(mode, run) {
    const database = await open();
    return new Promise((resolve, reject) => {
      const work = database.transaction([SLIPS, BODIES], mode, mode === "readwrite" ? { durability: "strict" } : undefined);
      const request = run(work.objectStore(SLIPS), work.objectStore(BODIES));
      work.oncomplete = () => resolve(request?.result);
      work.onabort = () => reject(work.error ?? new Error("the browser gave up writing"));
    });
  }

  /**
   * @param {number} id
   * @param {(slip: Slip) => Partial<Slip> | null} change null: leave it
   * @returns {Promise<boolean>} whether it was changed
   */
  async function change(id, change) {
    let changed = false;
    await within("readwrite", (slips) => {
      const found = slips.get(id);
      found.onsuccess = () => {
        const fields = found.result === undefined ? null : change(found.result);
        if (fields === null) return;
        changed = true;
        slips.put({ ...found.result, ...fields });
      };
      return null;
    });
    return changed;
  }

  return {
    durable: true,
    async add(slip, body) {
      // All in one turn, committed in the same: a page that is going away has no other.
      const id = await within("readwrite", (slips, bodies) => {
        const added = slips.add(slip);
        bodies.add(body, slip.ref);
        added.transaction?.commit?.();
        return added;
      });
      return Number(id);
    },
    async slips(owner) {
      if (factory === null) return [];
      const found = await within("readonly", (slips) => slips.index("owner").getAll(owner));
      return /** @type {Slip[]} */ (found).sort((one, other) => one.id - other.id);
    },
    async body({ ref }) {
      return (await within("readonly", (_, bodies) => bodies.get(ref))) ?? null;
    },
    async hold(id, until) {
      await change(id, () => ({ heldUntil: until }));
    },
    claim: (id, now, until) => change(id, ({ claimedUntil }) => (isAhead(claimedUntil, now, until - now) ? null : { claimedUntil: until })),
    async remove(gone) {
      await within("readwrite", (slips, bodies) => {
        for (const { id, ref } of gone) {
          slips.delete(id);
          bodies.delete(ref);
        }
        return null;
      });
    },
  };
}
