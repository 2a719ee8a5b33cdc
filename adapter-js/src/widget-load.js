/**
 * One load of the widget, told from the next by its two marks: `rc-adapter-pushAdapterState` and the
 * frame's load event. Each comes once per load, in either order (protocol 2.1), so a mark that was
 * already seen in this load belongs to a new one. A registration lives as long as the load.
 *
 * Pure: it is told what was seen and answers what to post.
 */

/** @typedef {"first" | "repeat" | "both"} Plan */

export class WidgetLoad {
  /** The frame was there before us: its marks and its login event may have passed unseen. */
  #late = false;
  #sawState = false;
  #sawLoad = false;
  #registered = false;
  /** The registration surely reached the widget. */
  #confirmed = false;

  /** @param {{late: boolean}} how */
  appeared({ late }) {
    this.#reset();
    this.#late = late;
  }

  /** @returns {boolean} whether a new load began */
  stateSeen() {
    // After a late arrival nothing tells whether this load's state message was missed; one that comes
    // after our registration is then taken for a reload: a registration too many is harmless there,
    // one too few is not.
    const fresh = this.#sawState || (this.#late && this.#registered);
    if (fresh) this.#reset();
    this.#sawState = true;
    return fresh;
  }

  /** @returns {boolean} whether a new load began */
  loadSeen() {
    const fresh = this.#sawLoad;
    if (fresh) this.#reset();
    // Late and registered: the end of a slow first load, or a reload. The state message of a reload
    // settles it; until then the registration counts as doubtful.
    else if (this.#late && this.#registered) this.#confirmed = false;
    this.#sawLoad = true;
    return fresh;
  }

  /** The widget sent a request on a path of ours, which it can only know from a registration. */
  requestSeen() {
    this.#registered = true;
    this.#confirmed = true;
  }

  /**
   * What to post now.
   * - first: nothing was registered in this load.
   * - repeat: it surely was (protocol 2.3).
   * - both: it was posted, but perhaps before the widget listened. The full registration, then the
   *   repeat: a widget that missed the first one takes the full one whole; a widget that has it throws
   *   half-way through the full one and takes the rest from the repeat. Either order of guesses ends
   *   with every field in place; the price is one extra round of matches.
   *
   * @returns {Plan}
   */
  plan() {
    if (!this.#registered) return "first";
    return this.#confirmed ? "repeat" : "both";
  }

  /** @param {{ready: boolean}} widget ready: it had announced its login state, so it listens */
  posted({ ready }) {
    this.#registered = true;
    if (ready) this.#confirmed = true;
  }

  get registered() {
    return this.#registered;
  }

  get confirmed() {
    return this.#confirmed;
  }

  #reset() {
    this.#late = false;
    this.#sawState = false;
    this.#sawLoad = false;
    this.#registered = false;
    this.#confirmed = false;
  }
}
