// Both languages from one file. `say(key, values)` returns the text; a missing key is shown as itself and fails the tests.
const supported = ["ko", "en"];
let table = {};
let language = pick();
let timeZone;

function pick() {
  const kept = localStorage.getItem("language");
  if (supported.includes(kept)) return kept;
  return navigator.language.startsWith("ko") ? "ko" : "en";
}

export async function loadWords() {
  table = await (await fetch("/static/locales/messages.json")).json();
  document.documentElement.lang = language;
  translate(document);
}

// Times are shown in the centre's zone, wherever the screen hangs.
export function useZone(zone) { timeZone = zone; }

export function currentLanguage() { return language; }

export function useLanguage(wanted) {
  if (!supported.includes(wanted) || wanted === language) return;
  localStorage.setItem("language", wanted);
  location.reload();
}

export function say(key, values = {}) {
  const text = table[key]?.[language] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function translate(root) {
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll("[data-say-label]")) node.setAttribute("aria-label", say(node.dataset.sayLabel));
  for (const node of root.querySelectorAll("[data-say-placeholder]")) node.placeholder = say(node.dataset.sayPlaceholder);
}

// Figures, as each language writes them.
const numbers = new Intl.NumberFormat(language);
const won = new Intl.NumberFormat(language, { style: "currency", currency: "KRW", maximumFractionDigits: 0 });

export function count(value) { return value == null ? "–" : numbers.format(value); }
export function percent(value, digits = 1) { return value == null ? "–" : `${(100 * value).toFixed(digits)} %`; }
export function money(minor, currency = "KRW") {
  if (minor == null) return "–";
  if (currency === "KRW") return won.format(minor);
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}
export function clockTime(value, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false, timeZone, ...(withSeconds ? { second: "2-digit" } : {}) };
  return new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", options).format(new Date(value));
}
export function dayAndTime(value) {
  const at = new Date(value);
  if (language === "ko") {
    const parts = Object.fromEntries(new Intl.DateTimeFormat("ko-KR", { month: "numeric", day: "numeric", weekday: "short", timeZone }).formatToParts(at).map((part) => [part.type, part.value]));
    return `${parts.month}. ${parts.day}.(${parts.weekday}) ${clockTime(value)}`;
  }
  const date = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone }).format(at);
  return `${date} ${clockTime(value)}`;
}
export function duration(seconds) {
  if (seconds == null) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${String(whole % 60).padStart(2, "0")}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}
export function age(seconds) {
  if (seconds < 90) return say("unit.seconds", { n: Math.round(seconds) });
  if (seconds < 5400) return say("unit.minutes", { n: Math.round(seconds / 60) });
  return say("unit.hours", { n: Math.round(seconds / 3600) });
}
