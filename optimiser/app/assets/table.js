// Any table: each column into its role, the file that says so, training, and the card of the model.
import { Refused, api, askFirst, clearErrors, dropZone, errorBlock, follow, make, once, over, sameElsewhere, showError } from "./app.js";
import { ROLES, fieldsOf, rolesOf, withRole } from "./roles.js";

const by = (id) => document.getElementById(id);
const form = by("form");
const ABOUT = ["name", "source", "description", "warning", "unit"];
let upload = null;
let said = {};        // what the system's file says, as plain data
let own = null;       // its text where the user has edited it and it is no YAML
let columns = [];
let asking = null;

function keep() {
  try { sessionStorage.setItem(`table-${upload}`, JSON.stringify(said)); } catch (error) { /* the browser keeps nothing */ }
}

async function look(text = null) {
  if (asking) { asking.abort(); }
  asking = new AbortController();
  const here = asking;
  const found = await api("/table/look", { method: "POST", json: { upload, description: said, text }, signal: here.signal }).catch((error) => { if (error.name !== "AbortError") { throw error; } return null; });
  if (found === null) { return; }
  form.hidden = false;
  columns = found.columns;
  by("table-about").textContent = `${found.table}: ${found.rows} rows, ${found.columns.length} columns`;
  own = found.description === null ? found.text : null;
  if (found.description !== null) { said = found.description; keep(); }
  if (text === null) { by("text").value = found.text; }
  by("model").value = by("model").value || found.table.replace(/\.[^.]*$/, "");
  by("text-name").textContent = `${by("model").value || "NAME"}.system.yaml`;
  draw(found.error);
  verdict(found);
}

function verdict(found) {
  const box = by("verdict");
  by("train").disabled = found.counts === null;
  if (found.error) {
    const line = /line (\d+)/.exec(found.error.where || "");
    box.replaceChildren(found.error.column ? make("p", { class: "error" }, `Column ${found.error.column}: ${found.error.what}`) : errorBlock(found.error));
    if (line && document.activeElement === by("text")) { box.firstChild.append(make("p", {}, `It is line ${line[1]} of the text.`)); }
    return;
  }
  if (found.counts === null) { box.replaceChildren(make("p", { class: "caption" }, "Still missing: a setpoint and a yield.")); return; }
  const told = found.counts;
  const named = (list, most = 6) => list.slice(0, most).join(", ") + (list.length > most ? ` and ${list.length - most} more` : "");
  box.replaceChildren(
    make("p", { class: "finding" }, `Nothing wrong: ${told.rows} rows, ${told.experiments} experiments, ${told.studies} ${told.studies === 1 ? "study" : "studies"}; feeds ${named(told.feeds)}; ${told.options.length === 1 ? "one combination" : `${told.options.length} combinations`}: ${named(told.options)}; yields of ${named(told.responses, 12)}.`),
    told.notes.length ? make("ul", { class: "words" }, ...told.notes.map((note) => make("li", {}, note))) : "");
}

function change(next) {
  said = JSON.parse(JSON.stringify(next)); // without what is undefined
  look().catch((error) => showError(form, error));
}

function draw(error) {
  const roles = rolesOf(said);
  const at = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.at : null;
  by("columns").replaceChildren(...columns.map((column, j) => {
    const role = roles.get(column.name) || { role: "", name: "" };
    const select = make("select", { "aria-label": `role of ${column.name}`, "data-at": `role-${j}`, onchange: () => change(withRole(said, column.name, select.value)) },
      ...Object.entries(ROLES).map(([value, text]) => make("option", { value }, text)));
    select.value = role.role;
    const told = column.low === null ? `${column.distinct} different` : `${column.low} to ${column.high}, ${column.distinct} different`;
    const part = make("fieldset", { "data-column": column.name, class: role.role ? "used" : "" }, make("legend", {}, column.name || `column ${j + 1}`),
      make("p", { class: "caption" }, `${column.values.join(", ")}${column.distinct > column.values.length ? " …" : ""}`),
      make("p", { class: "caption" }, `${told}${column.empty ? `, ${column.empty} empty` : ""}`),
      select, ...fieldsOf(said, column.name, role, change));
    part.querySelectorAll("input, select:not([data-at])").forEach((input, k) => { input.dataset.at = `field-${j}-${k}`; });
    if (error && error.column === column.name) {
      const block = errorBlock({ ...error, where: /row \d+/.test(error.where) ? error.where : "" });
      block.id = `wrong-${j}`;
      select.setAttribute("aria-invalid", "true");
      select.setAttribute("aria-describedby", block.id);
      part.append(block);
    }
    return part;
  }));
  const again = at && by("columns").querySelector(`[data-at="${at}"]`);
  if (again) { again.focus(); }
  for (const key of ABOUT) { if (document.activeElement !== by(`about-${key}`)) { by(`about-${key}`).value = key === "unit" && said.unit === "percent" ? "" : said[key] || ""; } }
  by("about-tolerance").value = said.tolerance === undefined ? "" : said.tolerance;
  const groups = said.groups && said.groups.experiment;
  by("about-groups").value = groups === undefined ? "" : [].concat(groups).join(", ");
}

for (const key of ABOUT) { by(`about-${key}`).addEventListener("change", (event) => change({ ...said, [key]: event.target.value.trim() || undefined })); }
by("about-tolerance").addEventListener("change", (event) => change({ ...said, tolerance: event.target.value === "" ? undefined : Number(event.target.value) }));
by("about-groups").addEventListener("change", (event) => {
  const names = event.target.value.split(",").map((name) => name.trim()).filter(Boolean);
  change({ ...said, groups: { ...said.groups, experiment: names.length ? names : undefined } });
});
by("text").addEventListener("change", () => look(by("text").value).catch((error) => showError(form, error)));
form.addEventListener("submit", (event) => event.preventDefault());

function open(key, kept = {}) {
  upload = key;
  said = kept;
  history.replaceState(null, "", `/table?upload=${key}`);
  return look();
}

dropZone(by("drop"), { accept: ".csv,.xlsx", label: "Drop your table here, or choose one", taken: ({ upload: key }) => { by("model").value = ""; shut(); return open(key); } });

// Training.
function shut() { ["training", "use", "card"].forEach((id) => { by(id).hidden = true; }); }

async function train(replace) {
  clearErrors(form);
  by("train-error").replaceChildren();
  const job = await api("/table/train", { method: "POST", json: { upload, description: said, text: by("text").value, name: by("model").value, replace } });
  watch(job.id, job);
}
by("train").addEventListener("click", once(async () => {
  try { await train(false); } catch (error) {
    if (error instanceof Refused && error.told.key && error.told.key[0] === "replace") {
      if (await askFirst(`${error.told.what} Replace it?`, "Replace")) { train(true).catch((again) => showError(form, again)); }
    } else { showError(form, error); }
  }
}));

function watch(id, job) {
  shut();
  history.replaceState(null, "", `/table?job=${id}`);
  by("training").hidden = false;
  by("training-title").textContent = `Training ${job.about.model}`;
  sameElsewhere(by("elsewhere"), job.command, { [`${job.about.model}.system.yaml`]: job.about.text });
  follow(by("progress"), id, { ended: (ended) => { if (ended.state === "done") { model(job.about.model).catch((error) => by("progress").append(errorBlock(error.told))); list(); } } });
  if (!over(job)) { by("training-title").focus(); }
}

async function model(name) {
  const found = await api(`/table/models/${encodeURIComponent(name)}`);
  const page = new DOMParser().parseFromString(`<body>${found.card}`, "text/html"); // Markdown that the server has rendered without HTML
  page.querySelectorAll("h1, h2, h3").forEach((head) => { const lower = make(`h${Number(head.tagName[1]) + 1}`, {}, ...head.childNodes); head.replaceWith(lower); });
  page.querySelectorAll("table").forEach((table) => { const box = make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "figures of the model" }); table.replaceWith(box); box.append(table); table.className = "plain"; });
  by("card").replaceChildren(...page.body.childNodes);
  by("card").hidden = false;
  by("question").textContent = found.question;
  by("use-title").textContent = `Ask ${name}`;
  by("use").hidden = false;
  by("ask").onclick = async () => {
    const kept = await api(`/uploads?name=${encodeURIComponent(`${name}.yaml`)}`, { method: "POST", body: found.question });
    location.assign(`/runs?upload=${kept.upload}`);
  };
}

async function list() {
  const { models } = await api("/table/models");
  by("known").replaceChildren(...(models.length ? [make("p", { class: "field" }, "Trained here: ", ...models.map((name) => make("button", { type: "button", class: "quiet", onclick: () => { shut(); model(name).then(() => by("use-title").focus(), (error) => showError(by("known"), error)); } }, name)))] : []));
}

const address = new URLSearchParams(location.search);
list().catch((error) => by("known").replaceChildren(errorBlock(error.told)));
if (address.get("job")) {
  api(`/jobs/${address.get("job")}`).then(async (job) => {
    by("model").value = job.about.model;
    const back = `/table?job=${job.id}`;
    upload = job.about.upload;
    await look(job.about.text).catch(() => {}); // the table may be gone; the model is not
    by("text").value = job.about.text;
    history.replaceState(null, "", back);
    watch(job.id, job);
  }).catch((error) => { shut(); by("known").append(errorBlock(error.told)); });
} else if (address.get("upload")) {
  let kept = {};
  try { kept = JSON.parse(sessionStorage.getItem(`table-${address.get("upload")}`)) || {}; } catch (error) { /* nothing was kept */ }
  open(address.get("upload"), kept).catch((error) => showError(by("drop"), error));
}
