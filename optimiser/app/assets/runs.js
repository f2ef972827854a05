// Runs: what was computed here, and what can be started, changed, compared.
import { STATES, api, askFirst, cancelJob, empty, fileLinks, follow, make, onJob, once, over, pager, sameElsewhere, showReport, tableOf, turn } from "./app.js";
import { begin, open as openEditor, told } from "./editor.js";

const by = (id) => document.getElementById(id);
const say = (seconds) => seconds < 60 ? `${Math.round(seconds)} s` : seconds < 3600 ? `${Math.round(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
const bytes = (size) => size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
const when = (time) => new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
const long = (job) => job.began ? say((new Date(job.ended || Date.now()) - new Date(job.began)) / 1000) : "–";

// One job, opened.
let opened = null;

async function show(id) {
  opened = id;
  history.replaceState(null, "", `/runs?job=${id}`);
  ["opened-state", "opened-report", "opened-actions", "opened-more"].forEach((part) => empty(by(part)));
  by("opened").hidden = false;
  by("opened-title").textContent = `Job ${id}`;
  ["opened-about", "opened-command"].forEach((part) => by(part).replaceChildren());
  try { await draw(id); } catch (error) { if (opened === id) { told(by("opened-state"), error); } return; }
  if (opened !== id) { return; }
  follow(by("opened-state"), id, { ended: (job) => ended(job).catch((error) => told(by("opened-more"), error)) });
  by("opened").scrollIntoView({ block: "start" });
  by("opened-title").focus({ preventScroll: true });
}

async function draw(id) {
  const job = await api(`/runs/list/${id}`);
  if (opened !== id) { return; }
  by("opened-title").textContent = job.title;
  by("opened-about").textContent = `Job ${job.id}, screen ${job.screen}, made ${when(job.made)}${job.about.of ? `, from job ${job.about.of} with a change` : ""}`;
  by("opened-actions").replaceChildren(
    ...(job.search ? [make("a", { class: "button", href: `/front?job=${id}` }, "Open on Front")] : []),
    ...(job.screen !== "runs" ? [make("a", { class: "button quiet", href: `/${job.screen}?job=${id}` }, `Open on its screen`)] : []),
    ...(job.again ? [make("button", { type: "button", class: "quiet", onclick: () => again(job) }, "Change and run again")] : []),
    ...(over(job) ? [make("button", { type: "button", class: "quiet", onclick: () => remove(job) }, "Remove")] : []),
    make("button", { type: "button", class: "quiet", onclick: shut }, "Close"));
  const files = job.again ? (await api(`/runs/question?job=${id}`)).files : {};
  if (opened === id) { sameElsewhere(by("opened-command"), job.command, files); }
}

async function ended(job) {
  if (opened !== job.id) { return; }
  await draw(job.id);
  if (opened !== job.id) { return; }
  const said = [["What it printed", job.printed.out], ["Its notes", job.printed.err]].filter((one) => one[1] && one[1].trim());
  by("opened-more").replaceChildren(
    ...(job.files.length ? [make("details", {}, make("summary", {}, `Files: ${job.files.length}`), fileLinks(job))] : []),
    ...said.map(([title, text]) => make("details", { open: !job.report && !job.about.sweep }, make("summary", {}, title), make("pre", { tabindex: "0", "aria-label": title }, text))));
  if (job.report) { await showReport(by("opened-report"), job.id); }
  else if (job.about.sweep && (job.state === "done" || job.state === "infeasible")) { await sweepReport(job.about.sweep); }
}

function sweepReport(name) {
  const place = `/runs/store/sweeps/${encodeURIComponent(name)}`;
  return showReport(by("opened-report"), name, { address: `${place}/report`, files: `${place}/files` });
}

function again(job) {
  openEditor({ job: job.id }, `${job.title}, with a change`).catch((error) => told(by("opened-more"), error));
}

async function remove(job) {
  if (!await askFirst(`Remove job ${job.id}, "${job.title}", with all its files?`, "Remove")) { return; }
  try { await api(`/jobs/${job.id}`, { method: "DELETE" }); } catch (error) { told(by("history-error"), error); return; }
  if (opened === job.id) { shut(); }
  chosen.delete(job.id);
  list();
}

function shut() {
  opened = null;
  by("opened").hidden = true;
  ["opened-state", "opened-report"].forEach((part) => empty(by(part)));
  history.replaceState(null, "", "/runs");
  by("history-title").scrollIntoView({ block: "nearest" });
}

// The history.
const chosen = new Map();
let page = 1;

function mark() {
  by("compare").disabled = chosen.size !== 2;
  by("compare-about").textContent = chosen.size === 2 ? Array.from(chosen.values()).join(" beside ") : "Choose two searches that have ended.";
}

function choice(job) {
  if (!job.search) { return ""; }
  const box = make("input", { type: "checkbox", "aria-label": `Compare job ${job.id}, ${job.title}`, onchange: () => {
    if (box.checked) { chosen.set(job.id, job.title); } else { chosen.delete(job.id); }
    mark();
  } });
  box.checked = chosen.has(job.id);
  return box;
}

function rowOf(job) {
  const end = over(job)
    ? make("button", { type: "button", class: "quiet", "aria-label": `Remove job ${job.id}`, onclick: () => remove(job) }, "Remove")
    : make("button", { type: "button", class: "quiet", "aria-label": `Cancel job ${job.id}`, onclick: () => cancelJob(job.id).catch((error) => told(by("history-error"), error)) }, "Cancel");
  return [
    choice(job), job.id,
    make("a", { href: `/runs?job=${job.id}`, onclick: (event) => { event.preventDefault(); show(job.id); } }, job.title || "untitled"),
    job.screen, make("span", { class: `mark ${job.state}` }, STATES[job.state] || job.state), when(job.made), long(job), bytes(job.size), end
  ];
}

const COLUMNS = [["Compare"], ["Job"], ["What"], ["Screen"], ["State"], ["Made"], ["Took", true], ["Size", true], [""]].map(([label, numeric]) => ({ label, numeric }));

async function list() {
  const mine = turn(list);
  const asked = new URLSearchParams({ words: by("words").value, screen: by("of-screen").value, state: by("of-state").value, page });
  let found;
  try { found = await api(`/runs/list?${asked}`); } catch (error) { if (mine()) { told(by("history"), error); } return; }
  if (!mine()) { return; }
  page = found.page;
  const screen = by("of-screen").value;
  by("of-screen").replaceChildren(make("option", { value: "" }, "all"), ...found.screens.map((name) => make("option", { value: name }, name)));
  by("of-screen").value = screen;
  by("history-count").textContent = found.all ? `${found.found} of ${found.all} jobs` : "";
  by("history").replaceChildren(...(found.rows.length
    ? [tableOf("History", COLUMNS, found.rows.map(rowOf)), pager(found.page, found.pages, (to) => { page = to; list(); })]
    : [make("p", { class: "empty" }, found.all ? "No job fits. Ask for less." : "Nothing was computed here yet. Start a run above, or ask a question on another screen.")]));
  mark();
}

let soon = 0, someEnded = false;
const states = new Map();
onJob((job) => {
  if (states.get(job.id) === job.state) { return; }
  states.set(job.id, job.state);
  clearTimeout(soon);
  someEnded ||= over(job);
  soon = setTimeout(() => {
    list();
    if (someEnded) { someEnded = false; store(); }
  }, 150);
});
for (const [value, text] of Object.entries(STATES)) { by("of-state").append(make("option", { value }, text)); }
by("find").addEventListener("submit", (event) => event.preventDefault());
by("find").addEventListener("input", () => { page = 1; list(); });
by("compare").addEventListener("click", once(async () => {
  const [one, other] = Array.from(chosen.keys()).sort();
  try {
    const job = await api("/runs/compare", { method: "POST", json: { one, other } });
    by("history-error").replaceChildren();
    chosen.clear();
    show(job.id);
  } catch (error) { told(by("history-error"), error); }
}));

// The store of sweeps.
const pair = new Set();
let storePage = 1;

async function store() {
  let found;
  const mine = turn(store);
  const asked = new URLSearchParams({ sweep: by("store-sweep").value, status: by("store-status").value, page: storePage });
  try { found = await api(`/runs/store?${asked}`); } catch (error) { if (mine()) { told(by("store"), error); } return; }
  if (!mine()) { return; }
  storePage = found.page;
  const sweep = by("store-sweep").value;
  by("store-sweep").replaceChildren(make("option", { value: "" }, "all"), ...found.sweeps.map((one) => make("option", { value: one.name, "data-report": one.report }, one.name)));
  by("store-sweep").value = found.sweeps.some((one) => one.name === sweep) ? sweep : "";
  by("store-open").disabled = !found.sweeps.some((one) => one.name === sweep && one.report);
  by("store-count").textContent = found.counts;
  const columns = [{ label: "Compare" }, ...found.columns];
  const at = found.columns.findIndex((column) => column.label === "key");
  by("store").replaceChildren(...(found.rows.length ? [tableOf("Runs of sweeps", columns, found.rows.map((row, j) => {
    const key = found.keys[j];
    const box = make("input", { type: "checkbox", "aria-label": `Compare run ${key.slice(0, 8)}`, onchange: () => {
      if (box.checked) { pair.add(key); } else { pair.delete(key); }
      by("store-compare").disabled = pair.size !== 2;
    } });
    box.checked = pair.has(key);
    box.disabled = found.statuses[j] === "missing";
    return [box, ...row.map((cell, k) => k === at && !box.disabled ? make("button", { type: "button", class: "link", onclick: () => storedRun(key) }, cell) : cell)];
  })), pager(found.page, found.pages, (to) => { storePage = to; store(); })]
    : [make("p", { class: "empty" }, found.sweeps.length ? "No run fits." : "No sweep was made here yet. Choose one under “Start a run or a sweep”.")]));
}

function storeTold(title, ...parts) {
  by("store-one").replaceChildren(make("h3", { tabindex: "-1" }, title), ...parts);
  by("store-one").firstChild.focus();
}

async function storedRun(key) {
  const mine = turn(by("store-one"));
  try {
    const { run, front, designs } = await api(`/runs/store/runs/${key}`);
    if (!mine()) { return; }
    storeTold(`Run ${run.key.slice(0, 12)}: ${run.status}`,
      make("p", {}, `${say(run.seconds)}, version ${run.version}, written ${run.written}. ${run.reason || ""}`),
      tableOf("What the sweep set", [{ label: "key" }, { label: "value" }], Object.entries({ base: run.base, ...run.inputs }).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])),
      ...(designs ? [make("p", { class: "caption" }, `Front: ${designs} designs${front.rows.length < designs ? `, the first ${front.rows.length}` : ""}`), tableOf("Front", front.columns, front.rows)] : []),
      ...(run.question ? [make("details", {}, make("summary", {}, "The whole question"), make("pre", { tabindex: "0", "aria-label": "question" }, run.question))] : []));
  } catch (error) { told(by("store-one"), error); }
}

by("store-compare").addEventListener("click", async () => {
  const [one, other] = Array.from(pair), mine = turn(by("store-one"));
  try {
    const { differences } = await api(`/runs/store/compare?${new URLSearchParams({ one, other })}`);
    if (!mine()) { return; }
    storeTold(`Run ${one.slice(0, 12)} beside ${other.slice(0, 12)}`, differences.length
      ? tableOf("Differences", ["", "", one.slice(0, 8), other.slice(0, 8)].map((label) => ({ label })), differences.map((d) => [d.part, d.name, d.one, d.other]))
      : make("p", {}, "They are the same."));
  } catch (error) { told(by("store-one"), error); }
});
function showSweep(name) {
  shut();
  history.replaceState(null, "", `/runs?sweep=${encodeURIComponent(name)}`);
  by("opened").hidden = false;
  by("opened-title").textContent = `Sweep ${name}`;
  by("opened-about").textContent = "Its report, as it was written when the sweep was last made.";
  by("opened-actions").replaceChildren(make("button", { type: "button", class: "quiet", onclick: shut }, "Close"));
  ["opened-state", "opened-more", "opened-command"].forEach((id) => by(id).replaceChildren());
  sweepReport(name);
  by("opened").scrollIntoView({ block: "start" });
  by("opened-title").focus({ preventScroll: true });
}
by("store-open").addEventListener("click", () => showSweep(by("store-sweep").value));
by("store-find").addEventListener("submit", (event) => event.preventDefault());
by("store-find").addEventListener("change", () => { storePage = 1; store(); });

begin((job) => show(job.id));
list();
store();
const address = new URLSearchParams(location.search);
if (address.get("job")) { show(address.get("job")); }
if (address.get("sweep")) { showSweep(address.get("sweep")); }
if (address.get("upload")) { openEditor({ upload: address.get("upload") }, "A question").catch((error) => told(by("history-error"), error)); }
