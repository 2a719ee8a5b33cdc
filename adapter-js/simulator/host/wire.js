const KEPT = 100;

/**
 * The widget's requests with the answer it got and the time it waited. The answers go to the frame, so
 * the page cannot see them: the simulated widget reports each exchange to this page's exact origin.
 */
export class Wire {
  #rows;
  #sum;
  #count = 0;

  /** @param {HTMLElement} rows @param {HTMLElement} sum */
  constructor(rows, sum) {
    this.#rows = rows;
    this.#sum = sum;
  }

  add({ path, ms, answer }) {
    this.#count += 1;
    this.#sum.textContent = `${this.#count} request${this.#count === 1 ? "" : "s"} of the widget`;
    const row = document.createElement("tr");
    for (const [text, name] of [[path, "path"], [answer, "answer"], [String(ms), "right"]]) {
      const cell = document.createElement("td");
      cell.textContent = text;
      cell.className = name;
      row.append(cell);
    }
    this.#rows.prepend(row);
    while (this.#rows.children.length > KEPT) this.#rows.lastChild.remove();
  }
}
