// The floor for whoever steers it: campaigns with their pacing in words, agents by age in state, trunks.
import { Refused, get, post } from "/static/js/api.js";
import { live } from "/static/js/live.js";
import { start } from "/static/js/shell.js";
import { canOversee, lookAtOversight, movePeople, overseeAgent, showHands } from "/static/js/people.js";
import { clockTime, count, currentLanguage, duration, percent, say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const me = await start();
const maySteer = me.scopes.includes("campaigns:write");
const mayMove = me.scopes.includes("floor:write");
const svg = "http://www.w3.org/2000/svg";
const stateSigns = { running: "▶", paused: "❚❚", draining: "▽", ended: "■" };
const agentSigns = { idle: "◯", reserved: "◐", talking: "●", wrap_up: "✎", on_break: "❚❚" };
// Seconds in a state from which a supervisor looks, and looks twice.
const ages = { idle: [120, 600], reserved: [60, 120], talking: [300, 900], wrap_up: [60, 180], on_break: [900, 3600] };
const name = (row) => (currentLanguage() === "ko" ? row.name_ko : row.name_en);
const el = (tag, props = {}, ...children) => { const node = Object.assign(document.createElement(tag), props); node.append(...children); return node; };
let rows = [], boardAt = 0;

for (const state of Object.keys(agentSigns)) $("only-state").add(new Option(say(`agent.${state}`), state));
$("only-state").addEventListener("change", showAgents);

// Cards are kept and refilled, so that a button never moves away under the pointer.
const cards = new Map();

function showCampaign(row) {
  let card = cards.get(row.campaign_id);
  if (!card) { card = makeCard(row); cards.set(row.campaign_id, card); $("campaigns").append(card.node); }
  set(card.state, say(`campaign.${row.state}`), stateSigns[row.state]);
  card.why.textContent = row.reason && row.reason !== "started" ? row.reason : "";
  const figures = [["floor.attempts", count(row.attempts)], ["floor.in_flight", count(row.in_flight_count)], ["floor.idle", count(row.idle_count)], ["floor.connected", count(row.connected)], ["floor.right_party", count(row.right_party)]];
  card.figures.replaceChildren(...figures.map(([word, value]) => el("div", {}, el("span", { className: "muted", textContent: say(word) }), el("b", { textContent: value }))));
  card.pacing.textContent = `${say(`mode.${row.mode || "none"}`)} · ${say("floor.target")} ${percent(row.target, 1)}${reason(row)}`;
  card.windows.replaceChildren(...row.windows.map(windowBar));
  card.held.replaceChildren(...(row.held_by.length ? row.held_by.map(([rule, n]) => el("tr", {}, el("td", { textContent: rule }), el("td", { className: "number", textContent: count(n) }))) : [el("tr", {}, el("td", { textContent: say("floor.nothing_held") }))]));
  card.pause.disabled = row.state !== "running"; card.resume.disabled = row.state !== "paused"; card.drain.disabled = !["running", "paused"].includes(row.state);
}

function reason(row) {
  const text = (currentLanguage() === "ko" && row.pacing_reason_ko) || row.pacing_reason;
  return text ? ` · ${text}` : "";
}

function makeCard(row) {
  const state = el("span", { className: "badge" }), why = el("span", { className: "muted" });
  const figures = el("div", { className: "figures-row" }), pacing = el("p", { className: "reason" }), windows = el("div", { className: "stack" }), held = el("tbody");
  const button = (word, action, className = "") => el("button", { textContent: say(word), className, onclick: () => ask(action, row) });
  const pause = button("floor.pause", "pause"), resume = button("floor.resume", "resume", "primary"), drain = button("floor.drain", "drain", "danger"), target = button("floor.set_target", "target");
  const buttons = el("div", { className: "row" }, ...(maySteer ? [pause, resume, drain, target] : []));
  const details = el("details", {}, el("summary", { textContent: say("floor.held_by") }), el("table", {}, held));
  const node = el("article", { className: "panel card" }, el("div", { className: "row" }, el("h3", { textContent: name(row) }), why, state), figures, pacing, windows, details, buttons);
  node.dataset.campaign = row.campaign_id;
  return { node, state, why, figures, pacing, windows, held, pause, resume, drain };
}

function windowBar(one) {
  const rate = one.answered ? one.abandoned / one.answered : 0;
  const most = Math.max(one.target * 1.5, rate * 1.1);
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `${one.name}: ${percent(rate, 2)}, ${say("wall.target", { target: percent(one.target, 1) })}`);
  const part = (tag, attributes) => { const shape = document.createElementNS(svg, tag); for (const [key, value] of Object.entries(attributes)) shape.setAttribute(key, value); picture.append(shape); };
  part("rect", { width: "100%", height: "100%", fill: "var(--raised)" });
  part("rect", { width: `${(100 * rate) / most}%`, height: "50%", y: "25%", fill: rate > one.target ? "var(--bad)" : "var(--accent)" });
  part("rect", { x: `${(100 * one.target) / most}%`, width: 3, height: "100%", fill: "var(--text)" });
  return el("div", { className: "window" }, el("span", { textContent: `${say("floor.abandoned")} · ${one.name} (${one.regime})` }), picture, el("span", { textContent: `${one.answered ? percent(rate, 2) : "–"} · ${count(one.abandoned)}/${count(one.answered)}` }));
}

function showAgents() {
  const only = $("only-state").value;
  const seen = rows.filter((row) => !only || row.state === only).map((row) => ({ ...row, age: (boardAt - Date.parse(row.since_at)) / 1000 }));
  seen.sort((a, b) => band(b) - band(a) || b.age - a.age);
  $("agent-count").textContent = say("floor.count", { n: count(seen.length), all: count(rows.length) });
  const focused = document.activeElement?.dataset?.key;
  $("agents").replaceChildren(...seen.map(agentLine));
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function band(row) { const [long, very] = ages[row.state] ?? [Infinity, Infinity]; return row.age >= very ? 2 : row.age >= long ? 1 : 0; }

function agentLine(row) {
  const line = el("tr");
  line.dataset.age = ["", "long", "very-long"][band(row)];
  const state = el("span"); set(state, say(`agent.${row.state}`), agentSigns[row.state]);
  const agesWord = ["", ` ▲ ${say("floor.long")}`, ` ■ ${say("floor.very_long")}`][band(row)];
  const doing = el("td");
  if (mayMove) {
    const actions = row.state === "on_break" ? ["ready", "log-out"] : ["pause", "log-out"];
    for (const action of actions) {
      const button = el("button", { textContent: say(`floor.agent_${action}`), onclick: () => run(`/agents/${encodeURIComponent(row.agent_id)}/${action}`, { reason: say("floor.by_supervisor") }) });
      button.dataset.key = `${row.agent_id} ${action}`;
      button.setAttribute("aria-label", `${say(`floor.agent_${action}`)}: ${row.agent_id}`);
      doing.append(button, " ");
    }
    const move = el("button", { textContent: say("floor.agent_move"), onclick: () => movePeople(row, [...cards.keys()]) });
    move.dataset.key = `${row.agent_id} move`;
    move.setAttribute("aria-label", `${say("floor.agent_move")}: ${row.agent_id}`);
    doing.append(move);
    if (row.state === "talking" && canOversee()) {
      const oversee = el("button", { textContent: say("oversee.open"), onclick: () => overseeAgent(row) });
      oversee.dataset.key = `${row.agent_id} oversee`;
      oversee.setAttribute("aria-label", `${say("oversee.open")}: ${row.agent_id}`);
      doing.append(" ", oversee);
    }
  }
  line.append(el("td", { textContent: row.agent_id }), el("td", { textContent: row.site }), el("td", {}, state), el("td", { className: "number", textContent: duration(row.age) + agesWord }), el("td", { textContent: row.campaign_id ?? row.campaign_ids.join(", ") }), el("td", { textContent: row.reason }), doing);
  return line;
}

function showTrunks(trunks) {
  $("trunks").replaceChildren(...trunks.map((trunk) => {
    const failed = (minutes) => { const of = trunk.outcomes[minutes] ?? {}; const all = Object.values(of).reduce((a, b) => a + b, 0); const bad = (of.congested ?? 0) + (of.trunk_lost ?? 0) + (of.invalid_number ?? 0); return all ? percent(bad / all, 0) : "–"; };
    const ends = Object.entries(trunk.outcomes["60"] ?? {}).sort((a, b) => b[1] - a[1]).slice(0, 6).map(([how, n]) => `${say(`disposition.${how}`)} ${count(n)}`).join(", ");
    const cells = [trunk.name, trunk.is_up ? `✓ ${say("floor.up")}` : `■ ${say("floor.down")}`, `${count(trunk.in_use)} / ${count(trunk.line_count)}`, failed("1"), failed("5"), failed("15"), failed("60"), ends];
    return el("tr", {}, ...cells.map((text, index) => el("td", { textContent: text, className: index >= 2 && index <= 6 ? "number" : "" })));
  }));
}

$("ask-cancel").addEventListener("click", () => $("ask").close());

// One change at a time, each with its reason.
function ask(action, row) {
  const dialog = $("ask");
  $("ask-title").textContent = `${say(`floor.${action === "target" ? "set_target" : action}`)}: ${name(row)}`;
  $("ask-go").textContent = say(`floor.${action === "target" ? "set_target" : action}`);
  $("ask-target-label").hidden = action !== "target";
  $("ask-target").value = action === "target" ? (100 * row.target).toFixed(1) : "";
  $("ask-reason").value = ""; $("ask-fault").textContent = "";
  $("ask-go").onclick = async (event) => {
    event.preventDefault();
    const body = { reason: $("ask-reason").value };
    if (action === "target") body.target = Number($("ask-target").value.replace(",", ".")) / 100;
    try { await post(`/campaigns/${encodeURIComponent(row.campaign_id)}/${action}`, body); dialog.close(); }
    catch (error) { if (!(error instanceof Refused)) throw error; $("ask-fault").textContent = error.message; }
  };
  dialog.showModal();
}

async function run(path, body) {
  try { await post(path, body); } catch (error) { if (!(error instanceof Refused)) throw error; alertLine(error.message); }
}

function alertLine(text) { const line = document.querySelector(".link-state"); line.textContent = text; }

function set(node, text, sign) { node.textContent = text; node.dataset.sign = sign; if (!node.classList.contains("badge")) node.textContent = `${sign} ${text}`; }

async function pollAgents() {
  try { rows = await get("/agents"); showAgents(); showHands(await get("/hands"), boardAt, mayMove); if (mayMove) await lookAtOversight(); } catch (error) { if (!(error instanceof Refused)) return; }
}
setInterval(pollAgents, 1000);

live("/api/v1/board/stream", "board", (board) => {
  boardAt = Date.parse(board.at);
  board.campaigns.forEach(showCampaign);
  showTrunks(board.trunks);
  $("clock").textContent = clockTime(board.at, true);
}, document.querySelector(".link-state"));
