/** The simulated agents' workspace as the agent sees it, in the CRM page's dock. */
export class WorkspaceFrame {
  #page;

  /** @param {import("playwright-core").Page} page */
  constructor(page) {
    this.#page = page;
    this.frame = page.frameLocator("#workspace");
  }

  open() {
    return this.#page.getByRole("tab", { name: /^Agent chats/ }).click();
  }

  select(name) {
    return this.frame.getByRole("list", { name: "Chats" }).getByRole("button", { name }).click();
  }

  get chat() {
    return this.frame.getByRole("region", { name: "Chat" });
  }

  /** One of the lines the simulator offers; of the visitor whose chat is open. */
  visitorSays(text) {
    return this.frame.getByRole("complementary", { name: "Simulator" }).getByRole("button", { name: text, exact: true }).click();
  }

  async agentSays(text) {
    await this.chat.getByRole("textbox", { name: "Answer" }).fill(text);
    await this.chat.getByRole("button", { name: "Send" }).click();
  }

  close() {
    return this.chat.getByRole("button", { name: "Close" }).click();
  }

  /** Opens the simulator's further settings. */
  more() {
    return this.frame.getByRole("button", { name: "more", exact: true }).click();
  }

  choose(label, words) {
    return this.frame.getByRole("combobox", { name: label, exact: true }).selectOption({ label: words });
  }
}
