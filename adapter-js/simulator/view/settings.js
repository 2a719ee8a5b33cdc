import { inOrder } from "../core/settings.js";
import { h, icon } from "./dom.js";

/** Account, logging switches, and whatever settings the service brought along. */
export function settingsPage(phone) {
  const { state } = phone.service;
  const inLogging = state.settings.filter((item) => item.groupId === "logging");
  const others = state.settings.filter((item) => item.groupId !== "logging");
  return [
    h("header.page-head", null, h("h1", null, "Settings")),
    phone.service.registered ? account(phone) : h("p.empty", null, "No service has registered yet."),
    (state.callLoggerPath || state.messageLoggerPath || inLogging.length > 0) && h("section.card", null,
      h("h2", null, "Logging"),
      state.callLoggerPath && !state.callLoggerAutoLogSettingHidden && autoLog(phone, "call"),
      state.messageLoggerPath && !state.messageLoggerAutoSettingHidden && autoLog(phone, "message"),
      inLogging.map((item) => setting(phone, item, []))),
    others.length > 0 && h("section.card", null, h("h2", null, state.displayName), others.map((item) => setting(phone, item, []))),
  ];
}

function account(phone) {
  const { state } = phone.service;
  const title = state.authorized ? state.authorizedTitle : state.unauthorizedTitle;
  return h("section.card.account", null,
    h("div.account-line", null,
      state.authorizationLogo && h("img", { src: state.authorizationLogo, alt: "" }),
      h("div.grow", null,
        h("h2", null, state.displayName, !state.authorized && state.showAuthRedDot && h("span.red-dot", { title: "Not connected" })),
        h("p.muted", { "data-part": "account" }, state.authorized ? (state.authorizedAccount || "Connected") : "Not connected")),
      state.authorizationPath && h("button", { class: state.authorized ? "quiet" : "primary", click: () => phone.actions.authorize() }, title)),
    state.info && h("p.muted", null, state.info),
    state.licenseStatus && h("p.muted", null, state.licenseStatus));
}

function autoLog(phone, kind) {
  const { state } = phone.service;
  const prefix = kind === "call" ? "callLoggerAutoSetting" : "messageLoggerAutoSetting";
  const logger = kind === "call" ? phone.callLogger : phone.messageLogger;
  return toggle({
    label: state[`${prefix}Label`] || (kind === "call" ? "Auto log calls" : "Auto log messages"),
    hint: state[`${prefix}Description`] || state[`${prefix}Warning`] || (state[`${prefix}ReadOnly`] && state[`${prefix}ReadOnlyReason`]),
    checked: logger.autoLog,
    disabled: state[`${prefix}ReadOnly`],
    change: (on) => phone.logging.setAutoLog(kind, on),
  });
}

function toggle({ label, hint, checked, disabled, change }) {
  return h("label.switch", { key: label },
    h("span.grow", null, label, hint && h("small", null, hint)),
    h("input", { type: "checkbox", role: "switch", checked: !!checked, disabled: !!disabled, change: (event) => change(event.target.checked) }),
    h("span.knob", { "aria-hidden": "true" }));
}

/** One item of any kind of protocol 2.2. `above` is the way to it: ids of its group or section. */
function setting(phone, item, above) {
  const path = [...above, item.id];
  const change = (value) => phone.actions.changeSetting(path, value);
  const hint = item.readOnly ? (item.readOnlyReason ?? item.description) : (item.warning ?? item.helper ?? item.description);
  const disabled = !!item.readOnly;
  const labelled = (control) => h("label.field", { key: String(item.id) }, h("span", null, item.name, item.required && " *"), control, hint && h("small", null, hint));
  const text = (tag) => labelled(h(tag, { type: "text", value: item.value ?? "", placeholder: item.placeholder, disabled, change: (event) => change(event.target.value) }));
  switch (item.type) {
    case "boolean":
      return toggle({ label: item.name, hint, checked: item.value, disabled, change });
    case "option":
      return item.multiple ? manyOf(item, hint, disabled, change) : labelled(oneOf(item, disabled, change));
    case "button":
      return h("div.field.beside", { key: String(item.id) }, h("span.grow", null, item.name, hint && h("small", null, hint)),
        h("button.small", { click: () => phone.actions.pressButton({ id: item.id, type: "setting", label: item.buttonLabel, name: item.name }) }, item.buttonLabel ?? item.name));
    case "externalLink":
      return h("a.field.beside", { key: String(item.id), href: item.uri, target: "_blank", rel: "noopener noreferrer" }, h("span.grow", null, item.name), icon("open"));
    case "section":
      return h("details.part", { key: String(item.id), open: true }, h("summary", null, item.name), item.items.map((inner) => setting(phone, inner, path)));
    case "group":
      return h("div.part", { key: String(item.id) }, h("h3", null, item.name), inOrder(item).map((inner) => setting(phone, inner, path)));
    case "string":
      return text("input");
    case "text":
      return text("textarea");
    case "array":
      return labelled(h("input", { type: "text", value: item.value.join(", "), disabled, change: (event) => change(event.target.value.split(",").map((part) => part.trim()).filter(Boolean).slice(0, item.maxItems)) }));
    case "admonition":
      return h("p.notice", { key: String(item.id), class: item.severity ?? "info" }, item.value);
    default:
      return h("p.muted", { key: String(item.id) }, item.value);
  }
}

function oneOf(item, disabled, change) {
  // The ids may be numbers; a select knows only text.
  const idOf = (text) => item.options.find((option) => String(option.id) === text)?.id;
  return h("select", { value: String(item.value ?? ""), disabled, change: (event) => change(idOf(event.target.value)) },
    !item.value && h("option", { value: "" }, "Choose…"),
    item.options.map((option) => h("option", { value: String(option.id) }, option.name)));
}

function manyOf(item, hint, disabled, change) {
  const chosen = item.value || [];
  const without = (id) => chosen.filter((one) => one !== id);
  return h("fieldset.field", { key: String(item.id) }, h("legend", null, item.name), hint && h("small", null, hint),
    item.options.map((option) => h("label.tick", { key: String(option.id) },
      h("input", { type: "checkbox", disabled, checked: chosen.includes(option.id), change: (event) => change(event.target.checked ? [...chosen, option.id] : without(option.id)) }),
      option.name)));
}
