// The page: what is live, and the one stream that is watched.

import { Card, Curves, facts } from "./card.js";
import { element, say, show } from "./dom.js";
import { Past } from "./past.js";
import { Player, streamURL, wantedTransport } from "./player.js";
import { Shelf, WatchedRecording, recordingIn } from "./recordings.js";
import { copyable, embedCode, rtmpURL } from "./share.js";
import { Stills } from "./stills.js";
import * as words from "./words.js";

const POLL_MS = 2000;
const SLOWEST_POLL_MS = 6000;
const ANSWER_MS = 8000;

const at = (id) => document.getElementById(id);

const past = new Past();
const stills = new Stills();
const cards = new Map();
// Not known before the server has answered.
let streams = null;
let rtmpPort = null;
let watched = null;

// Recordings are there only when the server has been asked to show them.
const source = document.body.dataset.recordings;
const shelf = source ? new Shelf(source, () => watched?.update()) : null;
if (shelf) document.querySelector("main").append(shelf.element);

// --- What is live

let poll = null;
let failures = 0;

async function refresh() {
  clearTimeout(poll);
  try {
    const asked = past.wanted;
    const url = new URL(`streams.json?samples=${asked}`, document.baseURI);
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!response.ok) throw new Error(`The server answers ${response.status}.`);
    const body = await response.json();
    ({ streams, rtmpPort } = body);
    past.take(streams, asked);
    failures = 0;
    render();
  } catch (error) {
    failures += 1;
    past.forget();
    // Once may be chance.
    if (failures > 1) complain(error);
  }
  // While nobody looks, nobody asks.
  if (document.hidden) return;
  poll = setTimeout(refresh, Math.min(POLL_MS * 2 ** failures, SLOWEST_POLL_MS));
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  past.forget();
  refresh();
});

function complain(error) {
  const timedOut = error.name === "TimeoutError" || error instanceof TypeError;
  say(at("trouble"), timedOut ? "The server does not answer. Trying again …" : error.message);
  show(at("trouble"), true);
}

function render() {
  if (!streams) return;
  show(at("trouble"), false);
  say(at("count"), words.streams(streams.length));
  renderCards();
  show(at("nothing"), streams.length === 0 && !watched);
  if (!at("nothing").hidden && !at("nothing").firstChild) at("nothing").append(...howTo());
  if (watched) watched.update();
}

function renderCards() {
  const names = new Set(streams.map((stream) => stream.name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    stills.remove(card);
    card.element.remove();
    cards.delete(name);
  }
  const list = at("streams");
  streams.forEach((stream, index) => {
    let card = cards.get(stream.name);
    if (!card) {
      card = new Card(stream);
      cards.set(stream.name, card);
      stills.add(card);
    }
    card.update(stream, past.of(stream.name));
    // Only what is new moves: a moved element loses its focus.
    if (list.children[index] !== card.element) list.insertBefore(card.element, list.children[index]);
    card.element.classList.toggle("watched", watched?.name === stream.name);
  });
}

function howTo() {
  return [
    element("h2", {}, "How to publish"),
    element("p", {}, "This page shows a stream as soon as somebody publishes one. For example:"),
    element("h3", {}, "OBS Studio"),
    element("p", {}, "Settings, Stream, Service “Custom…”, with these two, then Start Streaming."),
    copyable("Server", rtmpURL(rtmpPort, "live")),
    copyable("Stream key", "hello"),
    element("h3", {}, "ffmpeg"),
    copyable(
      "Command",
      "ffmpeg -re -i input.mp4 -c:v libx264 -preset veryfast -pix_fmt yuv420p -g 60 " +
        `-c:a aac -f flv ${rtmpURL(rtmpPort, "live/hello")}`,
    ),
  ];
}

// --- The stream that is watched

class Watched {
  constructor(name) {
    this.name = this.title = name;
    this.player = new Player(name, streamURL(name, ".flv"), wantedTransport());
    this.curves = new Curves();
    this.facts = element("p", { className: "facts" });
    this.heading = element("h2", { id: "watch-name", tabIndex: -1 }, name);
    const close = element("a", { href: "#", className: "close" }, "Close");
    this.share = element("details", {}, element("summary", {}, "Addresses and embedding"));
    this.shareOpened = () => this.fillShare();
    this.share.addEventListener("toggle", this.shareOpened, { once: true });
    at("watch").replaceChildren(
      element("div", { className: "head" }, this.heading, close),
      this.player.element,
      element("div", { className: "side" }, this.facts, this.curves.element),
      this.share,
    );
    show(at("watch"), true);
    this.player.start();
  }

  fillShare() {
    this.share.append(
      copyable("RTMP", rtmpURL(rtmpPort, this.name)),
      copyable("HTTP-FLV", streamURL(this.name, ".flv")),
      copyable("WebSocket", streamURL(this.name, ".flv").replace(/^http/, "ws")),
      copyable("Picture", streamURL(this.name, ".key.flv")),
      copyable("Embed", embedCode(this.name)),
    );
  }

  update() {
    if (!streams) return;
    const stream = streams.find((each) => each.name === this.name);
    show(this.curves.element, Boolean(stream));
    const { videoWidth, videoHeight } = this.player.video;
    const interrupted = stream?.interrupted ? ["Waiting for its publisher"] : [];
    const lines = stream
      ? [...facts(stream, videoWidth, videoHeight), ...interrupted, `Live since ${words.since(stream.seconds)}`]
      : ["Not live now"];
    say(this.facts, lines.join("\n"));
    if (stream) this.curves.update(stream, past.of(this.name));
  }

  close() {
    this.player.destroy();
    at("watch").replaceChildren();
    show(at("watch"), false);
  }

  // Where the focus goes when it is closed.
  leave() {
    cards.get(this.name)?.link.focus();
  }
}

let followed = "";

// The address says what is watched, so that it can be kept, sent and gone back from.
function follow() {
  let wanted = "";
  try {
    wanted = decodeURIComponent(location.hash.replace(/^#\/?/, ""));
  } catch {
    // No address of ours.
  }
  if (wanted === followed) return;
  const before = watched;
  if (watched) watched.close();
  followed = wanted;
  watched = wanted ? open(wanted) : null;
  document.title = watched ? `${watched.title} – Live` : "Live";
  render();
  if (watched) {
    watched.update();
    watched.heading.focus({ preventScroll: true });
    at("watch").scrollIntoView({ block: "start" });
  } else if (before) {
    before.leave();
  }
}

function open(wanted) {
  const path = shelf && recordingIn(wanted);
  return path ? new WatchedRecording(path, at("watch"), shelf) : new Watched(wanted);
}

addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  // In full screen the browser has its own use for this key.
  if (event.key === "Escape" && watched && !document.fullscreenElement) location.hash = "";
});
follow();
refresh();
