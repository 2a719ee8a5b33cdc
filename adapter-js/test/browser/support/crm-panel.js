/** The demo's CRM as its page shows it. */
export class CrmPanel {
  #page;

  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.#page = page;
  }

  get #panel() {
    return this.#page.getByRole("region", { name: "The CRM" });
  }

  get on() {
    return this.#panel.getByRole("switch", { name: "CRM is on" });
  }

  get loses() {
    return this.#panel.getByRole("checkbox", { name: "Loses its answers" });
  }

  get logs() {
    return this.#panel.getByRole("list", { name: "Logs in the CRM" }).locator("[data-log]");
  }

  log(text) {
    return this.logs.filter({ hasText: text });
  }

  get deliveries() {
    return this.#panel.getByRole("list", { name: "Delivery" }).locator("[data-entry]");
  }

  says(words) {
    return this.#panel.getByRole("status").filter({ hasText: words }).waitFor();
  }

  /** Until so many logs have arrived, and none waits. */
  async delivered(count) {
    await this.#panel.getByText("nothing waits", { exact: true }).waitFor({ timeout: 30_000 });
    await this.deliveries.filter({ hasText: "Delivered" }).nth(count - 1).waitFor({ timeout: 30_000 });
  }
}
