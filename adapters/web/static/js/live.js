// A stream of figures that says when it is lost, how old the figures are, and comes back by itself.
import { age, say } from "/static/js/words.js";

export function live(path, event, onData, stateNode) {
  let source = null, last = 0, retry = 1000, timer = null;

  function show() {
    const old = (Date.now() - last) / 1000;
    const lost = last === 0 || old > 3;
    stateNode.dataset.state = lost ? "lost" : "live";
    const text = lost && last ? say("link.lost", { age: age(old) }) : lost ? "…" : say("link.live");
    if (stateNode.textContent !== text) stateNode.textContent = text;
    document.body.classList.toggle("figures-stale", lost && last > 0);
  }

  function connect() {
    clearTimeout(timer);
    source = new EventSource(path);
    source.addEventListener(event, (message) => {
      last = Date.now(); retry = 1000;
      onData(JSON.parse(message.data));
      show();
    });
    source.onerror = () => {
      source.close();
      show();
      timer = setTimeout(connect, retry);
      retry = Math.min(retry * 2, 15000);
    };
  }

  connect();
  setInterval(show, 1000);
  window.addEventListener("online", connect);
  return () => source.close();
}
