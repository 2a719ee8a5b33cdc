const byId = (id) => document.getElementById(id);

/** Shows a contact as the page's customer record: a screen pop. */
export function showRecord(contact) {
  const name = contact.name ?? "Unnamed customer";
  byId("name").textContent = name;
  byId("initials").textContent = name.split(/\s+/).slice(0, 2).map((word) => word[0]).join("").toUpperCase();
  byId("line").textContent = [contact.jobTitle, contact.company].filter(Boolean).join(", ") || "Customer";
  byId("pop").hidden = false;
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
