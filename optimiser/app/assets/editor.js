// The editor of a question: one value changed by a form, or the text; then a new job.
import { Refused, api, clearErrors, dropZone, errorBlock, make, once, showError } from "./app.js";

const by = (id) => document.getElementById(id);
const form = by("editor");
let source = null;  // what the question is of: { job }, { upload } or { kind, shipped }
let asked = null;   // { kind, files, values }
let started = () => {};

/** A key as a person reads it: "constraints[0].yield.Co". */
function dotted(key) {
  return key.reduce((text, part) => typeof part === "number" ? `${text}[${part}]` : text ? `${text}.${part}` : part, "");
}

function texts() {
  return Object.fromEntries(Array.from(by("texts").querySelectorAll("textarea"), (area) => [area.name, area.value]));
}

function drawValues() {
  const several = Object.keys(asked.files).length > 1;
  const before = by("one").value;
  by("one").replaceChildren(...asked.values.map((value, j) => make("option", { value: j }, `${dotted(value.key)}${several ? `, in ${value.file}` : ""}`)));
  if (before !== "" && asked.values[before]) { by("one").value = before; }
  by("one").dispatchEvent(new Event("change"));
}

function drawTexts() {
  by("texts").replaceChildren(...Object.entries(asked.files).map(([name, text]) => {
    const area = make("textarea", { name, spellcheck: "false", rows: Math.min(26, text.split("\n").length + 1), class: "yaml" });
    area.value = text;
    return make("div", { class: "field", "data-key": name }, make("label", { class: "text-of" }, make("span", {}, name), area));
  }));
}

/** Show an error at its field; in a text, its line is chosen. */
function refuse(error) {
  if (!(error instanceof Refused)) { throw error; }
  const place = /^(\S+), line (\d+)/.exec(error.told.where || "");
  const area = place && Array.from(by("texts").querySelectorAll("textarea")).find((one) => one.name === place[1]);
  showError(form, area ? new Refused({ ...error.told, key: [place[1]] }) : error);
  if (area) {
    const lines = area.value.split("\n");
    const from = lines.slice(0, Number(place[2]) - 1).join("\n").length + (place[2] === "1" ? 0 : 1);
    area.focus();
    area.setSelectionRange(from, from + (lines[Number(place[2]) - 1] || "").length);
  }
}

async function drawOwn() {
  const box = by("own-tables");
  box.hidden = true;
  if (asked.kind === "sweep" || source.job) { return; }
  const own = await api("/tables/own");
  const kinds = Object.entries(own).filter(([, tables]) => tables.length);
  box.hidden = kinds.length === 0;
  by("own-choices").replaceChildren(...kinds.map(([kind, tables]) => make("label", { "data-key": `tables.${kind} --${kind}` }, `${kind} `,
    make("select", { name: kind }, make("option", { value: "" }, "as shipped"), ...tables.map((table) => make("option", { value: table.name }, table.name))))));
}

/** Open the editor on a question: of a job, of a dropped file, or one that ships. */
export async function open(what, title) {
  source = what;
  const found = await api(`/runs/question?${new URLSearchParams(what)}`);
  if (source !== what) { return; } // another one was chosen meanwhile
  asked = found;
  clearErrors(form);
  form.hidden = false;
  by("editor-title").textContent = title;
  by("editor-command").textContent = found.command;
  by("name").value = Object.keys(asked.files)[0].replace(/\.ya?ml$/, "");
  by("name-label").hidden = Boolean(what.job) && asked.kind !== "sweep";
  by("go").textContent = asked.kind === "sweep" ? "Start the sweep" : what.job ? "Run again" : "Run";
  by("one-done").textContent = "Or edit the text below.";
  drawTexts();
  drawValues();
  await drawOwn();
  form.scrollIntoView({ block: "start" });
  by("editor-title").focus({ preventScroll: true });
}

function close() { form.hidden = true; source = null; by("shipped").value = ""; }

/** Wire the editor; `call(job)` gets each job that it starts. */
export function begin(call) { started = call; }

by("one").addEventListener("change", () => { by("one-value").value = asked.values[by("one").value] ? asked.values[by("one").value].value : ""; });
by("one-value").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); by("one-change").click(); } });
by("one-change").addEventListener("click", async () => {
  const value = asked.values[by("one").value], of = source;
  if (!value) { return; }
  clearErrors(form);
  try {
    const next = by("one-value").value;
    const found = await api("/runs/change", { method: "POST", json: { kind: asked.kind, files: texts(), file: value.file, key: value.key, value: next } });
    if (source !== of) { return; }
    asked = found;
    drawTexts();
    drawValues();
    by("one-done").textContent = `${dotted(value.key)} was ${value.value} and is ${next} now.`;
  } catch (error) { refuse(error); }
});
form.addEventListener("submit", once(async () => {
  clearErrors(form);
  try {
    const tables = by("own-tables").hidden ? {} : Object.fromEntries(Array.from(by("own-choices").querySelectorAll("select"), (one) => [one.name, one.value]));
    const job = await api("/runs/start", { method: "POST", json: { ...source, files: texts(), name: by("name").value, tables } });
    close();
    started(job);
  } catch (error) { refuse(error); }
}));
by("leave").addEventListener("click", close);

by("shipped").addEventListener("change", () => {
  const chosen = by("shipped").selectedOptions[0];
  by("shipped-about").textContent = chosen.dataset.about || "";
  if (!chosen.value) { close(); return; }
  const [kind, name] = chosen.value.split("/");
  open({ kind, shipped: name }, name).catch((error) => showError(by("choose"), error));
});
dropZone(by("drop-question"), {
  accept: ".yaml,.yml", label: "Drop a YAML file of a search, a problem or a sweep here, or choose one",
  taken: ({ upload, name }) => open({ upload }, name)
});

/** Show an error that belongs to no field. */
export function told(box, error) {
  if (!(error instanceof Refused)) { throw error; }
  box.replaceChildren(errorBlock(error.told));
}
