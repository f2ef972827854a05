// Tables: acids, prices and impact factors; edited with checks at once, and kept as own ones.
import { Refused, api, askFirst, clearErrors, dropZone, errorBlock, make, once, sameElsewhere, showError } from "./app.js";
import { grid } from "./grid.js";
import { only, plainTable } from "./screen.js";

const by = (id) => document.getElementById(id);
const NAMES = { acids: "Acids", prices: "Prices", impacts: "Impact factors" };
const form = by("keep");
let source = {};   // { own } or { upload }; the shipped table where neither
let fresh = 0;     // rows that were added
let asking = null;
let yaml = false;
let owned = [];    // own tables of the chosen kind
let numbers = { header: [], rows: [] };
const cells = grid(by("grid"), { changed: (edits) => { if (!edits.length) { fresh = 0; } look(); }, label: "table" });
const kind = () => document.querySelector('input[name="kind"]:checked').value;
const told = () => ({ ...source, kind: kind(), sheet: by("sheet").value, edits: cells.edits(), new: fresh });

async function look() {
  if (asking) { asking.abort(); }
  asking = new AbortController();
  const here = asking;
  clearErrors(form);
  try {
    const found = await api("/tables/look", { method: "POST", json: told(), signal: here.signal });
    yaml = found.yaml !== null;
    by("grid").hidden = yaml;
    by("yaml").hidden = !yaml;
    by("more").hidden = yaml;
    by("yaml").textContent = found.yaml || "";
    if (yaml) { by("save").disabled = false; return; }
    only(by("sheet"), found.sheets.length > 1 ? [["", "choose one"], ...found.sheets.map((name) => [name, name])] : []);
    by("sheet-field").hidden = found.sheets.length < 2;
    by("save").disabled = found.problem !== null || found.problems.length > 0;
    cells.show(found.problem ? { ...found, problems: [{ row: null, column: null, ...found.problem }] } : found);
  } catch (error) {
    if (error.name === "AbortError") { return; }
    by("save").disabled = true;
    showError(form, error);
  }
}

function open(what, title) {
  source = what;
  fresh = 0;
  cells.edits([]);
  ["grid", "yaml", "more"].forEach((part) => { by(part).hidden = true; }); // until it is read
  by("save").disabled = true;
  only(by("sheet"), []);
  by("kept").textContent = "The table is read …";
  by("edit-title").textContent = title;
  by("name").value = what.own || "";
  const path = what.own && owned.find((table) => table.name === what.own).path;
  sameElsewhere(by("elsewhere"), ["optimiser tables export my-tables", ...(path ? [`optimiser run nmc111 --${kind()}=${path}`] : [])].join("\n"),
    path ? { "in a sweep": `set:\n  tables.${kind()}: ${path}\n` } : {});
  return look().finally(() => { by("kept").textContent = ""; });
}

async function list(chosen) {
  const now = kind(), own = (await api("/tables/own"))[now];
  if (kind() !== now) { return; }
  owned = own;
  by("table").replaceChildren(make("option", { value: "" }, "as shipped"), ...own.map((table) => make("option", { value: table.name }, table.name)));
  by("table").value = own.some((table) => table.name === chosen) ? chosen : "";
  links();
}

function links() {
  const name = by("table").value;
  by("table-links").replaceChildren(
    make("a", { class: "button quiet", download: true, href: name ? `/tables/own/${kind()}/${encodeURIComponent(name)}` : `/tables/shipped/${kind()}` }, "Download"),
    ...(name ? [make("button", { type: "button", class: "quiet", onclick: () => remove(name) }, "Remove")] : []));
}

async function remove(name) {
  if (!await askFirst(`Remove your table of ${kind()} "${name}"?`, "Remove")) { return; }
  try { await api(`/tables/own/${kind()}/${encodeURIComponent(name)}`, { method: "DELETE" }); } catch (error) { showError(by("which"), error); return; }
  await list("");
  await open({}, `${NAMES[kind()]}, as shipped`);
}

async function keep(replace) {
  const kept = await api("/tables/keep", { method: "POST", json: { ...told(), name: by("name").value, replace } });
  await list(kept.name);
  await open({ own: kept.name }, `${NAMES[kind()]}: ${kept.name}`);
  by("kept").textContent = `Kept as ${kept.path}. ${kind() === "acids" ? "Predict and Runs offer" : "Ask, Predict and Runs offer"} it.`;
}

form.addEventListener("submit", once(async () => {
  clearErrors(form);
  try { await keep(false); } catch (error) {
    if (error instanceof Refused && error.told.key && error.told.key[0] === "replace") {
      if (await askFirst(`${error.told.what} Replace it?`, "Replace")) { keep(true).catch((again) => showError(form, again)); }
    } else { showError(form, error); }
  }
}));
by("more").addEventListener("click", () => { fresh += 1; look(); });
by("sheet").addEventListener("change", look);
by("table").addEventListener("change", () => {
  links();
  const name = by("table").value;
  open(name ? { own: name } : {}, name ? `${NAMES[kind()]}: ${name}` : `${NAMES[kind()]}, as shipped`);
});
by("which").addEventListener("submit", (event) => event.preventDefault());
by("which").addEventListener("change", (event) => { if (event.target.name === "kind") { start(); } });
dropZone(by("drop"), {
  accept: ".csv,.xlsx,.xlsm,.parquet,.yaml,.yml", label: "Drop a table of the chosen kind here, or choose one",
  taken: ({ upload, name }) => {
    by("table").value = "";
    return open({ upload }, `${NAMES[kind()]}: ${name}`).then(() => { by("name").value = name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_.-]+/g, "-").replace(/^[^A-Za-z0-9]+/, ""); by("edit-title").focus(); });
  }
});

function drawNumbers() {
  const words = by("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = numbers.rows.filter((row) => words.every((word) => row.join(" ").toLowerCase().includes(word)));
  by("sources-count").textContent = `${rows.length} of ${numbers.rows.length} numbers`;
  by("sources").replaceChildren(rows.length ? plainTable(numbers.header, rows, "numbers and their sources") : make("p", { class: "empty" }, "No number fits."));
}
by("find").addEventListener("submit", (event) => event.preventDefault());
by("words").addEventListener("input", drawNumbers);

async function start() {
  const now = kind();
  history.replaceState(null, "", `/tables?kind=${now}`);
  try {
    await list("");
    if (kind() !== now) { return; }
    await open({}, `${NAMES[now]}, as shipped`);
    const found = await api(`/tables/sources/${now}`);
    if (kind() === now) { numbers = found; drawNumbers(); }
  } catch (error) {
    if (!(error instanceof Refused)) { throw error; }
    by("sources").replaceChildren(errorBlock(error.told));
  }
}

const asked = new URLSearchParams(location.search).get("kind");
if (NAMES[asked]) { document.querySelector(`input[name="kind"][value="${asked}"]`).checked = true; }
start();
