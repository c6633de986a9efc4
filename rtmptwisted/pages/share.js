// Addresses to copy.

import { element, say } from "./dom.js";
import { streamURL } from "./player.js";

const COPIED_MS = 1500;

// Where to publish and play by RTMP; the port is left out where it is the usual one or
// is not known.
export function rtmpURL(rtmpPort, path) {
  const port = rtmpPort && rtmpPort !== 1935 ? `:${rtmpPort}` : "";
  return `rtmp://${location.hostname}${port}/${path}`;
}

export function embedCode(name) {
  const source = streamURL(name, ".html").replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const style = "border:0;aspect-ratio:16/9;width:100%";
  return `<iframe src="${source}" style="${style}" allow="autoplay; fullscreen"></iframe>`;
}

export function copyable(label, text) {
  const field = element("input", { readOnly: true, type: "text", "aria-label": label });
  field.value = text;
  field.addEventListener("focus", () => field.select());
  const told = element("span", { className: "told", role: "status" });
  const button = element("button", { type: "button", "aria-label": `Copy: ${label}` }, "Copy");
  button.addEventListener("click", async () => {
    say(told, (await copy(field)) ? "Copied" : "Press Ctrl+C to copy");
    setTimeout(() => say(told, ""), COPIED_MS);
  });
  return element(
    "div",
    { className: "copyable" },
    element("span", { className: "label", "aria-hidden": "true" }, label),
    field,
    button,
    told,
  );
}

async function copy(field) {
  try {
    // Only pages that came over HTTPS have a clipboard.
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}
