// The screen Ask: the question stands in the browser and in the address; its answer follows while one drags.
import { api, clearErrors, dropZone, empty, errorBlock, follow, make, once, Refused, sameElsewhere, showError, showReport, turn } from "./app.js";
import { showAnswer, showMore } from "./ask-answer.js";
import { adapted, drawFields } from "./ask-form.js";
import { searching } from "./ask-search.js";

const KEPT = "leaching:ask", REST = 500, BEHIND = 2000, SLOW = 1200, AGAIN = 3000;
const part = (id) => document.getElementById(id);
const form = part("question");

let asked = null; // { problem, prices, factors }
let known = null, offers = null, answered = "", latest = 0;
const behind = part("behind");

// The question as text in the address, so that a reload and a bookmark find it.
function packed(value) {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
function unpacked(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}
function remembered() {
  for (const read of [() => unpacked(new URLSearchParams(location.search).get("q")), () => JSON.parse(localStorage.getItem(KEPT))]) {
    try {
      const found = read();
      if (found && found.problem) { return { problem: found.problem, prices: found.prices || {}, factors: found.factors || {} }; }
    } catch (error) { /* nothing is kept, or not by us */ }
  }
  return null;
}
let keeping = 0;
function keep() {
  clearTimeout(keeping);
  keeping = setTimeout(() => {
    const address = new URLSearchParams(location.search);
    address.set("q", packed(asked));
    history.replaceState(null, "", `${location.pathname}?${address}`);
    try { localStorage.setItem(KEPT, JSON.stringify(asked)); } catch (error) { /* the browser keeps nothing */ }
  }, 300);
}
function keepJob(id) {
  const address = new URLSearchParams(location.search);
  if (id) { address.set("job", id); } else { address.delete("job"); }
  history.replaceState(null, "", `${location.pathname}?${address}`);
}

const search = searching(part("searching"), {
  learned: () => { answered = ""; ask(); },
  refused: (error) => showError(form, error)
});

// One request at a time; what has changed meanwhile is asked next, and only the latest counts.
let measured = 0, flight = null, waiting = false, resting = 0, searchLater = 0, again = 0;
function ask() {
  waiting = true;
  latest = performance.now();
  clearTimeout(resting);
  clearTimeout(searchLater);
  if (flight && performance.now() - flight.began > SLOW) { flight.control.abort(); } // a first look at another feed
  pump();
}
async function pump() {
  if (flight || fits || !waiting || !asked) { return; }
  waiting = false;
  const question = JSON.stringify(asked), from = latest;
  flight = { control: new AbortController(), began: performance.now() };
  part("answer").setAttribute("aria-busy", "true");
  const current = () => waiting || question === JSON.stringify(asked); // else what was asked since is refused, and says so
  const slow = setTimeout(() => {
    if (current()) { standing("Working: designs of this feed and these acids are predicted. That takes seconds, and the very first time on this machine up to a minute.", "working"); }
  }, 400);
  try {
    const told = await api("/ask/live", { method: "POST", json: asked, signal: flight.control.signal });
    answered = question;
    showAnswer(told);
    if (current()) {
      clearErrors(form);
      standing(sure(told), "");
    }
    sameElsewhere(part("elsewhere"), told.command, told.files);
    if ((measured += 1) % 1000 === 0) { performance.clearMeasures("ask"); }
    performance.measure("ask", { start: from, end: performance.now() }); // from the latest change to its answer
  } catch (error) {
    if (error.name !== "AbortError") { refused(error); }
  } finally {
    clearTimeout(slow);
    flight = null;
    if (waiting) { pump(); } else { part("answer").removeAttribute("aria-busy"); rest(question); }
  }
}
function sure(told) { return told.searched ? told.known : `${told.known} Search, to be sure.`; }
function standing(text, kind) {
  part("standing").textContent = text;
  part("standing").className = `standing ${kind}`;
  part("answer").classList.toggle("old", kind === "old");
}
function refused(error) {
  if (!(error instanceof Refused)) { throw error; }
  const away = error.told.what === "The app does not answer.";
  const old = answered ? " What is shown is the last answer." : "";
  standing(away ? `The app does not answer.${old} It asks again by itself.` : `The question cannot be answered as it stands.${old}`, "old");
  if (!away) { showError(form, error); return; }
  clearTimeout(again);
  again = setTimeout(askAgain, AGAIN);
}
function askAgain() { if (asked && answered !== JSON.stringify(asked)) { ask(); } }
function rest(question) {
  if (answered !== question) { return; }
  resting = setTimeout(async () => {
    try {
      const told = await api("/ask/more", { method: "POST", json: JSON.parse(question) });
      if (JSON.stringify(asked) === question) { showMore(told); standing(sure(told), ""); }
    } catch (error) { if (!(error instanceof Refused)) { throw error; } }
  }, REST);
  if (behind.checked) { searchLater = setTimeout(() => search.start(JSON.parse(question)), BEHIND); }
}
document.addEventListener("leaching:connected", askAgain);

/** The question has changed: how far decides whether the form has to offer other things. */
async function changed(how = "number") {
  keep();
  if (how === "number") { search.outdated(JSON.stringify(asked)); ask(); return; }
  await refit(how);
}
// While the form is made to fit, the question may name what its feed does not have: it is not asked.
let fits = false;
async function refit(how) {
  const mine = turn(refit);
  fits = true;
  try {
    const told = await api("/ask/form", { method: "POST", json: asked });
    if (!mine()) { return null; }
    offers = told;
    clearErrors(form);
    asked = adapted(asked, offers, how);
    draw(how);
    keep();
    search.outdated(JSON.stringify(asked));
    fits = false;
    ask();
  } catch (error) {
    if (mine()) {
      fits = waiting = false;
      if (!flight) { part("answer").removeAttribute("aria-busy"); }
      refused(error);
    }
    return error;
  }
  return null;
}
function draw(how) { drawFields(part("fields"), { asked: () => asked, offers, known, changed, how }); }

async function open(address) {
  const mine = turn(open);
  try {
    const told = await api(address);
    if (!mine()) { return; }
    asked = { problem: told.problem, prices: {}, factors: {} };
    await refit("problem");
  } catch (error) { showError(form, error); }
}

// The full answer: a job, whose cards are shown below.
part("full").addEventListener("click", once(async () => {
  try {
    const job = await api("/ask/jobs/answer", { method: "POST", json: asked });
    keepJob(job.id);
    whole(job.id);
  } catch (error) { if (error instanceof Refused) { showError(form, error); } else { throw error; } }
}));
function whole(id) {
  empty(part("report"));
  follow(part("following"), id, {
    ended: async (job) => {
      if (!job.report) { return; }
      await showReport(part("report"), id);
      part("following").append(make("p", {}, make("a", { href: "#report" }, "The full answer stands below."), " ",
        make("a", { href: `/jobs/${id}/files/report/report.html`, download: true }, "Keep its page")));
    }
  });
}

behind.checked = localStorage.getItem(`${KEPT}:behind`) !== "no";
behind.addEventListener("change", () => {
  try { localStorage.setItem(`${KEPT}:behind`, behind.checked ? "yes" : "no"); } catch (error) { /* kept nowhere */ }
  if (behind.checked && answered) { search.start(JSON.parse(answered)); }
  if (!behind.checked) { clearTimeout(searchLater); }
});
part("search").addEventListener("click", () => { if (answered) { search.start(asked, true); } });
form.addEventListener("submit", (event) => event.preventDefault());

async function begin() {
  try { known = await api("/ask/known"); } catch (error) { part("fields").replaceChildren(errorBlock(error.told)); return; }
  const problems = part("problem");
  problems.append(make("option", { value: "" }, "choose one"), ...known.problems.map((name) => make("option", {}, name)));
  problems.addEventListener("change", () => { if (problems.value) { open(`/ask/problem?name=${encodeURIComponent(problems.value)}`); problems.value = ""; } });
  part("reset").addEventListener("click", () => open("/ask/problem?name=nmc111"));
  dropZone(part("drop"), { accept: ".yaml,.yml", label: "Drop a problem's YAML here, or choose one", taken: ({ upload }) => open(`/ask/problem?upload=${encodeURIComponent(upload)}`) });
  const job = new URLSearchParams(location.search).get("job");
  if (job && /^\d+$/.test(job)) { whole(job); }
  asked = remembered();
  if (asked) { search.again(); }
  const wrong = asked ? await refit("problem") : null;
  if (asked && !wrong) { return; }
  await open("/ask/problem?name=nmc111"); // without a form nobody could correct what is wrong
  if (!wrong) { return; }
  const told = errorBlock({ ...wrong.told, what: `What was asked before cannot be asked: ${wrong.told.what}`, remedy: "go on from this question" });
  form.prepend(told);
  form.addEventListener("change", () => told.remove(), { once: true });
}
begin();
