import { h, icon } from "./dom.js";
import { schemaFields } from "./schema-form.js";

/** A page or tab of the host's own (protocol 5): Save is in its head, where the page asks for it. */
export function customPage(phone, ui, id) {
  const { customPages } = phone;
  const page = customPages.find(id);
  if (!page || !customPages.open) return h("p.empty", null, "There is no such page.");
  const submit = page.uiSchema?.submitButtonOptions;
  const back = page.type !== "tab" && !page.hideBackButton;
  const told = { input: (key, value) => customPages.input(key, value), press: (key) => customPages.press(key) };
  return h("form.custom-page", { key: id, "aria-label": page.title ?? "Page", submit: (event) => { event.preventDefault(); customPages.submit(); } },
    h("header.page-head", null,
      back && h("button.icon-button", { type: "button", "aria-label": "Back", click: () => phone.navigation.go("goBack") }, icon("back")),
      h("h1.grow", null, page.title ?? "Page"),
      submit && h("button.primary", { type: "submit", disabled: !customPages.ready }, submit.submitText ?? "Save")),
    h("div.custom-fields", null, schemaFields(page, customPages.open.formData, told)));
}
