// The search behind a question: it starts when the question rests, tells how far it is, and teaches the answer.
import { api, empty, errorBlock, follow, make, Refused } from "./app.js";

const KEPT = "leaching:ask:search";

/** Follow searches in an element: start, outdated, again. */
export function searching(box, { learned, refused }) {
  let now = null; // { id, question, ended }
  let last = Promise.resolve(); // what is to be started and dropped, one after the other

  function keep() { try { sessionStorage.setItem(KEPT, JSON.stringify(now)); } catch (error) { /* kept nowhere */ } }
  function forget(text) {
    now = null;
    keep();
    empty(box);
    box.append(make("p", { class: "caption" }, text));
  }
  async function drop() {
    const { id, ended } = now;
    forget("The question has changed: its search was cancelled.");
    if (ended) { return; }
    try { await api(`/jobs/${id}?unwanted=yes`, { method: "DELETE" }); } catch (error) { if (!(error instanceof Refused)) { throw error; } }
  }
  function inTurn(work) {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }
  function watch() {
    const { id } = now, plot = make("div", { class: "growing" });
    follow(box, id, {
      step: (job) => {
        // the number may be another job's since
        if (JSON.stringify(job.about?.asked) !== now?.question) { forget("Nothing is searched."); return; }
        if (job.about.objectives) { grow(plot, job); if (!plot.isConnected && plot.firstChild) { box.append(plot); } }
      },
      ended: async (job) => {
        if (!now || now.id !== id) { return; }
        now.ended = true;
        keep();
        const front = make("p", {}, make("a", { class: "button quiet", href: `/front?job=${id}` }, "Open the front"));
        if (job.state === "done") {
          try {
            const told = await api(`/ask/learn/${id}`, { method: "POST" });
            box.append(make("p", { class: "caption" }, `The answer knows the ${told.designs.toLocaleString("en")} designs of this search now.`), front);
            learned();
          } catch (error) { box.append(errorBlock(error.told)); }
        }
      }
    });
  }
  return {
    /** Start a search of a question, unless there is one of it. */
    start(asked, anew = false) {
      const question = JSON.stringify(asked);
      return inTurn(async () => {
        if (now && now.question === question && !(anew && now.ended)) { return; }
        if (now && now.question !== question) { await drop(); }
        try {
          const job = await api("/ask/jobs/search", { method: "POST", json: JSON.parse(question) });
          now = { id: job.id, question, ended: false };
          keep();
          watch();
        } catch (error) { if (error instanceof Refused) { refused(error); } else { throw error; } }
      });
    },
    /** The question is another one now. */
    outdated: (question) => inTurn(async () => { if (now && now.question !== question && !now.ended) { await drop(); } }),
    /** Find the search of before a reload. */
    again() {
      try { now = JSON.parse(sessionStorage.getItem(KEPT)); } catch (error) { now = null; }
      if (now) { watch(); }
    }
  };
}

// The front as it grows: a small drawing of the first two objectives, in their own directions and units.
const WIDTH = 420, HEIGHT = 200, EDGE = 34;
function grow(box, job) {
  const [x, y] = job.about.objectives;
  const points = job.steps.flatMap((one) => one.front || []).filter((row) => row.length > 1 && row.every(Number.isFinite)).map((row) => [row[0] * x.factor, row[1] * y.factor]);
  if (!y || points.length === 0) { return; }
  const svg = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value); }
    if (text !== undefined) { made.textContent = text; }
    return made;
  };
  const ends = [0, 1].map((k) => [Math.min(...points.map((p) => p[k])), Math.max(...points.map((p) => p[k]))]);
  const at = (value, [low, high]) => (high > low ? (value - low) / (high - low) : 0.5);
  const said = (value) => Number(value.toPrecision(3)).toLocaleString("en");
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `The front so far: ${points.length} designs, ${x.label} from ${said(ends[0][0])} to ${said(ends[0][1])}, ${y.label} from ${said(ends[1][0])} to ${said(ends[1][1])}` });
  drawing.append(svg("path", { class: "axes", d: `M${EDGE} 10V${HEIGHT - EDGE}H${WIDTH - 10}` }));
  points.forEach((p) => drawing.append(svg("circle", { r: 3, cx: EDGE + 8 + at(p[0], ends[0]) * (WIDTH - EDGE - 30), cy: HEIGHT - EDGE - 8 - at(p[1], ends[1]) * (HEIGHT - EDGE - 28) })));
  [[ends[0][0], EDGE, "start"], [ends[0][1], WIDTH - 10, "end"]].forEach(([value, place, anchor]) => drawing.append(svg("text", { x: place, y: HEIGHT - EDGE + 14, "text-anchor": anchor }, said(value))));
  drawing.append(svg("text", { x: WIDTH / 2, y: HEIGHT - 4, "text-anchor": "middle" }, x.label), svg("text", { x: EDGE + 6, y: 12 }, `${y.label}: ${said(ends[1][0])} to ${said(ends[1][1])}`));
  box.replaceChildren(drawing);
}
