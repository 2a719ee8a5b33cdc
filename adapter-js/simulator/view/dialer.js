import { h, icon } from "./dom.js";
import { avatar, phoneText } from "./words.js";

const KEYS = [["1", ""], ["2", "ABC"], ["3", "DEF"], ["4", "GHI"], ["5", "JKL"], ["6", "MNO"], ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"], ["*", ""], ["0", "+"], ["#", ""]];

/** The dial pad with the service's contact search above it. */
export function dialerPage(phone) {
  const { search } = phone;
  const service = phone.service.state.displayName;
  const call = () => start(phone, search.text.trim(), null);
  return [
    h("header.page-head", null, h("h1", null, "Phone")),
    h("div.dial-field", null, icon("search"),
      h("input", {
        type: "text", value: search.text, placeholder: "Name or number", "aria-label": "Name or number", autocomplete: "off",
        input: (event) => search.type(event.target.value),
        keydown: (event) => event.key === "Enter" && call(),
      }),
      search.text && h("button.icon-button", { "aria-label": "Clear", click: () => search.type("") }, icon("close"))),
    search.text.length >= 3 && /\p{L}/u.test(search.text)
      ? results(phone, service)
      : h("div.pad", null, KEYS.map(([key, letters]) => h("button", { click: () => search.type(search.text + key) }, key, h("small", null, letters)))),
    h("button.dial-call", { disabled: search.text.trim() === "", "aria-label": "Call", click: call }, icon("phone")),
  ];
}

function results(phone, service) {
  const { search } = phone;
  if (search.rows.length === 0) return h("p.empty", null, search.searching ? `Searching ${service || "contacts"}…` : "Nobody found.");
  return h("ul.rows", { "aria-label": "Search results" }, search.rows.map((row) => h("li.row", { key: row.id },
    h("button.row-main", { click: () => start(phone, row.phoneNumber, row) },
      avatar(row.name),
      h("span.grow", null, h("strong", null, row.name), h("small", null, `${phoneText(row.phoneNumber)} · ${row.phoneType}`)),
      h("small.when", null, row.type)))));
}

function start(phone, number, row) {
  if (number === "") return;
  phone.search.type("");
  phone.calling.call(number, row, (message) => window.confirm(message));
}
