// The agent's page. Shows what the daemon pushes; sends what the agent does. Everything works by keyboard.
import { Refused, get, post } from "/static/js/api.js";
import { showWork, workKeys } from "/static/js/desk-work.js";
import { setUpTalk, showTalk, talkKeys } from "/static/js/desk-talk.js";
import { start } from "/static/js/shell.js";
import { age, count, currentLanguage, dayAndTime, duration, money, say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const me = await start();
let state = null, received = 0, shown = { attempt: null, phase: null }, connected = false, lastMessage = 0;

const signs = { idle: "◯", reserved: "◐", talking: "●", wrap_up: "✎", on_break: "❚❚", logged_out: "–" };
const pauseReasons = ["rest", "lunch", "training", "meeting", "system"];
const longWrapUpS = 60;

// The socket: pushed state, back-off, and a page that says when it is alone.
function connect(wait = 500) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/desk/socket`);
  socket.onmessage = (message) => {
    connected = true; lastMessage = Date.now(); wait = 500;
    show(JSON.parse(message.data));
  };
  socket.onclose = () => {
    connected = false; showLink();
    setTimeout(() => connect(Math.min(wait * 2, 10000)), wait);
  };
}

function showLink() {
  const link = $("link");
  link.dataset.state = connected ? "live" : "lost";
  link.textContent = connected || !lastMessage ? "" : say("link.lost", { age: age((Date.now() - lastMessage) / 1000) });
}

function show(next) {
  const before = state;
  state = next; received = performance.now();
  showMe();
  showCall(before);
  showWork(state);
  showTalk(state);
  tick();
}

function showMe() {
  const agent = state.agent;
  const word = agent ? agent.state : "logged_out";
  const node = $("state");
  const text = say(`agent.${word}`);
  if (node.textContent !== text) { node.textContent = text; node.dataset.sign = signs[word]; }
  $("log-in").hidden = Boolean(agent);
  $("duty").hidden = !agent;
  $("ready").hidden = word !== "on_break";
  $("pause-form").hidden = word === "on_break";
  const tally = $("tally");
  const figures = [["desk.calls", count(state.tally.calls)]];
  for (const [outcome, n] of Object.entries(state.tally.outcomes)) figures.push([`disposition.${outcome}`, count(n)]);
  if (state.tally.promised_minor) figures.push(["desk.promised", money(state.tally.promised_minor)]);
  if (state.tally.sold_minor) figures.push(["desk.sold", money(state.tally.sold_minor)]);
  fill(tally, figures);
}

function showCall() {
  const call = state.call;
  $("no-call").hidden = Boolean(call);
  $("case").hidden = !call;
  $("preview-keys").hidden = call?.phase !== "preview";
  $("report").hidden = !call || !["talk", "wrap_up"].includes(call.phase);
  $("note").hidden = $("report").hidden;
  $("hang-up").hidden = call?.phase !== "talk";
  $("phase").textContent = call ? say(`phase.${call.phase}`) : "";
  if (!call) { shown = { attempt: null, phase: null }; document.title = "Paceline"; return; }
  if (call.attempt_id !== shown.attempt) { newCall(call); }
  if (call.phase !== shown.phase) {
    shown.phase = call.phase;
    document.title = `${say(`phase.${call.phase}`)} · Paceline`;
    if (call.phase === "talk" || call.phase === "preview") $("call-title").scrollIntoView({ block: "nearest" });
    showScript(call);
  }
}

function newCall(call) {
  shown = { attempt: call.attempt_id, phase: null };
  const file = call.case;
  $("why").textContent = call.is_callback ? say("why.callback") : say(`why.${file.why}`);
  const number = file.numbers.find((one) => one.number_id === call.number_id);
  fill($("person"), [
    ["desk.person", file.person_id], ["desk.number", `${number?.masked ?? ""} ${number ? say(`kind.${number.kind}`) : ""}`],
    ["desk.tier", file.value_tier || "–"], ["desk.language", file.language],
    ...Object.entries(file.traits).map(([name, value]) => [null, value, name]),
  ]);
  $("claims").replaceChildren(...file.claims.map((claim) => row([claim.claim_id, claim.product, claim.days_past_due ?? "–", money(claim.balance_minor, claim.currency)], [2, 3])));
  $("promise").textContent = file.promise_minor == null ? "" : say("desk.open_promise", { amount: money(file.promise_minor, file.promise_currency), day: file.promise_due });
  const stated = Object.entries(file.facts).map(([name, value]) => { const item = document.createElement("li"); item.textContent = value === true ? say(`fact.${name}`) : `${say(`fact.${name}`)}: ${value}`; return item; });
  $("stated").replaceChildren(...stated);
  $("stated").previousElementSibling.hidden = !stated.length;
  $("history").replaceChildren(...[...file.history, ...file.notes].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).map((one) => {
    const item = document.createElement("li");
    for (const text of one.text ? [dayAndTime(one.at), `${say("desk.note")} · ${say(`note.${one.category}`)}`, one.text] : [dayAndTime(one.at), `${say(`channel.${one.channel}`)} · ${one.campaign_id}`, say(`outcome.${one.outcome}`)]) {
      const part = document.createElement("span"); part.textContent = text; item.append(part);
    }
    return item;
  }));
  newReport(call);
}

function newReport(call) {
  $("report").reset();
  $("fault").textContent = "";
  const group = $("dispositions");
  group.replaceChildren(...call.dispositions.map((name, index) => {
    const label = document.createElement("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "disposition", value: name });
    radio.addEventListener("change", () => chosen(name));
    const text = document.createElement("span"); text.textContent = say(`disposition.${name}`);
    const key = document.createElement("kbd"); key.textContent = index + 1;
    label.append(radio, key, text);
    return label;
  }));
  chosen(null);
}

async function chosen(name) {
  $("fields-promise").hidden = name !== "promised";
  $("fields-sold").hidden = name !== "sold";
  $("fields-callback").hidden = name !== "callback";
  if (name === "callback" && state.call) await offerTimes(state.call.attempt_id);
  if (name === "promised" && state.call) {
    const owed = state.call.case.claims.reduce((sum, claim) => sum + claim.balance_minor, 0);
    if (!$("promise-amount").value) $("promise-amount").value = owed;
    if (!$("promise-day").value) $("promise-day").value = new Date(Date.parse(state.now_at) + 3 * 86400e3).toISOString().slice(0, 10);
  }
}

async function offerTimes(attempt) {
  const spans = await get(`/desk/callback-times?attempt_id=${encodeURIComponent(attempt)}&days=4`);
  const options = [];
  for (const span of spans) {
    for (let at = Date.parse(span.from_at); at < Date.parse(span.to_at); at += 30 * 60e3) options.push(new Option(dayAndTime(at), new Date(at).toISOString()));
  }
  $("callback-at").replaceChildren(...(options.length ? options : [new Option(say("desk.no_lawful_time"), "")]));
}

async function showScript(call) {
  const key = `script.${call.case.purpose === "telesales" ? "sales" : "collection"}.${call.phase}`;
  $("script-text").textContent = say(key);
  try {
    const own = await get(`/scripts/${encodeURIComponent(call.case.campaign_id)}/${call.phase}?purpose=${encodeURIComponent(call.case.purpose)}&language=${currentLanguage()}`);
    if (state.call?.attempt_id === call.attempt_id && state.call.phase === call.phase) $("script-text").textContent = own.text;
  } catch (error) { if (!(error instanceof Refused)) throw error; }  // no script of the house's own: the built-in one stands
}

// The customer's voice, and what is known.
$("note").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("note-text").value;
  if (!state.call || !text.trim()) return;
  if (await act("note", { attempt_id: state.call.attempt_id, category: $("note-category").value, text })) {
    $("note-text").value = ""; $("note-kept").textContent = say("desk.note_kept");
    setTimeout(() => { $("note-kept").textContent = ""; }, 4000);
  }
});
$("note-text").addEventListener("keydown", (event) => { if (event.code === "Enter" && event.ctrlKey && !event.isComposing) $("note").requestSubmit(); });

let looked = 0;
$("knowledge").addEventListener("input", async () => {
  const mine = ++looked, words = $("knowledge").value.trim();
  const hits = words ? await get(`/knowledge?words=${encodeURIComponent(words)}&language=${currentLanguage()}`) : [];
  if (mine !== looked) return;
  $("hits").replaceChildren(...hits.map((hit) => {
    const item = document.createElement("li"), button = Object.assign(document.createElement("button"), { type: "button", textContent: hit.title });
    button.append(Object.assign(document.createElement("small"), { textContent: hit.excerpt }));
    button.addEventListener("click", () => openArticle(hit.slug));
    item.append(button);
    return item;
  }));
});
$("knowledge").addEventListener("keydown", (event) => { if (event.code === "Enter" && !event.isComposing) { event.preventDefault(); $("hits").querySelector("button")?.click(); } });

async function openArticle(slug) {
  const article = await get(`/knowledge/${encodeURIComponent(slug)}?language=${currentLanguage()}`);
  $("article").hidden = false;
  $("article").replaceChildren(Object.assign(document.createElement("h4"), { textContent: article.title }), article.text);
  $("article").focus();
}

// What the agent does.
async function act(what, body) {
  try { await post(`/desk/${what}`, body); $("fault").textContent = ""; return true; }
  catch (error) { if (!(error instanceof Refused)) throw error; $("fault").textContent = error.message; return false; }
}

function statements() {
  const facts = {};
  for (const field of $("statements").querySelectorAll("input, select")) {
    if (field.name === "exclude-number") { if (field.checked) facts["person.excluded_numbers"] = [state.call.number_id]; }
    else if (field.type === "checkbox" && field.checked) facts[field.name] = true;
    else if (field.type !== "checkbox" && field.value) facts[field.name] = field.value;
  }
  return facts;
}

async function send() {
  const call = state.call;
  const disposition = $("report").elements.disposition?.value;
  if (!call || !disposition) { $("fault").textContent = say("desk.choose_first"); return; }
  const body = { attempt_id: call.attempt_id, disposition, facts: statements() };
  const currency = call.case.claims[0]?.currency ?? "KRW";
  if (disposition === "opted_out") body.facts["person.opted_out"] = true;
  if (disposition === "promised") body.promise = { amount_minor: whole($("promise-amount").value), due_date: $("promise-day").value, currency };
  if (disposition === "sold") { body.amount_minor = whole($("sold-amount").value || "0"); body.currency = currency; }
  if (disposition === "callback") body.callback_at = $("callback-at").value || null;
  await act("report", body);
}

const whole = (text) => Number(text.replace(/[^0-9]/g, ""));

$("report").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("hang-up").addEventListener("click", () => act("hang-up", { attempt_id: state.call.attempt_id }));
$("ready").addEventListener("click", () => act("ready", {}));
$("pause-form").addEventListener("submit", (event) => { event.preventDefault(); act("pause", { reason: $("pause-reason").value }); });
$("log-out").addEventListener("click", () => act("log-out", {}));
$("phone-cancel").addEventListener("click", () => act("log-out", {}));
$("preview-take").addEventListener("click", () => act("preview", { attempt_id: state.call.attempt_id, is_wanted: true }));
$("preview-skip").addEventListener("click", () => act("preview", { attempt_id: state.call.attempt_id, is_wanted: false }));
$("log-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const campaigns = [...$("campaigns").querySelectorAll("input:checked")].map((box) => box.value);
  const phone = $("phone").value.trim();
  if (phone) localStorage.setItem("phone", phone);
  $("log-in-fault").textContent = await act("log-in", { campaigns, phone }) ? "" : $("fault").textContent;
});

// Keys by position, never while the input method composes or a field is being typed into.
const keys = [
  ["KeyR", "R", "desk.ready", () => !$("ready").hidden && state.agent && $("ready").click()],
  ["KeyP", "P", "desk.pause", () => state.agent && !$("pause-form").hidden && $("pause").click()],
  ["KeyH", "H", "desk.hang_up", () => state.call?.phase === "talk" && $("hang-up").click()],
  ["KeyN", "N", "desk.note", () => state.call && !$("note").hidden && $("note-text").focus()],
  ["KeyK", "K", "desk.knowledge", () => $("knowledge").focus()],
  ["KeyS", "S", "desk.statements", () => { if (state.call) { $("statements").open = !$("statements").open; $("statements").querySelector("input").focus(); } }],
  ...workKeys,
  ...talkKeys,
];
fill($("keys"), [...keys.map(([, label, word]) => [word, label]), ["desk.report", "1–8, Enter"], ["desk.leave_field", "Esc"]]);

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !state) return;
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), select, textarea");
  if (event.code === "Escape") {
    if (typing) event.target.blur();
    else if (state.call?.phase === "preview") $("preview-skip").click();
    return;
  }
  if (event.code === "Enter" && !typing && !event.target.matches("button, a, summary")) {
    if (state.call?.phase === "preview") { event.preventDefault(); $("preview-take").click(); }
    else if (!$("report").hidden) { event.preventDefault(); send(); }
    return;
  }
  if (typing) return;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
  if (digit && !$("report").hidden) {
    const radio = $("dispositions").querySelectorAll("input")[digit[1] - 1];
    if (radio) { event.preventDefault(); radio.checked = true; radio.dispatchEvent(new Event("change")); focusFields(radio); }
    return;
  }
  const key = keys.find(([code]) => code === event.code);
  if (key) { event.preventDefault(); key[3](); }
});

function focusFields(radio) {
  const field = { promised: "promise-amount", sold: "sold-amount", callback: "callback-at" }[radio.value];
  if (field && radio.value !== "promised") $(field).focus(); else radio.focus();
}

// Clocks run on the page between pushes.
function tick() {
  if (!state) return;
  const passed = ((performance.now() - received) / 1000) * state.speed;
  const since = state.agent ? (Date.parse(state.now_at) - Date.parse(state.agent.since_at)) / 1000 + passed : null;
  $("state-timer").textContent = since == null ? "" : duration(since / state.speed);
  const long = state.agent?.state === "wrap_up" && since / state.speed > longWrapUpS;
  $("state-timer").classList.toggle("is-long", long);
  $("call-timer").textContent = state.call ? duration((state.call.for_s + passed) / state.speed) : "";
  showLink();
}
setInterval(tick, 500);

function fill(list, pairs) {
  list.replaceChildren(...pairs.flatMap(([word, value, plain]) => {
    const term = document.createElement("dt"); term.textContent = plain ?? say(word);
    const data = document.createElement("dd"); data.textContent = value;
    return [term, data];
  }));
}

function row(cells, numeric) {
  const line = document.createElement("tr");
  cells.forEach((text, index) => { const cell = line.insertCell(); cell.textContent = text; if (numeric.includes(index)) cell.className = "number"; });
  return line;
}

for (const category of ["complaint", "praise", "question", "product", "process", "other"]) $("note-category").add(new Option(say(`note.${category}`), category));
for (const reason of pauseReasons) $("pause-reason").add(new Option(say(`pause.${reason}`), reason));
const open = me.campaigns.length ? me.campaigns : (await get("/board")).campaigns.map((one) => one.campaign_id);
$("campaigns").replaceChildren(...open.map((id) => {
  const label = document.createElement("label"); label.className = "check";
  const box = Object.assign(document.createElement("input"), { type: "checkbox", value: id, checked: true });
  const text = document.createElement("span"); text.textContent = id;
  label.append(box, text);
  return label;
}));
setUpTalk(act);
connect();
