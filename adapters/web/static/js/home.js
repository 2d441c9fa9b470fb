import { places_of, start } from "/static/js/shell.js";
import { say } from "/static/js/words.js";

const me = await start();
const list = document.querySelector("#places");
for (const [path, word] of places_of(me)) {
  const link = document.createElement("a");
  link.href = path;
  link.className = "panel";
  link.textContent = say(word);
  list.append(link);
}
