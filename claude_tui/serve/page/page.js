// Starts textual-serve's script, which measures the font when it starts: not before the font is there.
"use strict";
(async () => {
  const terminal = document.getElementById("terminal");
  const size = Number(new URLSearchParams(location.search).get("fontsize"));
  terminal.dataset.fontSize = size >= 8 && size <= 40 ? size : 15;
  // Relative to this page, so that a proxy may give it another scheme, port or path.
  terminal.dataset.sessionWebsocketUrl = new URL("ws", location.href.split("?")[0]).href.replace(/^http/, "ws");
  document.getElementById("again").addEventListener("click", () => location.reload());
  await Promise.allSettled([
    document.fonts.load('15px "Roboto Mono"'),
    document.fonts.load('bold 15px "Roboto Mono"'),
    new Promise((ready) => document.readyState === "complete" ? ready() : addEventListener("load", ready)),
  ]);
  const script = document.createElement("script");
  script.src = "static/js/textual.js";
  // It waits for the load event, which is over.
  script.addEventListener("load", () => {
    window.onload();
    document.querySelector(".xterm-helper-textarea").focus();
  });
  document.head.append(script);
})();
