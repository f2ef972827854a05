// The screen "Own results": site models, what they learned, and what to measure next.
import { api, clearErrors, dropZone, empty, errorBlock, follow, make, once, over, Refused, sameElsewhere, showError, showReport } from "./app.js";
import { grid } from "./grid.js";
import { field, only } from "./screen.js";
import { suggestions } from "./suggestions.js";

const $ = (id) => document.getElementById(id);
const form = $("form");
let upload = null;
let asking = null;
let known = [];
let open = null; // the name of the site model that is shown
const rows = grid($("grid"), { changed: look, label: "results" });

function counted(count, what) { return `${count} ${what}${count === 1 ? "" : "s"}`; }
function when(iso) { return iso.slice(0, 16).replace("T", " ") + " UTC"; }

async function list() {
  known = (await api("/results/models")).models;
  const chosen = $("to").value, model = $("surrogate").value;
  only($("to"), [["", "make a new site model"], ...known.map((one) => [one.name, `are added to ${one.name}`])]);
  if (known.some((one) => one.name === chosen)) { $("to").value = chosen; }
  for (const one of known) {
    if (!Array.from($("surrogate").options).some((option) => option.value === one.name)) { $("surrogate").append(make("option", {}, one.name)); }
  }
  $("surrogate").value = model;
  if (!known.length) {
    $("models").replaceChildren(make("p", { class: "empty" }, "None yet. Drop results below, and the first one is made of them."));
    return;
  }
  $("models").replaceChildren(make("div", { class: "table-box" }, make("table", {},
    make("thead", {}, make("tr", {}, ...["name", "results", "experiments", "learned on", "changed"].map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, ...known.map((one) => make("tr", { class: one.name === open ? "knee" : false },
      make("td", {}, make("a", { href: `/results?model=${encodeURIComponent(one.name)}`, "aria-current": one.name === open ? "true" : false }, one.name)),
      ...(one.wrong ? [make("td", { colspan: 3 }, one.wrong)] : [one.results, one.experiments, one.base].map((text) => make("td", {}, String(text)))),
      make("td", {}, when(one.changed))))))));
}

/** Show a site model: its results with their numbers, and the cards of what it has learned. */
async function show(name, job) {
  open = name;
  const box = $("one-error");
  box.replaceChildren();
  try {
    await list();
    const told = await api(`/results/models/${encodeURIComponent(name)}`);
    $("one").hidden = false;
    $("one-title").textContent = name;
    $("one-about").textContent = `${counted(told.results, "result")} of ${counted(told.experiments, "experiment")}, learned on ${told.base}, changed ${when(told.changed)}. In problems it is surrogate: ${name}.`;
    former = told.former;
    const lines = told.rows.map((cells, k) => make("tr", {},
      make("td", {}, make("label", { class: "check" }, make("input", { type: "checkbox", value: k + 1, class: "one-row" }), String(k + 1))),
      ...cells.map((text) => make("td", {}, text))));
    $("stored-rows").replaceChildren(make("div", { class: "table-box tall" }, make("table", { class: "stored" },
      make("thead", {}, make("tr", {}, ...["number", ...told.header].map((title) => make("th", { scope: "col" }, title)))), make("tbody", {}, ...lines))));
    arm();
    const lesson = job && job.report ? job : await api("/results/lessons", { method: "POST", json: { name } });
    watch(lesson.id, true);
  } catch (error) { $("one").hidden = false; $("one-title").textContent = name; box.replaceChildren(errorBlock(error.told)); }
}

/** Follow a job: one that only tells what was learned, or one that changes a site model, which is then shown anew. */
function watch(id, tells = false) {
  history.replaceState(null, "", `/results?${new URLSearchParams(open ? { model: open, job: id } : { job: id })}`);
  follow($("progress"), id, { ended: async (job) => {
    if (!tells) { changing = false; arm(); }
    sameElsewhere($("one-elsewhere"), job.command);
    if (job.error) { if (!form.hidden) { showError(form, new Refused(job.error)); } return; }
    if (job.state !== "done") { return; }
    if (tells) { $("progress").replaceChildren(); await showReport($("cards"), id); return; }
    if (job.about.kind === "learn" && upload === job.about.upload) { form.hidden = true; upload = null; dropping(); }
    empty($("cards"));
    await show(job.about.model, job);
    $("one").scrollIntoView({ block: "start" });
  } });
}

// Numbers of results are those of the site model that is shown: it is changed once, then shown anew.
let changing = false, former = false;
async function change(what, json) {
  changing = true;
  arm();
  try {
    $("one-error").replaceChildren();
    watch((await api(`/results/${what}`, { method: "POST", json })).id);
  } catch (error) {
    changing = false;
    arm();
    $("one-error").replaceChildren(errorBlock(error.told));
  }
}
function arm() {
  const count = $("stored-rows").querySelectorAll(":checked").length;
  $("undo").disabled = changing || !former;
  $("forget").disabled = changing || count === 0;
  $("forget").textContent = count ? `Forget ${counted(count, "chosen result")}` : "Forget the chosen results";
}
$("stored-rows").addEventListener("change", arm);
$("forget").addEventListener("click", () => change("forget", { name: open, rows: Array.from($("stored-rows").querySelectorAll(":checked"), (one) => Number(one.value)) }));
$("undo").addEventListener("click", () => change("undo", { name: open }));
$("add").addEventListener("click", () => {
  $("to").value = open;
  arrange();
  $("learn-card").scrollIntoView({ block: "start" });
  $("drop").querySelector("input").focus();
});

function arrange() {
  $("name-field").hidden = $("to").value !== "";
  $("base-field").hidden = $("to").value !== "";
  $("learn").textContent = $("to").value ? `Add to ${$("to").value}` : "Learn";
}

function asked() {
  return {
    upload, edits: rows.edits(), sheet: $("sheet").value, feed: $("feed").value, problem: $("learn-problem").value,
    add: $("to").value !== "", name: $("to").value || $("name").value.trim(), base: $("to").value ? "" : $("base").value
  };
}

async function look() {
  arrange();
  if (upload === null) { return; }
  if (asking) { asking.abort(); }
  asking = new AbortController();
  try {
    const told = await api("/results/table", { method: "POST", json: asked(), signal: asking.signal });
    clearErrors(form);
    form.hidden = false;
    only($("sheet"), told.sheets.length > 1 ? [["", "the usual one"], ...told.sheets.map((name) => [name, name])] : []);
    $("sheet-field").hidden = told.sheets.length < 2;
    $("learn").disabled = told.problem !== null || told.problems.length > 0;
    const wrong = told.problem ? [{ row: null, column: null, ...told.problem }] : told.problems;
    const ofField = wrong.find((one) => one.row === null && one.key.length && field(form, one.key.join(".")));
    if (ofField) { showError(form, new Refused(ofField)); }
    rows.show({ ...told, problems: wrong.filter((one) => one !== ofField), lacking: Boolean(ofField) });
    sameElsewhere($("elsewhere"), told.command);
  } catch (error) {
    if (error.name === "AbortError") { return; }
    $("learn").disabled = true;
    if (form.hidden) { showError($("drop"), error); return; }
    const focused = document.activeElement;
    showError(form, error);
    if (focused && focused !== document.body) { focused.focus(); } // the user is typing
  }
}

form.addEventListener("submit", once(async () => {
  try {
    clearErrors(form);
    const job = await api("/results/learn", { method: "POST", json: asked() });
    watch(job.id);
    $("progress").scrollIntoView({ block: "nearest" });
  } catch (error) { showError(form, error); }
}));
let pause = 0;
form.addEventListener("input", (event) => { if (!event.target.closest("#grid")) { clearTimeout(pause); pause = setTimeout(look, 200); } });

function dropping() {
  dropZone($("drop"), { label: "Drop your results here, or choose a file", taken: (kept) => {
    upload = kept.upload;
    rows.edits([]);
    only($("sheet"), []);
    $("learn").disabled = true;
    return look();
  } });
}

async function start() {
  dropping();
  const query = new URLSearchParams(location.search);
  await list();
  let job = null;
  if (query.get("job")) {
    try { job = await api(`/jobs/${query.get("job")}`); } catch (error) { $("models").append(errorBlock(error.told)); }
  }
  if (job && job.about.kind === "suggest") { next.again(job); return; }
  if (job && (!over(job) || !query.get("model"))) { open = query.get("model"); watch(job.id); return; }
  if (query.get("model")) { await show(query.get("model"), job && job.about.model === query.get("model") ? job : null); }
}
const next = suggestions();
start().catch((error) => $("models").replaceChildren(errorBlock(error.told || { what: String(error) })));
