// What a column of a user's own table can be, and how the file of its system says so.
import { make } from "./app.js";

export const ROLES = {
  "": "not used", setpoint: "setpoint: a number that the plant sets", choice: "choice: words to choose among, such as the acid",
  response: "yield of an element", by: "which element a row's yield is of", value: "yields, one element per row",
  feed: "name of the feed", composition: "number that describes the feed", study: "whose rows these are: study, laboratory"
};

// What a user's text has where parts are expected may be anything.
const partsOf = (one) => (one && typeof one === "object" ? one : {});

/** The roles of the columns that a description gives: by column, `{ role, name }`. */
export function rolesOf(said) {
  const found = new Map();
  const entries = (part) => Object.entries(partsOf(part));
  const put = (column, role, name) => { if (typeof column === "string") { found.set(column, { role, name }); } };
  entries(said.setpoints).forEach(([name, one]) => put(one && one.column, "setpoint", name));
  entries(said.choices).forEach(([name, one]) => put(one && one.column, "choice", name));
  const responses = partsOf(said.responses);
  if ("by" in responses && "value" in responses) { put(responses.by, "by", ""); put(responses.value, "value", ""); }
  else { entries(responses).forEach(([name, column]) => put(column, "response", name)); }
  const feed = partsOf(said.feed);
  put(feed.name, "feed", "");
  if (Array.isArray(feed.columns)) { feed.columns.forEach((column) => put(column, "composition", column)); }
  else { entries(feed.columns).forEach(([name, column]) => put(column, "composition", name)); }
  if (said.groups) { put(said.groups.study, "study", ""); }
  return found;
}

/** A name and a unit for a column, by what it is called. */
function usual(column) {
  const text = column.toLowerCase();
  const told = /[[(]([^\])]+)[\])]\s*$/.exec(column);
  const plain = column.replace(/\s*[[(][^\])]*[\])]\s*$/, "").replace(/[^\w .,()+-]+/g, " ").trim().replace(/^[\d_ .,()+-]+/, "");
  const known = [
    [/temp/, "temperature", /k\b|kelvin/.test(text) && !/_c\b|°c|degc/.test(text) ? "K" : "degC"],
    [/^time|_time|time_/, "time", /hour|_h\b|\(h\)|\[h\]/.test(text) ? "h" : "min"],
    [/acid.*conc|conc.*acid|acid_m\b|molar/, "acid_concentration", "mol/L"],
    [/solid.*liquid|s\/l|pulp|solids/, "solid_liquid_ratio", "g/L"], [/h2o2|peroxide/, "h2o2", "wt%"]
  ].find(([pattern]) => pattern.test(text));
  return known ? { name: known[1], unit: told ? told[1] : known[2] } : { name: plain || "column", unit: told ? told[1] : "" };
}

function without(said, column) {
  const made = structuredClone(said);
  const drop = (part, is) => { for (const [name, one] of Object.entries(partsOf(part))) { if (is(one)) { delete part[name]; delete partsOf(made.monotone)[name]; } } };
  drop(made.setpoints, (one) => partsOf(one).column === column);
  drop(made.choices, (one) => partsOf(one).column === column);
  drop(made.responses, (one) => one === column);
  if (made.feed && typeof made.feed === "object") {
    if (made.feed.name === column) { delete made.feed.name; }
    if (Array.isArray(made.feed.columns)) { made.feed.columns = Object.fromEntries(made.feed.columns.map((one) => [one, one])); }
    drop(made.feed.columns, (one) => one === column);
  }
  if (made.groups && made.groups.study === column) { delete made.groups.study; }
  return made;
}

/** The description with a column in a role. */
export function withRole(said, column, role) {
  const made = without(said, column);
  const under = (key) => { if (!made[key] || typeof made[key] !== "object") { made[key] = {}; } return made[key]; };
  const free = (part, name) => { let found = name; for (let n = 2; found in part; n += 1) { found = `${name} ${n}`; } return found; };
  const guess = usual(column);
  if (role === "setpoint") { const part = under("setpoints"); part[free(part, guess.name)] = { column, ...(guess.unit ? { unit: guess.unit } : {}), ...(guess.name === "time" ? { log: true } : {}) }; }
  if (role === "choice") { const part = under("choices"); part[free(part, guess.name)] = { column }; }
  if (role === "response") {
    if ("value" in partsOf(made.responses)) { made.responses = {}; }
    const part = under("responses");
    part[free(part, guess.name.replace(/[ _-]*(pct|percent|yield|recovery|extraction|leached)\b/gi, "").trim() || guess.name)] = column;
  }
  if (role === "by" || role === "value") {
    if (made.responses && !("by" in made.responses || "value" in made.responses)) { made.responses = {}; }
    under("responses")[role] = column;
  }
  if (role === "feed") { under("feed").name = column; }
  if (role === "composition") { const feed = under("feed"); feed.columns = feed.columns || {}; feed.columns[free(feed.columns, guess.name)] = column; }
  if (role === "study") { under("groups").study = column; }
  return made;
}

/** The description with a column's name changed, in the place where it stands. */
function renamed(said, role, before, after) {
  const made = structuredClone(said);
  const part = role === "setpoint" ? made.setpoints : role === "choice" ? made.choices : role === "response" ? made.responses : made.feed.columns;
  const again = Object.entries(part).map(([name, one]) => [name === before ? after : name, one]);
  Object.keys(part).forEach((name) => delete part[name]);
  again.forEach(([name, one]) => { part[name] = one; });
  if (made.monotone && before in made.monotone) { made.monotone[after] = made.monotone[before]; delete made.monotone[before]; }
  return made;
}

const numberIn = (text) => text.trim() === "" ? undefined : Number.isNaN(Number(text)) ? text : Number(text);
const FIELDS = [
  ["unit", "unit", (text) => text.trim() || undefined], ["label", "label", (text) => text.trim() || undefined],
  ["low", "least", numberIn], ["high", "most", numberIn], ["step", "step", numberIn],
  ["values", "only these values", (text) => text.trim() ? text.split(/[,;\s]+/).filter(Boolean).map(numberIn) : undefined],
  ["tolerance", "held within", numberIn], ["empty", "an empty cell means", numberIn]
];

/** The fields of a column in its role; `changed(description)` gets each change. */
export function fieldsOf(said, column, { role, name }, changed) {
  if (!["setpoint", "choice", "response", "composition"].includes(role)) { return []; }
  const name_ = make("input", { value: name, autocomplete: "off", onchange: () => changed(renamed(said, role, name, name_.value.trim())) });
  const found = [make("label", {}, "name ", name_)];
  if (role === "choice") {
    const label = make("input", { value: said.choices[name].label || "", autocomplete: "off", onchange: () => { const made = structuredClone(said); made.choices[name].label = label.value.trim() || undefined; changed(made); } });
    return [...found, make("label", {}, "label ", label)];
  }
  if (role !== "setpoint") { return found; }
  const one = said.setpoints[name];
  const field = ([key, title, read]) => {
    const value = one[key];
    const input = make("input", { autocomplete: "off", value: value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value), onchange: () => {
      const made = structuredClone(said);
      made.setpoints[name][key] = read(input.value);
      changed(made);
    } });
    return make("label", {}, `${title} `, input);
  };
  const way = make("select", { onchange: () => {
    const made = structuredClone(said);
    made.monotone = { ...made.monotone };
    if (way.value) { made.monotone[name] = way.value; } else { delete made.monotone[name]; }
    changed(made);
  } }, make("option", { value: "" }, "not known"), make("option", { value: "up" }, "never falls with it"), make("option", { value: "down" }, "never rises with it"));
  way.value = { up: "up", down: "down", 1: "up", "-1": "down" }[(said.monotone || {})[name]] || "";
  const log = make("input", { type: "checkbox", onchange: () => { const made = structuredClone(said); made.setpoints[name].log = log.checked || undefined; changed(made); } });
  log.checked = Boolean(one.log);
  return [...found, field(FIELDS[0]), field(FIELDS[2]), field(FIELDS[3]),
    make("label", {}, "yield ", way),
    make("details", { open: FIELDS.slice(4).some(([key]) => one[key] !== undefined) || one.label !== undefined }, make("summary", {}, "More"), ...[FIELDS[1], ...FIELDS.slice(4)].map(field), make("label", { class: "check" }, log, "ratios count, not differences"))];
}
