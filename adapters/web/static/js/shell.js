// What every signed-in page starts with: words, who is signed in, the bar on top.
import { get, post } from "/static/js/api.js";
import { currentLanguage, loadWords, say, useLanguage, useZone } from "/static/js/words.js";

// Page path, word, the right that shows it.
const places = [
  ["/", "nav.home", null],
  ["/desk", "nav.desk", "desk"],
  ["/supervisor", "nav.supervisor", "floor:read"],
  ["/wallboard", "nav.wallboard", "board:read"],
  ["/explorer", "nav.explorer", "accounts:read"],
  ["/admin", "nav.admin", "tokens:write"],
];

export async function start() {
  await loadWords();
  const me = await get("/me");
  useZone(me.time_zone);
  if (me.language && !localStorage.getItem("language") && me.language !== currentLanguage()) useLanguage(me.language);
  const bar = document.querySelector("header.bar");
  if (bar) fill(bar, me);
  return me;
}

function fill(bar, me) {
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", say("app.name"));
  for (const [path, word, scope] of places) {
    if (scope && !me.scopes.includes(scope)) continue;
    const link = document.createElement("a");
    link.href = path;
    link.textContent = say(word);
    if (location.pathname === path) link.setAttribute("aria-current", "page");
    nav.append(link);
  }
  const language = document.createElement("select");
  language.setAttribute("aria-label", say("app.language"));
  for (const [code, name] of [["ko", "한국어"], ["en", "English"]]) language.add(new Option(name, code, false, code === currentLanguage()));
  language.addEventListener("change", () => useLanguage(language.value));
  const out = document.createElement("button");
  out.textContent = `${say("nav.sign_out")} · ${me.display_name}`;
  out.addEventListener("click", async () => { await post("/session/end"); location.assign("/sign-in"); });
  bar.append(nav, language, out);
}

export function places_of(me) {
  return places.filter(([path, , scope]) => path !== "/" && (!scope || me.scopes.includes(scope)));
}
