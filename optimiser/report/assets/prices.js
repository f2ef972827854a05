// What other prices do: a cost is linear in prices, so that the page ranks the known designs by itself.
LeachingPage.part(function (page) {
  "use strict";
  function set(box) {
    const data = JSON.parse(box.querySelector("script").textContent);
    const status = box.querySelector('[role="status"]'), body = box.querySelector("tbody");
    const search = box.querySelector(".search"), find = box.querySelector('[name="find"]');
    const sliders = Array.from(box.querySelectorAll(".slider"));
    const now = data.prices.map(function (price) { return price.now; });
    let prices = now.slice(), best = null;

    function cost(design, at) {
      return design.slopes.reduce(function (sum, slope, k) { return sum + slope * (at[k] - now[k]); }, design.cost);
    }
    // The cheapest design of each option, the cheapest option first.
    function ranked(at) {
      const found = new Map();
      data.designs.forEach(function (design) {
        const costs = cost(design, at), known = found.get(design.acid);
        if (!known || costs < known.cost) { found.set(design.acid, { design: design, cost: costs }); }
      });
      return Array.from(found.values()).sort(function (a, b) { return a.cost - b.cost; });
    }
    const before = ranked(now);

    function written(value) {
      return value.toLocaleString("en", { minimumFractionDigits: data.digits, maximumFractionDigits: data.digits }).replace("-", "−");
    }
    function short(value) { return String(Number(value.toPrecision(4))); }
    function named(design) {
      return design.row === null ? "a design of the own front of " + design.label
        : "design no. " + (design.row + 1) + " (" + design.label + ")";
    }
    function cell(line, text, kind) {
      const made = document.createElement("td");
      made.textContent = text;
      if (kind) { made.className = kind; }
      line.append(made);
    }
    function show() {
      const order = ranked(prices), first = order[0].design, old = before[0].design;
      const moved = prices.some(function (price, k) { return price !== now[k]; });
      best = first;
      status.textContent = (moved ? "At these prices " : "At the prices of the run ") + named(first) + " is the cheapest: "
        + written(order[0].cost) + " " + data.unit + (moved
        ? first === old ? ", as at the prices of the run (" + written(before[0].cost) + ")."
          : ". At the prices of the run " + named(old) + " was, which now costs " + written(cost(old, prices)) + "."
        : ".");
      body.textContent = "";
      order.forEach(function (one, place) {
        const was = before.findIndex(function (other) { return other.design.acid === one.design.acid; });
        const line = document.createElement("tr");
        line.dataset.acid = one.design.acid;
        line.dataset.cost = String(one.cost);
        cell(line, one.design.label);
        cell(line, written(one.cost), "number");
        cell(line, written(before[was].cost), "number");
        cell(line, String(place + 1) + (was === place ? "" : was > place ? ", up from " + (was + 1) : ", down from " + (was + 1)));
        cell(line, (one.design.row === null ? "" : "no. " + (one.design.row + 1) + ": ") + one.design.said, "long");
        body.append(line);
      });
      sliders.forEach(function (slider, k) { slider.classList.toggle("moved", prices[k] !== now[k]); });
      find.hidden = !page.choose || best.row === null;
      search.hidden = !moved;
      search.querySelector("pre").textContent = data.command + prices.map(function (price, k) {
        return price === now[k] ? "" : " --price " + data.prices[k].name + "=" + short(price);
      }).join("");
    }
    function put(k) {
      const [range, number] = sliders[k].querySelectorAll("input");
      range.value = String(prices[k]);
      number.value = short(prices[k]);
      range.setAttribute("aria-valuetext", short(prices[k]) + " " + data.prices[k].unit);
    }
    sliders.forEach(function (slider, k) {
      const [range, number] = slider.querySelectorAll("input");
      page.on(range, "input", function () {
        prices[k] = Number(Number(range.value).toPrecision(4));
        number.value = short(prices[k]);
        range.setAttribute("aria-valuetext", number.value + " " + data.prices[k].unit);
        show();
      });
      page.on(number, "input", function () {
        if (number.value === "" || !(Number(number.value) >= 0)) { return; }
        prices[k] = Number(number.value);
        range.value = number.value;
        show();
      });
      page.on(number, "change", function () { put(k); });
      put(k);
    });
    page.on(box.querySelector('[name="reset"]'), "click", function () {
      prices = now.slice();
      prices.forEach(function (_, k) { put(k); });
      show();
    });
    page.on(find, "click", function () { page.choose([best.row], false); });
    show();
  }
  page.all(".repricing").forEach(set);
});
