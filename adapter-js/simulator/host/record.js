const byId = (id) => document.getElementById(id);

/** The record that is shown; listeners hear of each that is. @type {{id: string, name?: string} | null} */
let shown = null;
const listeners = [];

export const onRecord = (listener) => listeners.push(listener);

/** Shows a contact as the page's customer record: a screen pop of the phone, or of the chat. */
export function showRecord(contact, by = "the phone") {
  byId("pop").hidden = false;
  delete byId("pop").dataset.other;
  byId("pop").textContent = `Opened by ${by}`;
  fillRecord(contact);
  const changed = shown?.id !== contact.id;
  shown = contact;
  if (changed) for (const listener of listeners) listener(contact);
}

/** A chat was opened that this page has no one record for: whoever is shown is not the visitor. */
export function notShown(words) {
  byId("pop").hidden = false;
  byId("pop").dataset.other = "";
  byId("pop").textContent = words;
}

/** All that was told of the one who is shown: a screen pop brings no more than the name. */
let known = { id: "" };

/** What the page's own server knows more of it. */
export function fillRecord(news) {
  const contact = (known = news.id === known.id ? { ...known, ...news } : news);
  const name = contact.name ?? "Unnamed customer";
  byId("name").textContent = name;
  byId("initials").textContent = name.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
  byId("line").textContent = [contact.jobTitle, contact.company].filter(Boolean).join(", ") || "Customer";
  const facts = [
    ...(contact.phoneNumbers ?? []).map(({ phoneNumber, phoneType }) => [phoneType ?? "phone", phoneNumber]),
    ...(contact.emails ?? []).map((email) => ["e-mail", email]),
    ["record", contact.id],
  ].filter(([, value]) => value);
  byId("facts").replaceChildren(...facts.map(([label, value]) => {
    const pair = document.createElement("div");
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = label;
    text.textContent = value;
    pair.append(term, text);
    return pair;
  }));
}
