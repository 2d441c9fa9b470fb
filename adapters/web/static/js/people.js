// Who works where, and who asks for help: the supervisor's dialogs about people.
import { Refused, get, post } from "/static/js/api.js";
import { duration, say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const el = (tag, props = {}, ...children) => { const node = Object.assign(document.createElement(tag), props); node.append(...children); return node; };

export function showHands(hands, now, mayMove) {
  const focused = document.activeElement?.dataset?.hand;
  $("hands-panel").hidden = !hands.length;
  $("hands").replaceChildren(...hands.map((one) => {
    const parts = [el("strong", { textContent: `✋ ${one.agent_id}` }), el("span", { textContent: duration((now - Date.parse(one.raised_at)) / 1000) }), el("span", { textContent: one.text })];
    if (one.coming) parts.push(el("span", { textContent: say("floor.coming", { who: one.coming }) }));
    else if (mayMove) {
      const button = el("button", { textContent: say("floor.come"), onclick: () => come(one.agent_id) });
      button.dataset.hand = one.agent_id;
      button.setAttribute("aria-label", `${say("floor.come")}: ${one.agent_id}`);
      parts.push(button);
    }
    return el("li", {}, ...parts);
  }));
  if (focused) document.querySelector(`[data-hand="${CSS.escape(focused)}"]`)?.focus();
}

async function come(agent) {
  try { await post(`/agents/${encodeURIComponent(agent)}/come`, {}); } catch (error) { if (!(error instanceof Refused)) throw error; }
}

export function movePeople(row, campaigns) {
  $("move-title").textContent = say("floor.move_title", { who: row.agent_id });
  $("move-reason").value = ""; $("move-fault").textContent = "";
  $("move-campaigns").replaceChildren(...campaigns.map((id) => el("label", { className: "check" }, Object.assign(document.createElement("input"), { type: "checkbox", value: id, checked: row.campaign_ids.includes(id) }), el("span", { textContent: id }))));
  $("move-go").onclick = async (event) => {
    event.preventDefault();
    const wanted = [...$("move-campaigns").querySelectorAll("input:checked")].map((box) => box.value);
    try { await post(`/agents/${encodeURIComponent(row.agent_id)}/move`, { campaigns: wanted, reason: $("move-reason").value }); $("move").close(); }
    catch (error) { if (!(error instanceof Refused)) throw error; $("move-fault").textContent = error.message; }
  };
  $("move").showModal();
}

$("move-cancel").addEventListener("click", () => $("move").close());

// Listening, whispering, joining: on a phone of the supervisor's own, each time with a reason.
let oversight = { is_possible: false };

export function canOversee() { return oversight.is_possible; }

export async function lookAtOversight() {
  oversight = await get("/oversight");
  $("overseeing").hidden = !oversight.agent_id;
  const text = oversight.agent_id ? say("oversee.now", { who: oversight.agent_id, how: say(`oversee.${oversight.how}`) }) : "";
  if ($("overseeing-text").textContent !== text) $("overseeing-text").textContent = text;
}

export function overseeAgent(row) {
  $("oversee-title").textContent = say("oversee.of", { who: row.agent_id });
  $("oversee-phone").value = localStorage.getItem("phone") ?? "";
  $("oversee-reason").value = ""; $("oversee-fault").textContent = "";
  $("oversee-go").onclick = async (event) => {
    event.preventDefault();
    const phone = $("oversee-phone").value.trim();
    try {
      await post(`/agents/${encodeURIComponent(row.agent_id)}/oversee`, { how: $("oversee-how").value, phone, reason: $("oversee-reason").value });
      localStorage.setItem("phone", phone);
      $("oversee").close();
      await lookAtOversight();
    } catch (error) { if (!(error instanceof Refused)) throw error; $("oversee-fault").textContent = error.message; }
  };
  $("oversee").showModal();
}

$("oversee-cancel").addEventListener("click", () => $("oversee").close());
$("overseeing-end").addEventListener("click", async () => { try { await post("/oversight/end", {}); await lookAtOversight(); } catch (error) { if (!(error instanceof Refused)) throw error; } });
