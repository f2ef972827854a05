// Fields of the screen Ask for what is leached, with which acids, and how: feed, acids, ranges of setpoints.
import { make } from "./app.js";

const EXAMPLE = { Li: 4.1, Ni: 21, Mn: 6.2, Co: 6.9, Cu: 2.1, Al: 3.4, graphite: 33 };
const METALS = ["Ni", "Mn", "Co"];

function modeOf(feed, known) {
  if (typeof feed === "string") { return "known"; }
  if (feed.assay) { return "assay"; }
  if (feed.formula || METALS.some((metal) => metal in feed)) { return "formula"; }
  return feed.blend || !known.feeds.includes(feed.name) ? "other" : "known";
}
function formulaOf(feed) {
  if (feed.formula !== undefined) { return feed.formula; }
  const amount = (n) => (n === 1 ? "" : String(n));
  return `Li${METALS.filter((metal) => feed[metal]).map((metal) => metal + amount(feed[metal])).join("")}O${amount(feed.oxygen ?? (METALS.reduce((sum, metal) => sum + (feed[metal] || 0), 0) > 1.5 ? 4 : 2))}`;
}

/** What is leached: a known cathode, a formula, or an assay with its closure; and how much of it. */
export function feedFields(box, { asked, offers, known, changed }) {
  const given = asked().problem.feed, feed = typeof given === "string" ? { name: given } : given;
  if (!offers.cathode) { box.append(make("p", {}, `The feed of the problem: ${offers.feed}.`)); return; }
  const mode = modeOf(given, known), inside = make("div", { class: "feed" }), said = make("div", { class: "caption", role: "status" });
  const mass = make("input", { type: "number", id: "mass", min: 0, step: "any", value: feed.mass ?? 1000, "data-key": "feed.mass" });
  const put = (parts, how = "feed") => {
    const { problem } = asked();
    problem.feed = { ...parts, ...(mass.value === "" ? {} : { mass: mass.valueAsNumber }) };
    if (how === "feed") { delete problem.name; delete problem.description; } // which are of another feed
    changed(how);
  };
  let now = () => ({ ...feed });
  const draw = (kind) => {
    if (kind === "known") {
      const name = make("select", { id: "feed", "data-key": "feed feed.name" }, ...known.feeds.map((one) => make("option", { selected: one === feed.name }, one)));
      now = () => ({ name: name.value });
      name.addEventListener("change", () => put(now()));
      inside.replaceChildren(make("label", {}, "Cathode ", name));
    } else if (kind === "formula") {
      const text = make("input", { type: "text", id: "formula", spellcheck: "false", autocomplete: "off", value: mode === "formula" ? formulaOf(feed) : "LiNi0.6Mn0.2Co0.2O2", "data-key": "feed.formula feed.name feed" });
      now = () => ({ formula: text.value });
      text.addEventListener("change", () => put(now()));
      inside.replaceChildren(make("label", {}, "Formula ", text));
    } else if (kind === "assay") {
      const start = feed.assay || EXAMPLE;
      const fields = known.assay.map((name) => {
        const value = start[name];
        return make("input", { type: "text", inputmode: "decimal", id: `assay-${name}`, name, "data-key": `feed.assay.${name}`, value: value === undefined ? "" : Array.isArray(value) ? value.join(" to ") : typeof value === "object" ? `${value.low} to ${value.high}` : value });
      });
      now = () => ({ name: feed.assay && feed.name ? feed.name : "feed by assay", assay: Object.fromEntries(fields.filter((one) => one.value.trim() !== "").map((one) => [one.name, content(one.value)])) });
      fields.forEach((one) => one.addEventListener("change", () => put(now())));
      inside.replaceChildren(make("p", { class: "caption", id: "assay-about" }, "wt% of what is charged; write 1 to 3 for what varies."),
        make("div", { class: "assay", "data-key": "feed.assay feed", role: "group", "aria-describedby": "assay-about" },
          ...fields.map((one) => make("label", {}, make("span", {}, one.name), one))));
    } else { inside.replaceChildren(make("p", {}, `As the problem has it: ${offers.feed}.`)); }
  };
  const kinds = [["known", "known"], ["formula", "formula"], ["assay", "assay"], ...(mode === "other" ? [["other", "the problem's own"]] : [])];
  const choice = make("div", { class: "field", role: "radiogroup", "aria-label": "How the feed is given" }, ...kinds.map(([kind, label]) => {
    const radio = make("input", { type: "radio", name: "feed-kind", value: kind, checked: kind === mode });
    radio.addEventListener("change", () => { draw(kind); put(now()); });
    return make("label", {}, radio, ` ${label}`);
  }));
  mass.addEventListener("change", () => put(now(), "number"));
  const read = (told) => {
    const { reading } = told;
    if (!reading) { said.replaceChildren(); return; }
    const share = (x) => `${(100 * x).toFixed(1)} %`;
    const metals = Object.entries(reading.composition).map(([metal, n]) => `${metal} ${Number(n.toPrecision(3))}`).join(", ");
    said.replaceChildren(...[
      reading.assay ? `Closure ${share(reading.closure)} with the cathode's oxygen: ${share(reading.cathode)} cathode, ${share(reading.unaccounted)} unaccounted for.` : "",
      `Per mol of lithium: ${metals}.`, ...reading.notes
    ].filter(Boolean).map((line) => make("p", {}, line)));
  };
  draw(mode);
  read(offers);
  box.addEventListener("leaching:offers", (event) => read(event.detail));
  box.append(choice, inside, make("p", { class: "field" }, make("label", {}, "Mass ", mass, " kg")), said);
}
function content(text) {
  const ends = text.split(/\s+to\s+|\s*–\s*/).map((one) => (one.trim() === "" || Number.isNaN(Number(one)) ? one.trim() : Number(one)));
  return ends.length === 2 ? ends : ends[0];
}

/** The acids to choose from, with their experiments near the feed. */
export function acidFields(box, { asked, offers, changed }) {
  const given = () => [].concat(asked().problem.variables.acid);
  const shown = offers.acids.filter((one) => one.near || given().includes(one.name));
  const lacking = offers.acids.length - offers.acids.filter((one) => one.near).length;
  box.dataset.key = "variables.acid --acid";
  const toggles = shown.map((one) => {
    const tick = make("input", { type: "checkbox", name: "acid", value: one.name, checked: given().includes(one.name) });
    tick.addEventListener("change", () => {
      const chosen = shown.map((each, i) => [each.name, toggles[i].tick.checked]).filter(([, on]) => on).map(([name]) => name);
      asked().problem.variables.acid = [...chosen, ...given().filter((each) => typeof each !== "string")];
      changed("acids");
    });
    return { tick, label: make("label", {}, tick, ` ${one.label.replace(/ acid$/, "")} `, make("span", { class: "count" }, `${one.experiments}`, make("span", { class: "hidden" }, " experiments nearby"))) };
  });
  const mixed = given().filter((one) => typeof one !== "string").length;
  box.append(make("div", { class: "chips" }, ...toggles.map((one) => one.label)),
    make("p", { class: "caption" }, `The number is that of experiments near the feed.${lacking ? ` ${lacking} more acids have too few.` : ""}${mixed ? ` The problem has ${mixed} mixtures, too.` : ""}`));
}

/** Between what each setpoint is searched. */
export function rangeFields(box, { asked, offers, changed }) {
  box.append(...offers.ranges.map((one) => {
    const [low, high] = one.range;
    const field = (end, value) => make("input", { type: "number", id: `${one.name}-${end}`, step: "any", value, "aria-label": `${one.label}, ${end}, ${one.unit}`, "data-key": end === "least" ? `variables.${one.name} ${one.name}` : "" });
    const ends = [field("least", low), field("most", high)];
    ends.forEach((end) => end.addEventListener("change", () => {
      if (ends.some((each) => each.value === "")) { delete asked().problem.variables[one.name]; } else { asked().problem.variables[one.name] = ends.map((each) => each.valueAsNumber); }
      changed();
    }));
    return make("div", { class: "range field" }, make("span", { class: "name", "aria-hidden": "true" }, one.label), ends[0], make("span", { "aria-hidden": "true" }, "to"), ends[1], make("span", { class: "unit", "aria-hidden": "true" }, one.unit));
  }));
}
