// The form of the screen Ask: it changes the question's own data, whose keys are those of a problem's file.
import { api, make, showError } from "./app.js";
import { acidFields, feedFields, rangeFields } from "./ask-stuff.js";

/** The targets of a question, which always stand first among its constraints; null where it has none. */
function targetsOf(problem) {
  const all = problem.constraints || [];
  const own = all.find((one) => one && one.yield) || null;
  problem.constraints = own ? [own, ...all.filter((one) => one !== own)] : all;
  return own;
}
function metricOf(objective) {
  const [verb, asked] = Object.entries(objective)[0];
  const metric = typeof asked === "string" ? asked : Object.keys(asked)[0];
  return { verb, metric, quantile: typeof asked === "string" ? "" : asked[metric] };
}

/** The question without what its feed does not have, and with targets and acids for what it does have. */
export function adapted(asked, offers, how) {
  const { problem } = asked, own = targetsOf(problem);
  if (own) {
    const usual = Object.values(own.yield)[0] ?? 0.6, before = own.yield;
    own.yield = {};
    offers.metals.forEach((metal) => {
      if (metal in before) { own.yield[metal] = before[metal]; } else if (how === "feed") { own.yield[metal] = usual; }
    });
    if (Object.keys(own.yield).length === 0) { problem.constraints.shift(); }
  }
  if (offers.cathode && how === "feed") {
    const near = offers.acids.filter((one) => one.near).map((one) => one.name);
    const kept = [].concat(problem.variables.acid).filter((one) => typeof one !== "string" || near.includes(one));
    if (near.length) { problem.variables.acid = kept.length ? kept : near.slice(0, 8); }
  }
  const { metric } = metricOf(problem.objectives[0]);
  if (offers.objectives.length && !offers.objectives.some((one) => one.name === metric)) { aim(problem, offers.objectives[0]); }
  for (const part of ["prices", "factors"]) {
    const known = offers[part].map((one) => one.name);
    asked[part] = Object.fromEntries(Object.entries(asked[part]).filter(([name]) => known.includes(name)));
  }
  return asked;
}

// A search needs a second objective beside the one that is asked for, to have a trade-off.
function aim(problem, offer, quantile = "") {
  const verb = offer.better === "lower" ? "minimise" : "maximise";
  const rest = problem.objectives.slice(1).filter((one) => metricOf(one).metric !== offer.name);
  const other = offer.name === "recovery" ? { minimise: "cost" } : { maximise: "recovery" };
  problem.objectives = [{ [verb]: quantile ? { [offer.name]: quantile } : offer.name }, ...(rest.length ? rest : [other])];
}

/**
 * Draw the form; the part that the user is in stays as it is, unless all of the question is another one. What to look
 * for is drawn anew after a choice in it, since that may change which objectives there are.
 */
export function drawFields(box, context) {
  const focused = document.activeElement;
  const stays = (before) => before.contains(focused) && !(before.id === "part-aim" && focused.matches("select, [type=checkbox]"));
  const open = new Map(Array.from(box.querySelectorAll("details"), (one) => [one.id, one.open]));
  const parts = [
    part("feed", "Feed", feedFields, context), part("targets", "Targets", targetFields, context),
    part("aim", "What to look for", aimFields, context),
    ...(context.offers.cathode ? [part("acids", "Acids", acidFields, context)] : []),
    folded("prices", "Prices", leverFields("prices"), context), folded("factors", "Climate change", leverFields("factors"), context),
    folded("ranges", "Ranges of the setpoints", rangeFields, context)
  ];
  for (const made of parts) {
    const before = box.querySelector(`#${made.id}`);
    if (made.tagName === "DETAILS") { made.open = open.has(made.id) ? open.get(made.id) : made.id === "part-prices" && matchMedia("(min-width: 901px)").matches; }
    if (before && context.how !== "problem" && stays(before)) {
      before.dispatchEvent(new CustomEvent("leaching:offers", { detail: context.offers }));
      made.replaceWith(before);
      parts[parts.indexOf(made)] = before;
    }
  }
  const inside = box.contains(document.activeElement) ? parts.find((one) => one.contains(document.activeElement)) : null;
  if (!inside) {
    const again = box.contains(focused) && focused.id;
    box.replaceChildren(...parts);
    if (again) { box.querySelector(`#${CSS.escape(again)}`)?.focus(); }
    return;
  }
  // moving the part that has the focus would lose it
  Array.from(box.children).filter((one) => one !== inside).forEach((one) => one.remove());
  const at = parts.indexOf(inside);
  inside.before(...parts.slice(0, at));
  inside.after(...parts.slice(at + 1));
}
function part(id, legend, fill, context) {
  const box = make("fieldset", { id: `part-${id}` }, make("legend", {}, legend));
  fill(box, context);
  return box;
}
function folded(id, legend, fill, context) {
  const box = make("details", { id: `part-${id}`, class: "part" }, make("summary", {}, legend));
  fill(box, context);
  return box;
}

// A slider and a number that are one; `read` turns the slider's place into the number, `place` the other way.
function sliderRow({ id, name, label, key, unit, least, most, step, digits, value, read = (x) => x, place = (x) => x, said, set }) {
  const show = (number) => (number === null ? "" : String(Number(number.toFixed(digits))));
  const slider = make("input", { type: "range", id: `${id}-slider`, min: least, max: most, step, "aria-label": label });
  const field = make("input", { type: "number", id, name, step: "any", min: 0, "aria-label": `${label}, ${unit}`, "data-key": key });
  const tell = (number) => {
    slider.setAttribute("aria-valuetext", said(number));
  };
  const draw = (number) => { slider.value = number === null ? least : place(number); field.value = show(number); tell(number); };
  slider.addEventListener("input", () => {
    const number = Number(slider.value) <= least && read(least) === null ? null : read(Number(slider.value));
    field.value = show(number);
    tell(number);
    set(number === null ? null : Number(show(number)));
  });
  field.addEventListener("input", () => {
    const number = field.value === "" ? null : field.valueAsNumber;
    if (Number.isNaN(number)) { return; }
    slider.value = number === null ? least : place(number);
    tell(number);
    set(number);
  });
  draw(value);
  const row = make("div", { class: "slide field" }, make("span", { class: "name", "aria-hidden": "true" }, label), slider, field, make("span", { class: "unit", "aria-hidden": "true" }, unit));
  return { row, draw };
}

function targetFields(box, { asked, offers, changed }) {
  const { problem } = asked();
  const own = () => {
    let found = targetsOf(asked().problem);
    if (!found) { found = { yield: {} }; asked().problem.constraints = [found, ...(asked().problem.constraints || [])]; }
    return found;
  };
  const now = targetsOf(problem), given = now ? now.yield : {};
  const percent = (share) => (share === undefined ? null : 100 * share);
  const keys = (name) => `constraints.0.${name} constraints[0].${name}`;
  const sure = make("select", { id: "confidence", "data-key": keys("confidence") },
    make("option", { value: "" }, "none: expected yields count"), ...[50, 60, 70, 80, 90, 95].map((n) => make("option", { value: n / 100 }, `${n} %`)));
  const together = make("input", { type: "checkbox", id: "joint", "data-key": keys("joint") });
  const tidy = () => {
    const found = own();
    const some = Object.keys(found.yield).length > 0;
    sure.disabled = !some;
    delete found.confidence;
    delete found.joint;
    if (some && sure.value) { found.confidence = Number(sure.value); if (together.checked) { found.joint = true; } }
    together.disabled = !some || !sure.value;
    if (!some) { asked().problem.constraints.shift(); }
  };
  const put = (metal, number) => {
    const found = own();
    if (number === null || number === 0) { delete found.yield[metal]; } else { found.yield[metal] = Number((number / 100).toFixed(6)); }
    tidy();
  };
  const common = { unit: "%", least: 0, most: 99.5, step: 0.5, digits: 2, read: (x) => (x === 0 ? null : x) };
  const rows = offers.metals.map((metal) => sliderRow({
    ...common, id: `target-${metal}`, name: `target-${metal}`, label: `${metal} yield`, key: keys(`yield.${metal}`), value: percent(given[metal]),
    said: (n) => (n === null ? `no target for ${metal}` : `${n} % of ${metal}`), set: (n) => { put(metal, n); changed(); }
  }));
  const values = offers.metals.map((metal) => given[metal]), same = values.length && values.every((v) => v === values[0]) ? percent(values[0]) : null;
  const all = sliderRow({
    ...common, id: "target-all", name: "target-all", label: "all at once", key: keys("yield"), value: same,
    said: (n) => (n === null ? "no common target" : `${n} % of every metal`),
    set: (n) => { offers.metals.forEach((metal, i) => { put(metal, n); rows[i].draw(n); }); changed(); }
  });
  if (now && now.confidence) {
    if (![...sure.options].some((one) => Number(one.value) === now.confidence)) { sure.append(make("option", { value: now.confidence }, `${100 * now.confidence} %`)); }
    sure.value = now.confidence;
    together.checked = Boolean(now.joint);
  }
  sure.disabled = !now;
  together.disabled = !now || !now.confidence;
  for (const field of [sure, together]) { field.addEventListener("change", () => { tidy(); changed(); }); }
  box.append(...(rows.length > 1 ? [all.row] : []), ...rows.map((one) => one.row),
    make("p", { class: "field" }, make("label", {}, "Confidence ", sure)), make("label", { class: "check" }, together, make("span", {}, "all hold at once")));
}

function aimFields(box, { asked, offers, known, changed }) {
  const { problem } = asked(), now = metricOf(problem.objectives[0]), process = problem.process || {};
  const metric = make("select", { id: "objective", "data-key": "objectives.0 objectives[0] objectives --minimise --maximise" },
    ...offers.objectives.map((one) => make("option", { value: one.name, selected: one.name === now.metric }, `${one.better === "lower" ? "minimise" : "maximise"} ${one.label}`)));
  const safe = make("input", { type: "checkbox", id: "quantile", checked: now.quantile !== "" });
  const set = () => {
    const offer = offers.objectives.find((one) => one.name === metric.value);
    const before = offer.name === now.metric ? now.quantile : ""; // another metric's may be its better side
    aim(asked().problem, offer, safe.checked ? before || (offer.better === "lower" ? "p90" : "p10") : "");
    changed();
  };
  for (const field of [metric, safe]) { field.addEventListener("change", set); }
  box.append(make("p", { class: "field" }, make("label", {}, "Objective ", metric)),
    make("label", { class: "check" }, safe, make("span", {}, "its value at 90 % certainty, instead of the expected one")));
  if (offers.cathode) {
    const plant = make("input", { type: "checkbox", id: "scope", checked: process.scope === "plant", "data-key": "process.scope scope" });
    const rate = make("input", { type: "number", id: "throughput", min: 0, step: "any", value: process.throughput ?? "", "data-key": "process.throughput throughput", disabled: !plant.checked });
    const scope = () => {
      const numbers = { ...asked().problem.process };
      delete numbers.scope;
      delete numbers.throughput;
      if (plant.checked) { numbers.scope = "plant"; if (rate.value === "") { rate.value = 10; } numbers.throughput = rate.valueAsNumber; }
      rate.disabled = !plant.checked;
      if (Object.keys(numbers).length) { asked().problem.process = numbers; } else { delete asked().problem.process; }
      changed("scope");
    };
    for (const field of [plant, rate]) { field.addEventListener("change", scope); }
    box.append(make("label", { class: "check" }, plant, make("span", {}, "with the plant around the leach")),
      make("p", { class: "field" }, make("label", {}, "Throughput ", rate, " t/day of feed")));
  }
  const models = [...new Set([problem.surrogate || known.models[0], ...known.models])];
  const model = make("select", { id: "model", "data-key": "surrogate" }, ...models.map((name) => make("option", { selected: name === problem.surrogate }, name)));
  model.addEventListener("change", () => { asked().problem.surrogate = model.value; changed("model"); });
  box.append(make("p", { class: "field" }, make("label", {}, "Yield model ", model)));
}

// Prices or factors: a fifth to five times what they are.
const leverFields = (kind) => (box, { asked, offers, changed }) => {
  const what = kind === "prices" ? "price" : "climate change", given = asked()[kind];
  const rows = offers[kind].map((one) => {
    const base = one.value, digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(base) || 1)));
    return [one, sliderRow({
      id: `${kind}-${one.name}`, name: one.name, label: one.label, key: `${kind}.${one.name} ${what.replace(" ", "_")}.${one.name}`, unit: one.unit.replace("CO2", "CO₂"),
      least: -1, most: 1, step: 0.02, digits, value: given[one.name] ?? base,
      read: (x) => base * 5 ** x, place: (x) => (base > 0 && x > 0 ? Math.log(x / base) / Math.log(5) : 0),
      said: (n) => `${n === null ? "as it is" : Number(n.toPrecision(3))} ${one.unit}, ${n === null || base <= 0 ? 1 : Number((n / base).toPrecision(2))} times`,
      set: (n) => {
        if (n === null || Math.abs(n - base) < 10 ** -digits / 2) { delete asked()[kind][one.name]; } else { asked()[kind][one.name] = n; }
        changed();
      }
    })];
  });
  const reset = make("button", { type: "button", class: "quiet", onclick: () => {
    asked()[kind] = {};
    rows.forEach(([one, made]) => made.draw(one.value));
    changed();
  } }, kind === "prices" ? "Reset the prices" : "Reset the factors");
  const own = make("select", { id: `own-${kind}`, "data-key": `tables.${kind === "prices" ? "prices" : "impacts"}` }, make("option", { value: "" }, "as they are"));
  const chosen = make("p", { class: "field", hidden: true }, make("label", {}, kind === "prices" ? "Own table of prices " : "Own table of impacts ", own));
  const table = kind === "prices" ? "prices" : "impacts";
  api("/tables/own").then((found) => {
    own.append(...found[table].map((one) => make("option", { value: one.name }, one.name)));
    chosen.hidden = found[table].length === 0;
  }, () => {});
  own.addEventListener("change", async () => {
    if (own.value === "") { reset.click(); return; }
    try {
      const told = await api(`/ask/own?kind=${table}&table=${encodeURIComponent(own.value)}`, { method: "POST", json: asked() });
      asked()[kind] = told.values;
      rows.forEach(([one, made]) => made.draw(told.values[one.name] ?? one.value));
      changed();
    } catch (error) { showError(box, error); }
  });
  box.append(chosen);
  box.append(make("div", { "data-key": kind }, ...rows.map(([, made]) => made.row)), rows.length ? reset : make("p", { class: "empty" }, "Nothing is known of it."));
};
