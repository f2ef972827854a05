// What the screen Ask shows of an answer: words, figures of merit, yields, prices of yield and certainty, acids.
import { drawFigures, make } from "./app.js";

const part = (id) => document.getElementById(id);
const percent = (share) => `${(100 * share).toFixed(share < 0.0995 && share > 0 ? 1 : 0)} %`;

function tile({ label, value, unit, detail }) {
  return make("div", { class: "tile" }, make("dt", {}, label),
    make("dd", {}, make("strong", {}, value), " ", make("span", { class: "unit" }, unit), detail ? make("span", { class: "detail" }, detail) : null));
}

// A yield as a bar with its 90 % interval and its target.
function yieldRow(one) {
  const between = one.assumed ? "assumed" : one.low === null ? "" : `${Math.round(100 * one.low)} to ${Math.round(100 * one.high)} %`;
  const bar = make("span", { class: "bar-of", "aria-hidden": "true" },
    one.assumed || one.low === null ? null : make("span", { class: "between", style: `left:${100 * one.low}%;width:${100 * (one.high - one.low)}%` }),
    make("span", { class: "mean", style: `left:${100 * one.mean}%` }),
    one.target ? make("span", { class: "target", style: `left:${100 * one.target}%` }) : null);
  return make("tr", {}, make("th", { scope: "row" }, one.metal), make("td", { class: "number" }, percent(one.mean)),
    make("td", { class: "number" }, between), make("td", {}, bar), make("td", { class: "number" }, one.target ? percent(one.target) : "none"));
}

/** Show an answer that has just come. */
export function showAnswer(told) {
  const [lead, ...rest] = told.headline;
  const before = part("told").querySelector(".tiles");
  // intervals are told a little later; until then there is room for them
  const tiles = make("dl", { class: "tiles", id: "tiles" }, ...told.tiles.map((one) => tile({ ...one, detail: one.detail || (before ? "\u00a0" : "") })));
  const chance = told.chance === null ? [] : [{ label: "all targets hold", value: percent(told.chance), unit: "probability", detail: "" }];
  part("told").replaceChildren(
    make("p", { class: "lead" }, lead), ...rest.map((line) => make("p", { class: "finding" }, line)),
    make("div", { id: "why" }),
    ...(told.feasible ? [tiles, setpoints(told, chance), yields(told)] : []),
    make("div", { id: "warnings" }));
  if (!told.feasible) { part("why").append(make("p", { class: "caption" }, "What would have to give is worked out …")); }
  const short = part("short");
  short.hidden = false;
  short.firstElementChild.textContent = told.feasible ? `${told.said} · ${told.acid}` : "nothing is feasible";
  const costs = part("more-costs");
  costs.hidden = Object.keys(told.figures).length === 0;
  const open = part("sentences").querySelector("details")?.open;
  part("sentences").replaceChildren(make("details", { open }, make("summary", {}, "In words"), ...told.sentences.slice(0, 2).map((line) => make("p", { class: "finding" }, line))));
  acids(told);
  // the words are there at once; figures follow, and only those of the latest answer
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(() => setTimeout(() => {
    if (latest !== told) { return; }
    drawFigures(part("figures"), FIGURES.filter((one) => told.figures[one.name]).map((one) => ({ ...one, ...told.figures[one.name] })));
    performance.mark("ask:figures");
  }));
  latest = told;
}
let drawing = 0, latest = null;
const FIGURES = [
  { name: "price-of-yield", title: "Price of yield", about: "The best known value at each target; each mark is a design of its own." },
  { name: "price-of-certainty", title: "Price of certainty", about: "The best known value at each confidence; each mark is a design of its own." }
];

function setpoints(told, chance) {
  return make("dl", { class: "tiles set", "aria-label": "Setpoints" },
    ...chance.map(tile), tile({ label: "acid", value: told.acid, unit: "" }), ...told.setpoints.map(tile));
}
function yields(told) {
  return make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Yields" },
    make("table", { class: "yields" },
      make("thead", {}, make("tr", {}, ...["metal", "yield", "90 % interval", "", "target"].map((text) => make("th", { scope: "col" }, text || make("span", { class: "hidden" }, "drawn"))))),
      make("tbody", {}, ...told.yields.map(yieldRow))));
}
function acids(told) {
  const found = told.acids, most = Math.max(...found.map((one) => one.share ?? 0), 0.01);
  part("against").hidden = found.length < 2;
  part("acids").replaceChildren(
    make("p", { class: "finding" }, told.sentences.at(-1) || ""),
    make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Acids against each other" },
      make("table", { class: "yields" },
        make("thead", {}, make("tr", {}, ...["acid", told.objective, "premium [%]", "", "experiments nearby", "verdict"].map((text) => make("th", { scope: "col" }, text || make("span", { class: "hidden" }, "drawn"))))),
        make("tbody", {}, ...found.map((one) => make("tr", { class: one.acid === told.acid && told.feasible ? "best" : "" },
          make("th", { scope: "row" }, one.acid), make("td", { class: "number" }, one.value), make("td", { class: "number" }, one.premium),
          make("td", {}, one.share === null ? null : make("span", { class: "bar-of", "aria-hidden": "true" }, make("span", { class: "between", style: `left:0;width:${Math.max(1, 100 * one.share / most)}%` }))),
          make("td", { class: "number" }, one.experiments), make("td", {}, one.verdict)))))));
}

/** Show an answer with what took longer: intervals, warnings, or what would have to give. */
export function showMore(told) {
  showAnswer(told);
  part("why").replaceChildren(...(told.why.length ? [make("h3", {}, "What stands in the way"), make("ul", { class: "words" }, ...told.why.map((line) => make("li", {}, line)))] : []));
  part("warnings").replaceChildren(make("ul", { class: "warnings", "aria-label": "Before you act on it" }, ...told.warnings.map((line) => make("li", {}, line))));
}
