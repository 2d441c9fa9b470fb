import { Refused, post } from "/static/js/api.js";
import { currentLanguage, loadWords } from "/static/js/words.js";

await loadWords();
const form = document.querySelector("form");
const fault = document.querySelector(".fault");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.textContent = "";
  const given = new FormData(form);
  const credentials = { name: given.get("name"), password: given.get("password") };
  try {
    if (location.pathname === "/first-run") {
      await post("/first-run", { ...credentials, key: location.hash.slice(1), language: currentLanguage() });
    } else {
      await post("/session", credentials);
    }
    const next = new URLSearchParams(location.search).get("next") || "/";
    location.assign(next.startsWith("/") && !next.startsWith("//") ? next : "/");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    fault.textContent = error.message;
  }
});

// Only now: before, the browser itself would have sent the form, and the password with it.
form.querySelector("button").disabled = false;
