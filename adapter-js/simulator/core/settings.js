/**
 * The items of the settings page a service brings along (protocol 2.2, "settings items").
 */

const isHttp = (uri) => typeof uri === "string" && /^https?:\/\//i.test(uri);
const isId = (id) => typeof id === "string" || typeof id === "number";

function isOption(item) {
  if (!Array.isArray(item.options)) return false;
  if (!item.options.every((option) => isId(option?.id) && typeof option.name === "string")) return false;
  const known = (id) => item.options.some((option) => option.id === id);
  if (item.multiple) return !item.value || (Array.isArray(item.value) && item.value.every(known));
  return !item.value || known(item.value);
}

const ROOT = {
  boolean: (item) => typeof item.value === "boolean",
  button: () => true,
  option: isOption,
  section: (item) => Array.isArray(item.items),
  group: () => true,
  externalLink: (item) => isHttp(item.uri),
};

const IN_SECTION = {
  boolean: ROOT.boolean,
  option: isOption,
  string: (item) => item.value === undefined || typeof item.value === "string",
  text: (item) => item.value === undefined || typeof item.value === "string",
  array: (item) => Array.isArray(item.value) && item.value.every((entry) => typeof entry === "string"),
  typography: (item) => typeof item.value === "string",
  admonition: (item) => typeof item.value === "string",
};

/** These show their value and need no name. */
const TEXT_ONLY = new Set(["typography", "admonition"]);

function valid(items, kinds, warn) {
  const kept = [];
  for (const item of items) {
    // The seed protocol's form: {name, value} without id and type; its other keys are lost.
    if (item && !item.id && !item.type && typeof item.name === "string" && typeof item.value === "boolean") {
      kept.push({ id: item.name, type: "boolean", name: item.name, value: item.value });
      continue;
    }
    const named = typeof item?.name === "string" || TEXT_ONLY.has(item?.type);
    if (!item || !isId(item.id) || !named || !kinds[item.type]?.(item)) {
      warn("settings item dropped", item);
      continue;
    }
    if (item.type === "section") kept.push({ ...item, items: valid(item.items, IN_SECTION, warn) });
    else if (item.type === "group") kept.push({ ...item, items: valid(item.items, ROOT, warn) });
    else kept.push(item);
  }
  return kept;
}

/**
 * Invalid items go with a warning. A group without `items` throws, and with it the whole rest of the
 * registration is lost: that is the real widget's behaviour, and a trap worth showing (protocol 2.2).
 */
export function readSettings(items, warn) {
  return valid(items, ROOT, warn);
}

/** The same list with one value changed: an item at the root, in a group or in a section. */
export function withValue(settings, path, value) {
  const [id, ...rest] = path;
  return settings.map((item) => {
    if (item.id !== id) return item;
    return rest.length > 0 ? { ...item, items: withValue(item.items, rest, value) } : { ...item, value };
  });
}

/**
 * What the widget reports as `setting`: the changed item, but a whole section with all its items
 * when the change was inside one (V33).
 */
export function changedSetting(settings, path) {
  let items = settings;
  for (const id of path) {
    const item = items.find((candidate) => candidate.id === id);
    if (item.type !== "group") return item;
    items = item.items;
  }
  return undefined;
}

/** Groups order their items by `order`; root items stay as sent (placed at 8000 + index). */
export function inOrder(group) {
  const place = (item, index) => (typeof item.order === "number" ? item.order : 8000 + index);
  return group.items
    .map((item, index) => ({ item, at: place(item, index) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
