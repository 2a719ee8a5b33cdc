import { h, icon } from "./dom.js";

/** The widget's own icons by name; one it does not know becomes "apps" (protocol 2.2). */
const ICONS = {
  calendar: "calls", clock: "calls", edit: "note", newAction: "note", view: "open", viewLog: "open",
  refresh: "refresh", people: "contacts", sms: "messages", text: "messages", phone: "phone", call: "phone",
};

/**
 * The buttons of one kind that the service has registered.
 *
 * @param {"callAction" | "messageAction" | "contactAction"} kind
 * @param {() => object} resource what the button stands beside, told with the press
 */
export function actionButtons(phone, kind, resource) {
  const { buttons } = phone.service.state;
  return buttons.filter((button) => button.type === kind).map(({ id, type, label, icon: name }) => h("button.small", {
    key: `action ${id}`,
    click: () => phone.actions.pressButton({ id, type, label }, resource()),
  }, icon(ICONS[name] ?? "apps"), label));
}
