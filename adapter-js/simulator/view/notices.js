import { h, icon } from "./dom.js";

/** The host's banner and alerts: all it has to tell the user something (protocol 1.4). */
export function notices(phone) {
  const { banner } = phone.service.state;
  return [
    banner && h("div.banner", { key: "banner", class: banner.severity ?? "info", role: "status" },
      h("span.grow", null, banner.message),
      banner.action && h("button.small", { click: () => phone.actions.pressButton({ id: banner.id, type: "customizedBanner", label: banner.action.label }) }, banner.action.label),
      banner.closable && h("button.icon-button", { "aria-label": "Close", click: () => phone.closeBanner() }, icon("close"))),
    phone.alerts.list.length > 0 && h("div.alerts", { key: "alerts" }, phone.alerts.list.map((alert) => h("div.alert", { key: alert.id, class: alert.level, role: "alert" },
      h("div.grow", null, h("p", null, alert.message), alert.details.map((part) => details(phone, part))),
      h("button.icon-button", { "aria-label": "Dismiss", click: () => phone.alerts.dismiss(alert.id) }, icon("close"))))),
  ];
}

function details(phone, { title, items }) {
  return h("details", { key: title }, h("summary", null, title), items.map((item) => {
    if (item.type !== "link") return h("p", { key: item.id }, item.text);
    const follow = () => phone.actions.pressButton({ id: item.id, type: "linkInAlertDetail" });
    const href = /^https?:\/\//i.test(item.href ?? "") ? item.href : undefined;
    return href
      ? h("a", { key: item.id, href, target: "_blank", rel: "noopener noreferrer", click: follow }, item.text)
      : h("button.link", { key: item.id, click: follow }, item.text);
  }));
}
