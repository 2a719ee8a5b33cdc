/** The demo as a person sees it: the CRM page with the phone docked. */
export class DemoPage {
  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.page = page;
    this.phone = page.frameLocator("#rc-widget-adapter-frame");
  }

  /** Until the adapter says so: "registered", "daemon-unreachable", ... */
  status(status) {
    return this.page.locator(`#status[data-status="${status}"]`).waitFor({ timeout: 30_000 });
  }

  async tab(name) {
    await this.phone.getByRole("navigation", { name: "Pages" }).getByRole("button", { name }).click();
    await this.phone.getByRole("heading", { level: 1, name }).waitFor();
  }

  /** The synced list's size, once it is there. */
  async contactCount() {
    const count = this.phone.locator("[data-part=contact-count]").filter({ hasText: /^[1-9]/ });
    return Number((await count.innerText()).replaceAll(",", ""));
  }

  async ring(which) {
    await this.phone.getByRole("complementary", { name: "Simulator" }).getByRole("button", { name: `Ring: ${which}` }).click();
    await this.card.getByRole("button", { name: "Answer" }).waitFor();
  }

  get card() {
    return this.phone.getByRole("region", { name: "Current call" });
  }

  /** The matched name on the call's card. */
  async caller() {
    const name = this.card.locator("[data-part=caller]").filter({ hasNotText: /Unknown caller/ });
    return name.innerText();
  }

  /** The number on the call's card, as the widget has it. */
  async callerNumber() {
    const line = await this.card.locator(".call-who p").innerText();
    return line.split(" · ")[0].replace(/[^+\d]/g, "");
  }

  /** Answers, talks, hangs up, and waits for the call's place in the history. */
  async haveCall() {
    await this.card.getByRole("button", { name: "Answer" }).click();
    await this.card.getByText("On a call").waitFor();
    await this.card.getByRole("button", { name: "Hang up" }).click();
    await this.card.waitFor({ state: "detached" });
  }

  /** The newest row of the call history. */
  get newestCall() {
    return this.phone.getByRole("list", { name: "Call history" }).getByRole("listitem").first();
  }

  get form() {
    return this.phone.getByRole("form", { name: "Log" });
  }

  /** @param {string} note */
  async saveLog(note) {
    await this.form.getByRole("textbox", { name: "Note" }).fill(note);
    await this.form.getByRole("button", { name: "Save" }).click();
    await this.form.waitFor({ state: "detached" });
  }

  /** The alert that says how many logs wait in the browser. */
  get waiting() {
    return this.phone.getByRole("alert").filter({ hasText: "in this browser since" });
  }

  logged(row) {
    return row.getByText("Logged", { exact: true }).waitFor();
  }

  /** The widget alone starts anew, as when RingCentral reloads it. */
  async reloadWidget() {
    const frame = this.page.frames().find((one) => one.parentFrame() !== null);
    await Promise.all([frame.waitForNavigation(), frame.evaluate(() => location.reload())]);
    await this.phone.getByRole("navigation", { name: "Pages" }).waitFor();
    await this.status("registered");
  }

  /** Opens a contact's page; by its number, since names repeat in an address book. */
  async contact(name, number) {
    await this.tab("Contacts");
    await this.contactCount();
    await this.phone.getByRole("searchbox", { name: "Filter contacts" }).fill(number);
    await this.phone.getByRole("list", { name: "Contact list" }).getByText(name, { exact: true }).first().click();
    await this.phone.getByRole("heading", { level: 2, name }).waitFor();
  }
}
