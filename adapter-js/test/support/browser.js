/** What the tabs of one browser share: locks and channels. */
export class FakeBrowser {
  #queues = new Map();
  #channels = new Set();

  /** Web Locks, exclusive mode, as far as they are used. */
  locks() {
    return {
      request: (name, { signal }, run) =>
        new Promise((resolve, reject) => {
          const queue = this.#queues.get(name) ?? [];
          this.#queues.set(name, queue);
          const entry = {
            start: () =>
              Promise.resolve(run({ name })).then((value) => {
                queue.splice(queue.indexOf(entry), 1);
                resolve(value);
                queue[0]?.start();
              }, reject),
          };
          queue.push(entry);
          signal.addEventListener("abort", () => {
            const place = queue.indexOf(entry);
            if (place > 0) {
              queue.splice(place, 1);
              reject(signal.reason);
            }
          });
          if (queue.length === 1) entry.start();
        }),
    };
  }

  get openChannels() {
    return this.#channels.size;
  }

  channels() {
    const all = this.#channels;
    return class extends EventTarget {
      constructor(name) {
        super();
        this.name = name;
        all.add(this);
      }
      postMessage(data) {
        const copy = structuredClone(data);
        for (const other of all) {
          if (other === this || other.name !== this.name) continue;
          const event = new Event("message");
          Object.assign(event, { data: copy });
          other.dispatchEvent(event);
        }
      }
      close() {
        all.delete(this);
      }
    };
  }
}
