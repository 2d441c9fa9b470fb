import { live } from "/static/js/live.js";
import { start } from "/static/js/shell.js";
import { count } from "/static/js/words.js";

await start();
const main = document.querySelector("main");
live("/api/v1/board/stream", "board", (board) => { main.textContent = count(board.campaigns.reduce((sum, one) => sum + one.attempts, 0)); },
  document.querySelector(".link-state"));
