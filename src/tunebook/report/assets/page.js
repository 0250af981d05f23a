"use strict";
// The page's own script: pictures drawn when they come into sight, one hover over all of them,
// sortable tables, light and dark. No network, no eval: Vega runs in its interpreter (ast).
(() => {
  const HOVER = "trial_hover";
  const WIDEST = 860;
  const root = document.documentElement;
  const store = JSON.parse(document.getElementById("pictures").textContent);
  const reduced = matchMedia("(prefers-color-scheme: dark)");
  const views = new Map();   // figure -> { view, dark, width }
  const bands = new Map();   // row data by content, expanded once
  let lit = null;

  // Rows travel as columns; Vega takes them as rows.
  const rowsOf = (key) => {
    if (!bands.has(key)) {
      const { n, columns, holes } = store.rows[key];
      const rows = Array.from({ length: n }, () => ({}));
      for (const [name, column] of Object.entries(columns)) {
        const absent = new Set(holes[name] || []);
        column.forEach((value, i) => { if (!absent.has(i)) rows[i][name] = value; });
      }
      bands.set(key, rows);
    }
    return bands.get(key);
  };

  const isDark = () =>
    !printing && (root.dataset.theme ? root.dataset.theme === "dark" : reduced.matches);
  let printing = false;

  const tooltip = document.getElementById("vg-tooltip-element");
  // Built of text nodes alone, so that a hyperparameter's name can never become markup.
  const showTooltip = (handler, event, item, value) => {
    if (value === null || value === undefined || value === "") {
      tooltip.classList.remove("visible");
      return;
    }
    tooltip.replaceChildren();
    if (typeof value === "object") {
      const table = document.createElement("table");
      for (const [key, text] of Object.entries(value)) {
        const row = table.insertRow();
        const name = row.insertCell();
        name.className = "key";
        name.textContent = key;
        row.insertCell().textContent = String(text);
      }
      tooltip.append(table);
    } else {
      tooltip.textContent = String(value);
    }
    tooltip.classList.add("visible");
    const box = tooltip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
    const below = event.clientY + 14 + box.height < innerHeight;
    tooltip.style.left = `${Math.max(8, left)}px`;
    tooltip.style.top = `${below ? event.clientY + 14 : event.clientY - box.height - 10}px`;
  };

  // Two columns of a legend take more room than a narrow picture has.
  const oneColumn = (spec) => {
    for (const channel of Object.values(spec.encoding || {})) {
      if (channel.legend && channel.legend.columns === 2) channel.legend.columns = 1;
    }
    (spec.layer || []).forEach(oneColumn);
  };

  // Vega-Embed works in promises that never wait for a timer, so that pictures asked for in the
  // moment before printing are there when it begins.
  const draw = (figure) => {
    const canvas = figure.querySelector(".canvas");
    const picture = store.pictures[figure.dataset.picture];
    const dark = isDark();
    const width = Math.floor(canvas.clientWidth);
    const old = views.get(figure);
    if (!width || (old && old.dark === dark && Math.abs(old.width - width) < 8)) return;
    const own = { view: null, finalize: null, dark, width, trials: new Set() };
    views.set(figure, own);
    const spec = structuredClone(picture.spec);
    spec.datasets = {};
    for (const [name, key] of Object.entries(picture.rows)) {
      spec.datasets[name] = rowsOf(key);
      for (const row of spec.datasets[name]) own.trials.add(row.trial);
    }
    if (!spec.hconcat && !spec.vconcat && !spec.concat && !spec.facet) {
      spec.width = Math.min(width, WIDEST);
      spec.padding = { left: 0, top: 4, right: 10, bottom: 5 };  // room for labels
      spec.autosize = { type: "fit-x", contains: "padding" };
    } else if (spec.concat) {
      const axis = 72, least = 130;  // left of a panel, and the panel
      spec.columns = Math.max(1, Math.min(spec.columns || 1, Math.floor(width / (least + axis))));
      const room = Math.floor(width / spec.columns) - axis;
      for (const panel of spec.concat) panel.width = Math.max(least, Math.min(room, 280));
    }
    if (width < 290) oneColumn(spec);
    const host = document.createElement("div");
    const options = {
      ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: showTooltip,
      logLevel: 1,  // errors; warnings about specifications are for the tests of the pictures
      config: store.config[dark ? "dark" : "light"],
    };
    vegaEmbed(host, spec, options).then((result) => {
      if (views.get(figure) !== own) { result.finalize(); return; }  // asked for anew meanwhile
      if (old && old.finalize) old.finalize();
      own.view = result.view;
      own.finalize = result.finalize;
      canvas.replaceChildren(host);
      canvas.classList.add("drawn");
      listen(figure, result.view);
      if (lit) select(own, lit);
    }).catch((error) => {
      const fault = document.createElement("p");
      fault.className = "fault";
      fault.textContent = `This picture could not be drawn: ${error.message}`;
      canvas.replaceChildren(fault);
      console.error(error);
    });
  };

  // One hover over all pictures and tables -------------------------------------------------
  const listen = (figure, view) => {
    if (!hasSignal(view)) return;
    view.addSignalListener(HOVER, (name, value) => {
      if (figure !== pointed) return;  // an echo of our own forwarding
      light(trialOf(value), view);
    });
  };
  let pointed = null;
  const hasSignal = (view) => { try { view.signal(HOVER); return true; } catch { return false; } };
  const trialOf = (value) => {
    const trials = value && value.trial;
    return Array.isArray(trials) ? trials[0] ?? null : null;
  };
  // A picture without the trial keeps its light: nothing in it is to be told apart.
  const select = ({ view, trials }, trial) => {
    if (!view || !hasSignal(view)) return;
    const chosen = trials.has(trial) ? [{ fields: [{ type: "E", field: "trial" }], values: [trial] }] : [];
    view.data(`${HOVER}_store`, chosen).runAsync();
  };
  const rowsByTrial = new Map();
  const known = (row) => {
    const rows = rowsByTrial.get(row.dataset.trial);
    if (rows) rows.push(row); else rowsByTrial.set(row.dataset.trial, [row]);
  };
  document.querySelectorAll("tr[data-trial]").forEach(known);
  const light = (trial, origin) => {
    if (trial === lit) return;
    for (const row of rowsByTrial.get(lit) || []) row.classList.remove("lit");
    for (const row of rowsByTrial.get(trial) || []) row.classList.add("lit");
    lit = trial;
    for (const one of views.values()) if (one.view !== origin) select(one, trial);
  };
  // Before Vega's own listeners (capture), so that they know which picture is pointed at.
  let still = null;  // where the pointer rested when a link moved the page under it
  document.addEventListener("pointerover", (event) => {
    if (still && Math.hypot(still.x - event.clientX, still.y - event.clientY) < 2) return;
    still = null;
    const target = event.target instanceof Element ? event.target : null;
    pointed = target ? target.closest("figure[data-picture]") : null;
    if (!pointed) tooltip.classList.remove("visible");
    const row = target && target.closest("tr[data-trial]");
    if (row) light(row.dataset.trial, null);
    else if (!pointed) light(null, null);
  }, true);
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-trial]");
    if (row) light(row.dataset.trial, null);
  });

  // Drawn when near the window; drawn anew when the theme or the width changes ---------------
  const figures = [...document.querySelectorAll("figure[data-picture]")];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "300px" });
  figures.forEach((figure) => seen.observe(figure));
  let waiting = 0;
  const redraw = () => { for (const figure of views.keys()) draw(figure); };
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(redraw, 150);
  });

  const button = document.getElementById("theme");
  const label = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Show the report in ${isDark() ? "light" : "dark"} colours`);
  };
  try { const kept = localStorage.getItem("tunebook-theme"); if (kept) root.dataset.theme = kept; } catch { /* no storage here */ }
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("tunebook-theme", root.dataset.theme); } catch { /* no storage here */ }
    label();
    redraw();
  });
  reduced.addEventListener("change", () => { label(); redraw(); });
  label();

  // Printed in light, with every picture that is not folded away -----------------------------
  let before = "";
  addEventListener("beforeprint", () => {
    before = root.dataset.theme || "";
    printing = true;
    root.dataset.theme = "light";
    figures.forEach(draw);
  });
  addEventListener("afterprint", () => {
    printing = false;
    if (before) root.dataset.theme = before; else delete root.dataset.theme;
    redraw();
  });

  // Tables -------------------------------------------------------------------------------------
  // Rows beyond the first few hundred are data until someone sorts, asks for them, or for one.
  const folded = new Map();  // table -> { data, more }
  for (const data of document.querySelectorAll("script.folded")) {
    const more = data.parentElement.nextElementSibling;
    const table = data.parentElement.querySelector("table");
    folded.set(table, { data, more });
    more.hidden = false;
    more.firstElementChild.addEventListener("click", () => unfoldRows(table));
  }
  const element = (tag, text, className, sort) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    if (sort !== undefined && sort !== null) made.dataset.v = sort;
    return made;
  };
  const fateOf = (rows, i) => {
    const [fate, detail, tail] = [rows.fate[i], rows.detail[i], rows.output_tail[i]];
    if (!detail && !tail) return element("td", fate, "fate");
    const cell = element("td", undefined, "fate", fate);
    const details = element("details");
    details.append(element("summary", fate));
    if (detail) details.append(element("p", detail));
    if (tail) details.append(element("pre", tail));
    cell.append(details);
    return cell;
  };
  const unfoldRows = (table) => {
    if (!folded.has(table)) return;
    const { data, more } = folded.get(table);
    folded.delete(table);
    const rows = JSON.parse(data.textContent);
    const heads = [...table.tHead.rows[0].cells].slice(1);
    heads.splice(1, 1);  // the fate, which has no column of its own in the data
    const numeric = heads.map((head) => head.classList.contains("num") ? "num" : "");
    const made = rows.trial.map((trial, i) => {
      const row = element("tr", undefined, rows.status[i]);
      row.dataset.trial = trial;
      const name = element("th", trial, "first", rows.place[i]);
      name.scope = "row";
      const cells = rows.texts.map((texts, k) => element("td", texts[i], numeric[k], rows.sorts[k][i]));
      cells.splice(1, 0, fateOf(rows, i));
      row.append(name, ...cells);
      known(row);
      return row;
    });
    table.tBodies[0].append(...made);
    data.remove();
    more.remove();
  };
  const rowOf = (trial) => {
    for (const table of [...folded.keys()]) if (!rowsByTrial.has(trial)) unfoldRows(table);
    return (rowsByTrial.get(trial) || [])[0];
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.firstElementChild.addEventListener("click", () => {
        unfoldRows(table);
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => row.cells[column].dataset.v ?? row.cells[column].textContent;
        const rows = [...table.tBodies[0].rows];
        const numeric = rows.every((row) => key(row) === "" || Number.isFinite(Number(key(row))));
        rows.sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x === "" || y === "") return (x === "") - (y === "");  // nothing known: last
          const order = numeric ? Number(x) - Number(y) : x.localeCompare(y);
          return up ? order : -order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  // What is wider than the window says so, and fades where it goes on ---------------------------
  const wide = [...document.querySelectorAll(".scroll, .masthead nav")];
  const measure = (box) => {
    box.classList.toggle("sideways", box.scrollWidth > box.clientWidth + 1);
    box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
  };
  const resized = new ResizeObserver((entries) => entries.forEach((one) => measure(one.target)));
  for (const box of wide) {
    box.addEventListener("scroll", () => measure(box), { passive: true });
    resized.observe(box);
    measure(box);
  }

  // A link to a trial shows its row; a link into a folded round unfolds it -----------------------
  const unfold = (element) => {
    for (let at = element; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-goto]");
    if (!link) return;
    const row = rowOf(link.dataset.goto);
    if (!row) return;
    event.preventDefault();
    still = { x: event.clientX, y: event.clientY };
    unfold(row);
    row.scrollIntoView({ block: "center" });
    light(link.dataset.goto, null);
  });
  const follow = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target) { unfold(target); target.scrollIntoView(); }
  };
  addEventListener("hashchange", follow);
  follow();
})();
