"use strict";
(() => {
  const mains = document.querySelectorAll("main");
  const buttons = document.querySelectorAll("[data-language]");
  const show = (language) => {
    mains.forEach((main) => { main.hidden = main.lang !== language; });
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.language === language)));
    document.documentElement.lang = language;
    const title = document.querySelector(`main[lang="${language}"] h1`);
    if (title) document.title = title.textContent;
  };
  buttons.forEach((button) => button.addEventListener("click", () => {
    show(button.dataset.language);
    history.replaceState(null, "", `#${button.dataset.language}`);
  }));
  const asked = location.hash.slice(1);
  if ([...mains].some((main) => main.lang === asked)) show(asked);

  // The read-out shows the row of the picture's own table that lies under the pointer.
  const follow = (svg) => {
    const left = Number(svg.dataset.left), right = Number(svg.dataset.right), bins = Number(svg.dataset.bins);
    const table = svg.closest("section").querySelector(".data table");
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const figure = svg.closest("figure");
    const cursor = document.createElementNS("http://www.w3.org/2000/svg", "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", "0");
    cursor.setAttribute("y2", String(svg.viewBox.baseVal.height - 22));
    const box = document.createElement("div");
    box.className = "readout";
    let at = -1;
    const hide = () => { cursor.remove(); box.remove(); at = -1; };
    const read = (index) => {
      const row = table.tBodies[0].rows[index];
      if (!row) { hide(); return; }
      at = index;
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const x = left + (right - left) * (index + 0.5) / bins;
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      svg.append(cursor);
      const lines = [...row.cells].slice(1).map((cell, n) => {
        const line = document.createElement("span");
        const name = document.createElement("span"), value = document.createElement("span");
        name.textContent = names[n + 1];
        value.textContent = cell.textContent;
        line.append(name, value);
        return line;
      });
      const time = document.createElement("b");
      time.textContent = row.cells[0].textContent;
      box.replaceChildren(time, ...lines);
      figure.append(box);
      const room = figure.clientWidth - box.offsetWidth;
      const wanted = x * scale + (x * scale > figure.clientWidth / 2 ? -box.offsetWidth - 12 : 12);
      box.style.left = `${Math.max(0, Math.min(room, wanted))}px`;
    };
    svg.addEventListener("pointermove", (event) => {
      const area = svg.getBoundingClientRect();
      const x = (event.clientX - area.left) * svg.viewBox.baseVal.width / area.width;
      const index = Math.floor((x - left) / (right - left) * bins);
      if (index >= 0 && index < bins) read(index); else hide();
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") hide();
      if (!step) return;
      event.preventDefault();
      read(Math.max(0, Math.min(bins - 1, at + step)));
    });
  };
  document.querySelectorAll("svg[data-bins]").forEach(follow);
})();
