// "What to measure next": the form, the experiments with why, and their laboratory sheet.
import { api, clearErrors, dropZone, errorBlock, follow, make, once, sameElsewhere, showError } from "./app.js";
import { downloads } from "./screen.js";

const $ = (id) => document.getElementById(id);

function said(lines) { return lines.map((line) => `${line.name} ${line.text}${line.unit ? `\u00a0${line.unit}` : ""}`).join(", "); }

function draw(box, told, id) {
  const experiments = told.experiments.map((one) => make("li", {},
    make("p", { class: "setpoints" }, said(one.setpoints.filter((line) => line.name !== "feed")), one.guess ? make("span", { class: "badge" }, "outside the data") : null),
    make("p", {}, one.why),
    make("p", { class: "caption" }, `Expected: ${said(one.expected)}. To measure out: ${said(one.amounts)}.`)));
  box.replaceChildren(
    make("h3", { id: "next-list" }, `Experiments on ${told.told.feed}, in this order`),
    make("p", { class: "caption" }, `Chosen with ${told.told.model}, which knows ${told.told.own_results} of your own results.`),
    make("ol", { class: "experiments", "aria-labelledby": "next-list" }, ...experiments),
    make("div", { id: "next-files" }));
  downloads($("next-files"), { id, files: ["sheet.xlsx"] }, [["sheet.xlsx", "the laboratory sheet, XLSX"]]);
  $("next-files").firstChild.append(make("a", { class: "button quiet", href: `/results/sheets/${id}/print` }, "Print it"));
}

/** Make the form work; `again(job)` shows a job of before. */
export function suggestions() {
  const form = $("suggest");
  dropZone($("problem-drop"), {
    accept: ".yaml,.yml", label: "or drop a problem, YAML",
    taken: (kept) => {
      $("problem").append(make("option", { value: kept.upload }, kept.name));
      $("problem").value = kept.upload;
    }
  });

  function watch(id) {
    history.replaceState(null, "", `/results?job=${id}`);
    $("next").replaceChildren();
    follow($("next-progress"), id, { ended: async (job) => {
      sameElsewhere($("next-elsewhere"), job.command);
      if (job.state !== "done") { return; }
      $("next-progress").replaceChildren();
      try { draw($("next"), await api(`/results/sheets/${id}/json`), id); } catch (error) { $("next").replaceChildren(errorBlock(error.told)); }
    } });
  }

  form.addEventListener("submit", once(async () => {
    clearErrors(form);
    const number = (id) => Number($(id).value);
    try {
      const job = await api("/results/suggest", { method: "POST", json: {
        problem: $("problem").value, surrogate: $("surrogate").value, aim: $("aim").value,
        n: number("n"), samples: number("samples"), volume: number("volume"), seed: number("seed"),
        batch: $("batch").checked, explore: $("explore").checked
      } });
      watch(job.id);
    } catch (error) { showError(form, error); }
  }));

  return {
    again(job) {
      for (const key of ["problem", "surrogate", "aim", "n", "samples", "volume", "seed"]) {
        const value = String(job.about[key]);
        if ($(key).tagName === "SELECT" && !Array.from($(key).options).some((one) => one.value === value)) { $(key).append(make("option", { value }, "dropped file")); }
        $(key).value = value;
      }
      for (const key of ["batch", "explore"]) { $(key).checked = job.about[key]; }
      watch(job.id);
      $("next-progress").scrollIntoView({ block: "center" });
    }
  };
}
