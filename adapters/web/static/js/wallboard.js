// The wall: at most twelve tiles in fixed places, each with its target in words and its definition one click away.
import { live } from "/static/js/live.js";
import { start } from "/static/js/shell.js";
import { clockTime, count, currentLanguage, duration, money, percent, say } from "/static/js/words.js";

const me = await start();
const svg = "http://www.w3.org/2000/svg";
const nodes = new Map();
const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);
const name = (row) => (currentLanguage() === "ko" ? row.name_ko : row.name_en);

// id, what it shows: { figure, small, level, word, lines, bar }.
const tiles = [
  ["agents", (b) => {
    const of = (state) => b.agents[state] ?? 0;
    const here = ["idle", "reserved", "talking", "wrap_up", "on_break"].reduce((total, state) => total + of(state), 0);
    return { figure: count(here), small: say("wall.people"), lines: ["talking", "idle", "wrap_up", "on_break"].map((state) => [say(`agent.${state}`), count(of(state) + (state === "talking" ? of("reserved") : 0))]) };
  }],
  ["waiting", (b) => ({ figure: count(b.waiting_count), small: b.oldest_wait_s == null ? "" : duration(b.oldest_wait_s), ...level(b.waiting_count, 1, 3), lines: b.campaigns.map((row) => [name(row), count(row.waiting_count)]) })],
  ["abandoned", (b) => {
    const windows = b.campaigns.filter((row) => row.mode === "predictive").flatMap((row) => row.windows.map((one) => ({ ...one, row })));
    const worst = windows.reduce((most, one) => (part(one) > part(most) ? one : most), windows[0]);
    if (!worst) return { figure: "–", word: say("wall.no_predictive") };
    const rate = worst.answered ? worst.abandoned / worst.answered : null;
    return { figure: percent(rate, 2), ...level(part(worst), 0.9, 1), bar: [rate ?? 0, worst.target], lines: windows.slice(0, 3).map((one) => [`${name(one.row)} · ${one.name}`, `${count(one.abandoned)} / ${count(one.answered)}`]), target: percent(worst.target, 1) };
  }],
  ["connect", (b) => ({ figure: percent(share(sum(b.campaigns, (r) => r.connected), sum(b.campaigns, (r) => r.attempts))), lines: b.campaigns.map((r) => [name(r), percent(share(r.connected, r.attempts))]) })],
  ["right_party", (b) => ({ figure: count(sum(b.campaigns, (r) => r.right_party)), word: per_hour(b), lines: b.campaigns.map((r) => [name(r), count(r.right_party)]) })],
  ["promises", (b) => ({ figure: count(sum(b.campaigns, (r) => r.promises)), small: say("wall.promises_unit"), lines: amounts(b, (r) => r.promised) })],
  ["sales", (b) => ({ figure: count(sum(b.campaigns, (r) => r.sales)), small: say("wall.sales_unit"), lines: amounts(b, (r) => r.sold) })],
  ["service", (b) => ({ figure: percent(b.answered_in_limit), ...level(b.answered_in_limit == null ? 0 : 1 - b.answered_in_limit, 0.03, 0.05), lines: [[say("wall.mean_wait"), b.answer_wait_s == null ? "–" : `${b.answer_wait_s.toFixed(1)} s`]] })],
  ["occupancy", (b) => ({ figure: percent(b.occupancy), bar: [b.occupancy ?? 0, 0.92], target: "92–96 %" })],
  ["capacity", (b) => {
    const used = sum(b.trunks, (t) => t.in_use), lines = sum(b.trunks, (t) => t.line_count);
    return { figure: percent(share(used, lines), 0), small: `${count(used)} / ${count(lines)}`, ...level(share(used, lines) ?? 0, 0.7, 0.9), bar: [share(used, lines) ?? 0, 0.9], lines: b.trunks.map((t) => [t.name, `${count(t.in_use)} / ${count(t.line_count)}`]) };
  }],
  ["attempts", (b) => ({ figure: count(sum(b.campaigns, (r) => r.attempts)), small: `${b.attempts_per_s.toFixed(1)} /s`, lines: b.campaigns.map((r) => [name(r), count(r.attempts)]) })],
  ["health", (b) => {
    const down = b.trunks.filter((t) => !t.is_up);
    const refused = sum(b.campaigns, (r) => r.refused_at_dial);
    const failed = sum(b.trunks, (t) => (t.outcomes["5"]?.congested ?? 0) + (t.outcomes["5"]?.trunk_lost ?? 0));
    const state = b.breaches || down.length ? "bad" : refused || failed ? "warn" : "good";
    return { figure: count(b.breaches), small: say("wall.breaches"), level: state, word: down.length ? say("wall.trunk_down", { name: down.map((t) => t.name).join(", ") }) : say(`wall.level_${state}`), lines: [[say("wall.refused_at_dial"), count(refused)], [say("wall.failed_5"), count(failed)]] };
  }],
];

// Sums of different money are never added up.
function amounts(b, of) {
  const sums = {};
  for (const row of b.campaigns) for (const [currency, minor] of Object.entries(of(row))) sums[currency] = (sums[currency] ?? 0) + minor;
  return Object.entries(sums).map(([currency, minor]) => [say("wall.amount"), money(minor, currency)]);
}
function part(window) { return window.answered ? window.abandoned / window.answered / window.target : 0; }
function share(a, b) { return b ? a / b : null; }
function per_hour(b) {
  const hours = (b.talk_s + b.wrap_up_s + b.idle_s) / 3600;
  return hours > 0.05 ? say("wall.per_hour", { n: (sum(b.campaigns, (r) => r.right_party) / hours).toFixed(1) }) : "";
}
function level(value, warn, bad) {
  const state = value >= bad ? "bad" : value >= warn ? "warn" : "good";
  return { level: state, word: say(`wall.level_${state}`) };
}

function make(id) {
  const tile = document.createElement("section");
  tile.className = "tile";
  tile.setAttribute("aria-labelledby", `tile-${id}`);
  const head = document.createElement("header");
  const title = Object.assign(document.createElement("h2"), { id: `tile-${id}`, textContent: say(`wall.${id}`) });
  const about = Object.assign(document.createElement("button"), { className: "about", textContent: "?" });
  about.setAttribute("aria-label", `${say("wall.definition")}: ${say(`wall.${id}`)}`);
  about.addEventListener("click", () => define(id));
  head.append(title, about);
  const figure = Object.assign(document.createElement("div"), { className: "figure" });
  const word = Object.assign(document.createElement("div"), { className: "word" });
  const picture = document.createElementNS(svg, "svg");
  const list = document.createElement("ul");
  tile.append(head, figure, word, picture, list);
  document.querySelector("#tiles").append(tile);
  const made = { tile, figure, word, picture, list, last: "" };
  nodes.set(id, made);
  return made;
}

const signs = { good: "✓", warn: "▲", bad: "■" };

function draw(id, shown) {
  const node = nodes.get(id) ?? make(id);
  const key = JSON.stringify(shown);
  if (key === node.last) return;
  const changed = node.last && node.figure.dataset.text !== shown.figure;
  node.last = key;
  node.tile.dataset.level = shown.level ?? "";
  node.figure.dataset.text = shown.figure;
  node.figure.replaceChildren(shown.figure, " ", Object.assign(document.createElement("small"), { textContent: shown.small ?? "" }));
  const target = shown.target ? say("wall.target", { target: shown.target }) : "";
  node.word.textContent = [shown.word, target].filter(Boolean).join(" · ");
  node.word.dataset.sign = shown.level ? signs[shown.level] : "";
  node.list.replaceChildren(...(shown.lines ?? []).map(([left, right]) => {
    const line = document.createElement("li");
    line.append(...[left, right].map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    return line;
  }));
  bullet(node.picture, shown.bar);
  if (changed) {
    node.figure.classList.add("changed");
    setTimeout(() => node.figure.classList.remove("changed"), 2000);
  }
}

function bullet(picture, bar) {
  picture.toggleAttribute("hidden", !bar);
  picture.style.display = bar ? "" : "none";
  if (!bar) return;
  const [value, mark] = bar;
  const most = Math.max(mark * 1.5, value * 1.1, 1e-9);
  const x = (v) => `${(100 * Math.min(v, most)) / most}%`;
  picture.setAttribute("aria-hidden", "true");
  const rect = (width, height, y, fill) => { const r = document.createElementNS(svg, "rect"); r.setAttribute("width", width); r.setAttribute("height", height); r.setAttribute("y", y); r.setAttribute("fill", fill); return r; };
  const line = document.createElementNS(svg, "line");
  for (const [key, v] of Object.entries({ x1: x(mark), x2: x(mark), y1: "0", y2: "100%", stroke: "var(--text)", "stroke-width": 4 })) line.setAttribute(key, v);
  picture.replaceChildren(rect("100%", "100%", "0", "var(--raised)"), rect(x(value), "50%", "25%", "var(--accent)"), line);
}

function define(id) {
  document.querySelector("#definition-title").textContent = say(`wall.${id}`);
  document.querySelector("#definition-text").textContent = say(`define.${id}`);
  document.querySelector("#definition").showModal();
}

live("/api/v1/board/stream", "board", (board) => {
  for (const [id, of] of tiles) draw(id, of(board));
  document.querySelector("#clock").textContent = clockTime(board.at, true);
}, document.querySelector(".link-state"));
