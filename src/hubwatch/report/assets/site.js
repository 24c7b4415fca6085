// Sorting, filtering, choosing, copying and live charts. Without it every page still has all its text, tables and pictures.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (window.self !== window.top) root.classList.add("embedded"); // in a frame of another page: the figure, without the menu
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // Tables: sort by a column, filter by words, show all rows.
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };
  const sortBy = (table, at, button) => {
    const head = button.parentElement, body = table.tBodies[0];
    const numeric = head.classList.contains("n");
    const now = head.getAttribute("aria-sort");
    const direction = now ? (now === "ascending" ? "descending" : "ascending") : numeric ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [a.cells[at].dataset.sort, b.cells[at].dataset.sort];
      return x === "" || y === "" ? compare(x, y) : sign * compare(x, y);
    });
    const first = Number(table.dataset.first);
    rows.forEach((row, index) => row.classList.toggle("more", index >= first));
    body.append(...rows);
  };
  for (const table of document.querySelectorAll("table.data")) {
    const rows = table.tBodies[0].rows, first = Number(table.dataset.first);
    if ("fixed" in table.dataset) continue;
    if (rows.length > 1)
      [...table.tHead.rows[0].cells].forEach((head, at) => {
        const button = make("button", { type: "button" }, ...head.childNodes);
        button.addEventListener("click", () => sortBy(table, at, button));
        head.append(button);
      });
    if (rows.length <= 8) continue;
    const controls = make("div", { className: "controls" });
    const label = table.caption ? table.caption.textContent : "rows";
    const filter = make("input", { type: "search", placeholder: "Filter rows" });
    filter.setAttribute("aria-label", "Filter " + label);
    const count = make("span", { className: "scope" });
    count.setAttribute("aria-live", "polite");
    filter.addEventListener("input", () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const hit = words.every((word) => text.includes(word));
        row.classList.toggle("out", !hit);
        shown += hit;
      }
      table.classList.toggle("all", words.length > 0 || all.getAttribute("aria-expanded") === "true");
      count.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
    });
    const all = make("button", { type: "button", textContent: `Show all ${rows.length} rows` });
    all.setAttribute("aria-expanded", "false");
    all.addEventListener("click", () => {
      const open = table.classList.toggle("all");
      all.setAttribute("aria-expanded", String(open));
      all.textContent = open ? `Show the first ${first} rows` : `Show all ${rows.length} rows`;
    });
    controls.append(filter, count);
    if (rows.length > first) controls.append(all);
    table.parentElement.before(controls);
  }

  // Figures that answer the same question for several hubs or groupings: one at a time, chosen by its reader.
  const families = new Map();
  for (const figure of document.querySelectorAll(".figure[data-family]"))
    if (figure.dataset.family) families.set(figure.dataset.family, [...(families.get(figure.dataset.family) || []), figure]);
  for (const figures of families.values()) {
    if (figures.length < 2) continue;
    const told = figures.map((figure) => new Map(figure.dataset.choices.split(";").filter(Boolean).map((one) => one.split("="))));
    const names = [...new Set(told.flatMap((one) => [...one.keys()]))].filter((name) => new Set(told.map((one) => one.get(name))).size > 1);
    const controls = make("div", { className: "controls chooser" });
    const selects = names.map((name) => {
      const select = make("select");
      select.append(...[...new Set(told.map((one) => one.get(name)))].map((value) => make("option", { value, textContent: value })));
      controls.append(make("label", {}, name[0].toUpperCase() + name.slice(1) + " ", select));
      return select;
    });
    const show = (chosen) => figures.forEach((figure, at) => { figure.hidden = at !== chosen; });
    const choose = () => {
      const at = told.findIndex((one) => names.every((name, index) => one.get(name) === selects[index].value));
      if (at >= 0) { show(at); figures[at].prepend(controls); draw(figures[at]); }
    };
    const reveal = (at) => { names.forEach((name, index) => { selects[index].value = told[at].get(name); }); show(at); figures[at].prepend(controls); };
    selects.forEach((select) => select.addEventListener("change", () => { choose(); select.focus(); }));
    const aimed = () => figures.findIndex((figure) => "#" + figure.id === location.hash);
    reveal(Math.max(0, aimed()));
    addEventListener("hashchange", () => { const at = aimed(); if (at >= 0) { reveal(at); draw(figures[at]); figures[at].scrollIntoView(); } });
  }

  // How long ago a figure was observed, on the reader's day.
  for (const line of document.querySelectorAll("[data-observed]")) {
    const days = Math.floor((Date.now() - Date.parse(line.dataset.observed)) / 864e5);
    if (days >= 0) line.append(days === 0 ? ", today" : `, ${days.toLocaleString("en")} day${days === 1 ? "" : "s"} ago`);
  }

  // Copying: citations and embed snippets.
  for (const box of document.querySelectorAll(".copy")) {
    const text = box.querySelector("pre");
    if (text.dataset.embed) {
      const address = new URL(text.dataset.embed, location.href).href;
      text.textContent = text.textContent.replace(/src="[^"]*"/, `src="${address}"`);
    }
    const button = make("button", { type: "button", textContent: "Copy" });
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text.textContent); }
      catch { getSelection().selectAllChildren(text); document.execCommand("copy"); }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    box.append(button);
  }

  // A picture of a chart as PNG, drawn here from its SVG.
  for (const button of document.querySelectorAll(".as-png")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const svg = button.closest(".figure").querySelector(".still svg").cloneNode(true);
      svg.querySelectorAll("*").forEach((part) => ["fill", "stroke"].forEach((name) => {
        const value = part.getAttribute(name);
        if (value && value.startsWith("var(")) part.setAttribute(name, name === "fill" ? "#1f2933" : "#d5dae0");
      }));
      const picture = new Image(), scale = 2;
      picture.onload = () => {
        const canvas = make("canvas", { width: picture.width * scale, height: picture.height * scale });
        const pen = canvas.getContext("2d");
        pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height);
        pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
        make("a", { href: canvas.toDataURL("image/png"), download: button.closest(".figure").id + ".png" }).click();
      };
      picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
    });
  }

  // Finding a page by name.
  const find = document.getElementById("find");
  if (find) {
    const script = make("script", { src: find.dataset.root + "assets/search.js" });
    document.head.append(script);
    find.form.addEventListener("submit", (event) => { event.preventDefault(); document.querySelector("#found a")?.click(); });
    const list = document.getElementById("found");
    const search = () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      const hits = words.length ? (window.hubwatchPages || []).filter(([name]) => words.every((word) => name.toLowerCase().includes(word))).slice(0, 12) : [];
      list.replaceChildren(...hits.map(([name, kind, address]) => make("li", {}, make("a", { href: find.dataset.root + address, textContent: name, dir: "auto" }), " ", make("span", { textContent: kind }))));
      if (words.length && !hits.length) list.append(make("li", { textContent: "Nothing found. Only the most downloaded models of each hub have a page." }));
    };
    find.addEventListener("input", search);
    script.addEventListener("load", search);
  }

  // Live charts: the same drawing as the picture, with values on hover, as wide as there is room.
  const drawn = new WeakMap();
  async function drawOne(chart) {
    const width = Math.floor(chart.clientWidth);
    if (!window.vegaEmbed || !width || drawn.get(chart) === width) return;
    drawn.set(chart, width);
    const { rows, wide, narrow } = JSON.parse(chart.querySelector(".spec").textContent);
    const ink = css("--ink"), soft = css("--soft"), line = css("--line");
    const config = {
      aria: false, background: "transparent", font: getComputedStyle(document.body).fontFamily, view: { stroke: null },
      axis: { labelColor: ink, titleColor: soft, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 11, titleFontSize: 11, titleFontWeight: 400 },
      legend: { labelColor: ink, titleColor: soft, labelFontSize: 12 }, text: { color: ink }, rule: { color: ink },
    };
    const spec = { ...structuredClone(width < 520 ? narrow : wide), width, datasets: { rows } };
    let live = chart.querySelector(".live");
    if (!live) {
      const still = chart.querySelector("svg");
      live = make("div", { className: "live" });
      live.setAttribute("role", "img");
      live.setAttribute("aria-label", still.querySelector("title").textContent + ". " + still.querySelector("desc").textContent);
      chart.prepend(live);
    }
    const place = make("div");
    live.replaceChildren(place);
    await window.vegaEmbed(place, spec, { actions: false, ast: true, renderer: "svg", config, tooltip: { theme: "custom" } });
    for (const part of live.querySelectorAll("[role], [aria-label], [aria-roledescription]")) // Vega's own parts have roles without names
      for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
    chart.classList.add("alive");
  }
  function draw(within) { for (const chart of within.querySelectorAll(".chart")) drawOne(chart); }
  const redraw = () => { for (const chart of document.querySelectorAll(".chart")) drawOne(chart); };
  addEventListener("load", redraw);
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(redraw, 150); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const chart of document.querySelectorAll(".chart")) { drawn.delete(chart); drawOne(chart); }
  });
})();
