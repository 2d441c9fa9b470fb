// Users, tokens, the audit record: each part only for those who may see it.
import { Refused, del, get, post, request } from "/static/js/api.js";
import { start } from "/static/js/shell.js";
import { dayAndTime, say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const me = await start();
const may = (scope) => me.scopes.includes(scope);
const roles = ["agent", "supervisor", "policy_author", "auditor", "admin"];
const line = (...cells) => { const row = document.createElement("tr"); for (const cell of cells) { const node = row.insertCell(); node.append(cell); } return row; };
const button = (word, label, action) => { const node = Object.assign(document.createElement("button"), { textContent: say(word), type: "button", onclick: () => tried(action) }); node.setAttribute("aria-label", `${say(word)}: ${label}`); return node; };

async function tried(action) {
  try { $("fault").textContent = ""; await action(); return true; }
  catch (error) { if (!(error instanceof Refused)) throw error; $("fault").textContent = error.message; return false; }
}

async function showUsers() {
  const users = await get("/users");
  $("users").replaceChildren(...users.map((user) => {
    const doing = document.createElement("span");
    const word = user.is_disabled ? "admin.enable" : "admin.disable";
    doing.append(button(word, user.name, async () => { await request("PATCH", `/users/${encodeURIComponent(user.name)}`, { is_disabled: !user.is_disabled }); await showUsers(); }));
    return line(user.name, user.roles.map((role) => say(`role.${role}`)).join(", "), user.site, user.campaigns.join(", "), say(user.is_disabled ? "admin.disabled" : "admin.enabled"), doing);
  }));
}

async function showTokens() {
  const tokens = await get("/tokens");
  $("tokens").replaceChildren(...tokens.map((token) => line(token.title, token.user, token.scopes.join(", "), token.expires_at ? dayAndTime(1000 * token.expires_at) : "–",
    button("admin.revoke", token.title, async () => { await del(`/tokens/${token.id}`); await showTokens(); }))));
}

let before = null;
async function showAudit() {
  const page = await get(`/audit?limit=50${before ? `&before=${before}` : ""}`);
  $("audit").append(...page.rows.map((row) => line(dayAndTime(1000 * row.at), row.actor, `${row.action} ${row.target.replace("/api/v1", "")}`, String(row.outcome), row.detail === "{}" ? "" : row.detail)));
  before = page.next;
  $("older").hidden = before === null;
}

for (const role of roles) document.querySelector("[name=role]").add(new Option(say(`role.${role}`), role));
$("scopes").append(...me.scopes.map((scope) => { const label = Object.assign(document.createElement("label"), { className: "check" }); const box = Object.assign(document.createElement("input"), { type: "checkbox", value: scope }); label.append(box, scope); return label; }));
$("add-user").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  const campaigns = given.campaigns.split(/[\s,]+/).filter(Boolean);
  tried(async () => { await post("/users", { name: given.name, password: given.password, roles: [given.role], site: given.site, campaigns }); event.target.reset(); await showUsers(); });
});
$("make-token").addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  const scopes = [...$("scopes").querySelectorAll("input:checked")].map((box) => box.value);
  tried(async () => { const made = await post("/tokens", { title: given.get("title"), scopes, days: given.get("days") ? Number(given.get("days")) : null }); $("made").textContent = say("admin.made_token", { token: made.token }); await showTokens(); });
});
$("older").addEventListener("click", () => tried(showAudit));
for (const [scope, part, show] of [["users:write", "users-part", showUsers], ["tokens:write", "tokens-part", showTokens], ["audit:read", "audit-part", showAudit]]) {
  if (may(scope)) { $(part).hidden = false; await show(); }
}
