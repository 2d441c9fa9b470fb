// What can be done with a talk besides ending it: hold, mute, record, hand on. Only what the line can is shown.
import { say } from "/static/js/words.js";

const $ = (id) => document.getElementById(id);
const abilities = { hold: ["KeyO", "O"], mute: ["KeyM", "M"], record: ["KeyC", "C"] };
let state = null, act = null, targets = "";

export function setUpTalk(actor) {
  act = actor;
  for (const name of Object.keys(abilities)) $(`talk-${name}`).addEventListener("click", () => turn(name));
  $("hand-on").addEventListener("submit", async (event) => {
    event.preventDefault();
    $("hand-on-go").disabled = true;
    await act("transfer", { attempt_id: state.call.attempt_id, target: $("hand-on-to").value });
    $("hand-on-go").disabled = false;
  });
  const kept = localStorage.getItem("phone");
  if (kept) $("phone").value = kept;
}

export function showTalk(next) {
  state = next;
  const call = state.call?.phase === "talk" ? state.call : null;
  $("talk-controls").hidden = !call?.abilities.length;
  for (const [name] of Object.entries(abilities)) {
    const button = $(`talk-${name}`), on = Boolean(call?.on.includes(name));
    button.hidden = !call?.abilities.includes(name);
    button.setAttribute("aria-pressed", String(on));
    button.firstElementChild.textContent = say(on ? `talk.${name}_off` : `talk.${name}`);
  }
  $("hand-on").hidden = !call?.targets.length;
  if (call && call.targets.join("\n") !== targets) {
    targets = call.targets.join("\n");
    $("hand-on-to").replaceChildren(...call.targets.map((one) => new Option(one, one)));
  }
  $("phone-label").hidden = !state.needs_phone;
  $("phone").required = state.needs_phone;
  const waiting = Boolean(state.phone);
  $("phone-waiting").hidden = !waiting;
  if (waiting) { const text = say("talk.calling_phone", { phone: state.phone }); if ($("phone-waiting-text").textContent !== text) $("phone-waiting-text").textContent = text; $("log-in").hidden = true; }
}

function turn(name) {
  const call = state?.call;
  if (call?.phase === "talk" && call.abilities.includes(name)) return act("turn", { attempt_id: call.attempt_id, ability: name, is_on: !call.on.includes(name) });
}

export const talkKeys = [
  ...Object.entries(abilities).map(([name, [code, label]]) => [code, label, `talk.${name}`, () => turn(name)]),
  ["KeyT", "T", "talk.transfer", () => { if (!$("hand-on").hidden) $("hand-on-to").focus(); }],
];
