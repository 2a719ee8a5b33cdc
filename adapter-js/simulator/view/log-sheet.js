import { h, icon } from "./dom.js";
import { schemaFields } from "./schema-form.js";
import { nameOf } from "./words.js";

/** The log form: the widget's own (contact and note), or the page the host sent (protocol 3.6, 5). */
export function logSheet(phone) {
  const { open, pages } = phone.form;
  if (!open) return null;
  const { state } = phone.service;
  const page = pages[open.kind];
  const title = page?.title ?? (open.kind === "call" ? state.callLoggerTitle : state.messageLoggerTitle) ?? "Log";
  const custom = page?.schema;
  const told = { input: (key, value) => phone.logging.formInput(key, value), press: (key) => phone.actions.pressButton({ id: key, type: "button", formData: open.formData }) };
  const fields = custom ? schemaFields(page, open.formData, told) : ownFields(phone);
  const ready = custom ? (page.schema.required ?? []).every((key) => open.formData[key]) : open.formData.contactId !== "";
  const submit = page?.uiSchema?.submitButtonOptions?.submitText ?? "Save";
  // The message page shows Save only where the page asks for it.
  const withSave = open.kind === "call" || !custom || page.uiSchema?.submitButtonOptions;
  return h("div.sheet-back", { key: "sheet" },
    h("form.sheet", { "aria-label": "Log", submit: (event) => { event.preventDefault(); phone.logging.saveForm(); } },
      h("header", null, h("h2.grow", null, title), h("button.icon-button", { type: "button", "aria-label": "Close", click: () => phone.form.close() }, icon("close"))),
      fields,
      withSave && h("footer", null,
        h("button.quiet", { type: "button", click: () => phone.form.close() }, "Cancel"),
        h("button.primary", { type: "submit", disabled: !ready }, submit))));
}

function ownFields(phone) {
  const { formData, candidates, kind } = phone.form.open;
  const input = (key) => (event) => phone.logging.formInput(key, event.target.value);
  return [
    h("label.field", null, h("span", null, "Contact"),
      h("select", { value: formData.contactId, "aria-label": "Contact", change: input("contactId") },
        candidates.length > 1 && h("option", { value: "" }, `Choose: ${candidates.length} contacts share this number`),
        candidates.length === 0 && h("option", { value: "unknown" }, "Nobody: unknown number"),
        candidates.map((entity) => h("option", { value: entity.id }, [nameOf(entity), entity.company].filter(Boolean).join(" · "))))),
    kind === "call" && h("label.field", null, h("span", null, "Note"),
      h("textarea", { value: formData.note ?? "", rows: "4", placeholder: "What was it about?", "aria-label": "Note", input: input("note") })),
  ];
}
