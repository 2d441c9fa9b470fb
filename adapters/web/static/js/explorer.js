// One account: may I call now, why not, when next; and its week as bands, one a rule.
import { Refused, get } from "/static/js/api.js";
import { start } from "/static/js/shell.js";
import { currentLanguage, dayAndTime, say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const svg = "http://www.w3.org/2000/svg";
await start();
const board = await get("/board");
for (const row of board.campaigns) $("campaign").add(new Option(currentLanguage() === "ko" ? row.name_ko : row.name_en, row.campaign_id));
const base = () => `/campaigns/${encodeURIComponent($("campaign").value)}/accounts`;

let asked = 0;
$("account").addEventListener("input", async () => {
  const mine = ++asked;
  const found = await get(`${base()}?begins=${encodeURIComponent($("account").value)}`);
  if (mine === asked) $("found").replaceChildren(...found.map((id) => new Option(id, id)));
});

$("ask").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("fault").textContent = "";
  const account = `${base()}/${encodeURIComponent($("account").value)}`;
  const at = $("at").value ? `&at=${encodeURIComponent(`${$("at").value}:00`.slice(0, 19))}` : "";
  try {
    const told = await get(`${account}/explanation?language=${currentLanguage()}&everything=${$("everything").checked}${at}`);
    $("answer").hidden = false;
    $("answer").dataset.allowed = told.is_allowed;
    $("answer-title").textContent = told.is_allowed ? `✓ ${say("explorer.allowed")}` : `■ ${say("explorer.refused")}${told.next_at ? ` · ${say("explorer.next", { at: dayAndTime(told.next_at) })}` : ""}`;
    $("text").textContent = told.text;
    showWeek(await get(`${account}/week`), told.next_at);
  } catch (error) { if (!(error instanceof Refused)) throw error; $("fault").textContent = error.message; }
});

function showWeek(week, nextAt) {
  $("week-part").hidden = false;
  const title = (band) => (currentLanguage() === "ko" ? band.title_ko : band.title_en);
  const rows = [[say("explorer.all_rules"), week.open, "is-all"], ...week.bands.map((band) => [`${title(band)}`, band.open, "", band.rule_id])];
  $("ribbon").replaceChildren(days(week), ...rows.map(([text, spans, kind, rule]) => ribbon(week, text, spans, kind, rule, nextAt)));
  $("week-table").replaceChildren(...rows.map(([text, spans]) => {
    const line = document.createElement("tr");
    line.insertCell().textContent = text;
    line.insertCell().textContent = spans.map((span) => `${dayAndTime(span.from_at)} – ${dayAndTime(span.to_at)}`).join(", ") || say("explorer.never");
    return line;
  }));
}

const part = (parent, tag, attributes, text) => { const node = document.createElementNS(svg, tag); for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value); if (text) node.textContent = text; parent.append(node); return node; };
const place = (week, at) => (100 * (Date.parse(at) - Date.parse(week.from_at))) / (Date.parse(week.to_at) - Date.parse(week.from_at));

function ribbon(week, text, spans, kind, rule, nextAt) {
  const row = Object.assign(document.createElement("div"), { className: `ribbon-row ${kind}`, title: rule ?? "" });
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `${text}: ${spans.length ? say("explorer.spans", { n: spans.length }) : say("explorer.never")}`);
  part(picture, "rect", { width: "100%", height: "100%", fill: "var(--raised)" });
  for (const span of spans) part(picture, "rect", { x: `${place(week, span.from_at)}%`, width: `${place(week, span.to_at) - place(week, span.from_at)}%`, height: "100%", fill: "var(--good)" });
  if (kind && nextAt) part(picture, "rect", { x: `${place(week, nextAt)}%`, width: 3, height: "100%", fill: "var(--text)" });
  row.append(Object.assign(document.createElement("span"), { textContent: text }), picture);
  return row;
}

function days(week) {
  const row = Object.assign(document.createElement("div"), { className: "ribbon-row muted" });
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("aria-hidden", "true");
  for (let day = 0; day < 7; day++) {
    const at = new Date(Date.parse(week.from_at) + day * 86400e3).toISOString();
    part(picture, "text", { x: `${place(week, at)}%`, y: 16, "font-size": 12, fill: "var(--muted)" }, dayAndTime(at));
  }
  row.append(document.createElement("span"), picture);
  return row;
}
