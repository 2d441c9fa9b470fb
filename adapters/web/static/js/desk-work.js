// What an agent does between calls: look an account up, ask whether it may be called, call it; see what waits; ask for help.
import { Refused, get, post } from "/static/js/api.js";
import { age, currentLanguage, dayAndTime, money, say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const el = (tag, props = {}, ...children) => { const node = Object.assign(document.createElement(tag), props); node.append(...children); return node; };
const canCall = ["idle", "on_break"];
let state = null, lookedUp = "", workAt = 0;

export function showWork(next) {
  state = next;
  const agent = state.agent;
  $("work").hidden = Boolean(state.call) || !agent;
  for (const button of $("looked-up").querySelectorAll("button[data-number]")) button.disabled = !canCall.includes(agent?.state);
  $("missed").textContent = state.missed ? say("work.missed", { outcome: say(`disposition.${state.missed}`) }) : "";
  const hand = state.hand;
  const text = hand ? (hand.coming ? say("help.coming", { who: hand.coming }) : say("help.asked", { age: age((Date.parse(state.now_at) - Date.parse(hand.raised_at)) / 1000 / state.speed) })) : "";
  if ($("help-state").textContent !== text) $("help-state").textContent = text;
  $("help").hidden = !agent;
  $("help-ask").hidden = Boolean(hand);
  $("help-done").hidden = !hand;
  if (agent && !$("work").hidden && Date.now() - workAt > 5000) loadWork();
}

async function tell(promise) {
  try { const answer = await promise; $("work-fault").textContent = ""; return answer; }
  catch (error) { if (!(error instanceof Refused)) throw error; $("work-fault").textContent = error.message; return null; }
}

// What waits: callbacks that people asked this agent for, promises made to them.
async function loadWork() {
  workAt = Date.now();
  const work = await tell(get("/desk/work"));
  if (!work) return;
  list($("my-callbacks"), work.callbacks, (one) => [dayAndTime(one.due_at), one.is_late ? `▲ ${say("work.due")}` : ""]);
  list($("my-promises"), work.promises, (one) => [`${money(one.amount_minor, one.currency)} · ${one.due_date}`, one.is_late ? `▲ ${say("work.late")}` : ""]);
}

function list(node, rows, words) {
  const focused = document.activeElement?.dataset?.account;
  const inside = node.contains(document.activeElement);
  node.replaceChildren(...(rows.length ? rows.map((one) => {
    const button = el("button", { type: "button", textContent: one.account_id, onclick: () => lookUp(one.campaign_id, one.account_id) });
    button.dataset.account = one.account_id;
    const [when, mark] = words(one);
    return el("li", {}, button, el("span", { textContent: when }), el("strong", { textContent: mark, className: mark ? "warn" : "" }));
  }) : [el("li", { className: "muted", textContent: say("work.none") })]));
  if (inside && focused) [...node.querySelectorAll("button")].find((one) => one.dataset.account === focused)?.focus();
}

$("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("find-text").value.trim();
  if (!text) return;
  const hits = await tell(get(`/desk/accounts?text=${encodeURIComponent(text)}`));
  if (!hits) return;
  $("found").replaceChildren(...(hits.length ? hits.map((one) => el("li", {}, el("button", { type: "button", textContent: `${one.account_id} · ${one.campaign_id}`, onclick: () => lookUp(one.campaign_id, one.account_id) }))) : [el("li", { className: "muted", textContent: say("work.nobody") })]));
  $("found").querySelector("button")?.focus();
});

async function lookUp(campaign, account) {
  const now = await tell(get(`/desk/accounts/${encodeURIComponent(campaign)}/${encodeURIComponent(account)}`));
  if (!now) return;
  lookedUp = account;
  const place = $("looked-up");
  place.hidden = false;
  place.replaceChildren(
    el("h3", { textContent: `${account} · ${campaign}`, tabIndex: -1 }),
    el("p", { textContent: now.is_asked_for ? say("why.callback") : say(`why.${now.case.why}`) }),
    ...(now.obstacle ? [el("p", { className: "fault", textContent: now.obstacle })] : []),
    ...now.numbers.map((one) => numberLine(campaign, now, one)),
  );
  (place.querySelector("button") ?? place.firstChild).focus();
}

function numberLine(campaign, now, { number_id: number, permission }) {
  const shown = now.case.numbers.find((one) => one.number_id === number);
  const line = el("div", { className: "number-now" }, el("strong", { textContent: `${shown.masked} ${say(`kind.${shown.kind}`)}` }));
  if (permission.is_allowed && !now.obstacle) {
    const button = el("button", { type: "button", className: "primary", textContent: say("work.call"), disabled: !canCall.includes(state.agent?.state) });
    button.dataset.number = number;
    button.addEventListener("click", async () => {
      button.disabled = true;
      if (await tell(post("/desk/call", { campaign_id: campaign, account_id: now.case.account_id, number_id: number }))) { $("looked-up").hidden = true; $("found").replaceChildren(); }
      else button.disabled = false;
    });
    line.append(el("span", { textContent: `✓ ${say("work.may")}` }), button);
  } else if (!permission.is_allowed) {
    const reasons = permission.denials.map((one) => el("li", { textContent: `${currentLanguage() === "ko" ? one.title_ko : one.title_en}: ${currentLanguage() === "ko" ? one.reason_ko : one.reason_en}` }));
    line.append(el("span", { textContent: `✕ ${say("work.may_not")}` }), el("span", { className: "muted", textContent: permission.next_at ? say("work.next", { at: dayAndTime(permission.next_at) }) : say("work.no_next") }), el("ul", {}, ...reasons));
  }
  return line;
}

$("help").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (state.hand) await tell(post("/desk/hand-down", {}));
  else { await tell(post("/desk/hand", { text: $("help-text").value })); $("help-text").value = ""; }
});

export const workKeys = [
  ["KeyF", "F", "work.find", () => { if (!$("work").hidden) $("find-text").focus(); }],
  ["KeyA", "A", "help.ask", () => { if (state?.agent) (state.hand ? $("help-done") : $("help-text")).focus(); }],
];
