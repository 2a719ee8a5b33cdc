import { TIMEOUTS } from "./timeouts.js";

/** The Activities tab of a contact and "View contact" (protocol 3.4, 3.5, V14, V15). */
export class Activities {
  #requests;
  #service;
  #warn;
  #changed;
  /** null: the spinner. Stays so after a timeout, as in the real widget. @type {any[] | null} */
  list = null;
  contact = null;

  constructor({ requests, service, warn, changed }) {
    this.#requests = requests;
    this.#service = service;
    this.#warn = warn;
    this.#changed = changed;
  }

  async show(contact) {
    this.contact = contact;
    this.list = null;
    this.#changed();
    const path = this.#service.state.activitiesPath;
    if (!path) return;
    try {
      const { data } = await this.#requests.send(path, { contact }, TIMEOUTS.short);
      if (this.contact !== contact) return;
      // The real page breaks on anything else; here it stays at the spinner and says so.
      if (!Array.isArray(data)) throw new Error("activities: data is not an array");
      this.list = data;
      this.#changed();
    } catch (error) {
      this.#warn("activities failed", error);
    }
  }

  /** A click on one: the whole activity goes back, extra keys included. */
  open(activity) {
    const path = this.#service.state.activityPath;
    return path ? this.#requests.tell(path, { activity }, TIMEOUTS.short) : Promise.resolve(false);
  }

  /**
   * Goes to the host only for an entity of this service.
   * @returns {boolean} false: show the widget's own details page
   */
  view(entity) {
    const { viewMatchedContactPath, name } = this.#service.state;
    if (!viewMatchedContactPath || entity.type !== name) return false;
    // The body IS the entity, not wrapped.
    this.#requests.tell(viewMatchedContactPath, entity, TIMEOUTS.short);
    return true;
  }
}
