import { h, icon } from "./dom.js";

/**
 * The fields of a JSON Schema page, as far as hosts use them (protocol 5): texts, choices, ticks, and
 * the `ui:field` kinds admonition, typography, button, link and list.
 *
 * @param {{schema: any, uiSchema?: any}} page
 * @param {Record<string, any>} formData
 * @param {{input: (key: string, value: any) => void, press: (key: string) => void}} told
 */
export function schemaFields({ schema, uiSchema }, formData, told) {
  return Object.entries(schema?.properties ?? {}).map(([key, field]) => {
    const look = uiSchema?.[key] ?? {};
    const draw = SPECIAL[look["ui:field"]];
    return draw ? draw(key, field, look, formData[key], told) : plain(key, field, look, formData[key], told, (schema.required ?? []).includes(key));
  });
}

const SPECIAL = {
  admonition: (key, field, look) => h("p.notice", { key, role: "note", class: look["ui:severity"] ?? "info" }, field.description ?? field.title),
  typography: (key, field) => h("p.muted", { key }, field.description ?? field.title),
  button: (key, field, look, value, { press }) => h("button.quiet", { key, type: "button", click: () => press(key) }, field.title),
  link(key, field, look, value, { press }) {
    const text = field.description ?? field.title;
    const href = /^https?:\/\//i.test(look["ui:href"] ?? "") ? look["ui:href"] : undefined;
    // Without an address it is a button.
    if (!href) return h("button.link", { key, type: "button", click: () => press(key) }, text);
    return h("a.link", { key, href, target: "_blank", rel: "noopener noreferrer" }, text, icon("open"));
  },
  list: (key, field, look, value, { input }) => h("ul.rows", { key, "aria-label": field.title ?? key }, (field.oneOf ?? []).map((item) => h("li.row", { key: String(item.const) },
    h("button.row-main", { type: "button", click: () => input(key, item.const) },
      h("span.grow", null, h("strong", null, item.title), item.description && h("small", null, item.description)),
      item.meta && h("small.when", null, item.meta))))),
};

function plain(key, field, look, value, { input }, required) {
  const take = (event) => input(key, event.target.type === "checkbox" ? event.target.checked : event.target.value);
  const title = field.title ?? key;
  if (field.type === "boolean") return h("label.tick", { key }, h("input", { type: "checkbox", checked: !!value, change: take }), title);
  const options = field.oneOf ?? field.enum?.map((entry) => ({ const: entry, title: entry }));
  const control = options
    ? h("select", { value: value ?? "", "aria-label": title, change: take }, !value && h("option", { value: "" }, "Choose…"), options.map((option) => h("option", { value: option.const }, [option.title, option.description].filter(Boolean).join(" · "))))
    : h(look["ui:widget"] === "textarea" ? "textarea" : "input", { value: value ?? "", rows: "4", "aria-label": title, autocomplete: "off", placeholder: look["ui:placeholder"], input: take });
  return h("label.field", { key }, h("span", null, title, required && h("span.required", { "aria-hidden": "true" }, " *")), control);
}
