// A player with its controls: the same on the page and in a frame.

import { drawing, element, say, show } from "./dom.js";
import { Playback, State } from "./playback.js";

const ICONS = {
  play: "M8 5v14l11-7z",
  stop: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  muted: "M4 9v6h4l5 5V4L8 9zm11.5.1 5.4 5.4-1.4 1.4-5.4-5.4zm5.4 1.4-5.4 5.4-1.4-1.4 5.4-5.4z",
  sound: "M4 9v6h4l5 5V4L8 9zm11.5-1.5v9a5 5 0 0 0 0-9z",
  full: "M5 5h6v2H7v4H5zm8 0h6v6h-2V7h-4zM5 13h2v4h4v2H5zm12 0h2v6h-6v-2h4z",
};

const NOTICES = {
  [State.STOPPED]: "Stopped",
  [State.CONNECTING]: "Connecting …",
  [State.PLAYING]: "",
  [State.STALLED]: "Waiting for more …",
  [State.WAITING]: "Not live now. It plays when it is.",
  [State.RETRYING]: "Trying again …",
  [State.UNPLAYABLE]: "This stream cannot be played here.",
  [State.BLOCKED]: "Press play to start.",
};

// Those of which more can be said.
const DETAILED = new Set([State.STALLED, State.RETRYING, State.UNPLAYABLE]);

// The server is given so long to say what it has.
const ANSWER_MS = 5000;

// Controls fade when nobody has moved for so long.
const IDLE_MS = 2500;

// What mends itself at once need not be told.
const NOTICE_MS = 500;

export class Player {
  // `url` is that of the FLV over HTTP.
  constructor(name, url, transport = "http") {
    this.video = element("video", { muted: true, playsInline: true, tabIndex: -1 });
    // As an attribute too: some browsers look only at that.
    this.video.setAttribute("muted", "");
    this.video.setAttribute("playsinline", "");
    this.frozen = element("canvas", { className: "frozen", hidden: true });
    this.notice = element("p");
    this.detail = element("small");
    this.box = element(
      "div",
      { className: "notice", role: "status", "aria-live": "polite" },
      element("span", { className: "spinner", "aria-hidden": "true" }),
      this.notice,
      this.detail,
    );
    this.playback = new Playback(this.video, url, transport, () => inquire(name));
    this.element = element(
      "div",
      { className: "player", role: "group", "aria-label": `Player: ${name}` },
      this.video,
      this.frozen,
      this.box,
      this.controls(transport),
    );
    this.playback.addEventListener("state", () => this.changed());
    this.playback.addEventListener("closing", () => this.freeze());
    this.video.addEventListener("playing", () => show(this.frozen, false));
    this.video.addEventListener("volumechange", () => this.refresh());
    this.listen();
    this.refresh();
    this.clock = setInterval(() => this.tell(), 500);
  }

  controls(transport) {
    this.playButton = button(() => this.toggle());
    this.muteButton = button(() => (this.video.muted = !this.video.muted));
    this.fullButton = button(() => this.fullScreen());
    this.latency = element("span", { className: "latency" });
    this.choice = element(
      "select",
      { "aria-label": "Transport" },
      element("option", { value: "http" }, "HTTP"),
      element("option", { value: "ws" }, "WebSocket"),
    );
    this.choice.value = transport;
    this.choice.addEventListener("change", () => this.playback.use(this.choice.value));
    const bar = element(
      "div",
      { className: "bar" },
      this.playButton,
      this.muteButton,
      this.latency,
      this.choice,
      this.fullButton,
    );
    return bar;
  }

  listen() {
    const awake = () => {
      this.element.classList.add("awake");
      clearTimeout(this.idle);
      this.idle = setTimeout(() => this.element.classList.remove("awake"), IDLE_MS);
    };
    for (const name of ["pointermove", "pointerdown", "focusin", "keydown"]) {
      this.element.addEventListener(name, awake);
    }
    this.video.addEventListener("dblclick", () => this.fullScreen());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.onFullScreen = () => this.refresh();
    document.addEventListener("fullscreenchange", this.onFullScreen);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("select")) return;
    if (event.key === "m") this.video.muted = !this.video.muted;
    else if (event.key === "f") this.fullScreen();
    else if (event.key === "k") this.toggle();
    else return;
    event.preventDefault();
  }

  start() {
    this.playback.start();
  }

  destroy() {
    clearInterval(this.clock);
    clearTimeout(this.idle);
    clearTimeout(this.noticing);
    document.removeEventListener("fullscreenchange", this.onFullScreen);
    this.playback.stop();
  }

  // Nobody gets what nobody watches: to stop is to leave, and to play is to join.
  toggle() {
    const { state } = this.playback;
    if (state === State.BLOCKED) this.playback.unblock();
    else if (state === State.STOPPED) this.playback.start();
    else this.playback.stop();
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.element.requestFullscreen) this.element.requestFullscreen().catch(() => {});
    else if (this.video.webkitEnterFullscreen) this.video.webkitEnterFullscreen();
  }

  // The last picture stays until there is another.
  freeze() {
    const { video, frozen } = this;
    if (video.readyState < 2 || !video.videoWidth) return;
    frozen.width = video.videoWidth;
    frozen.height = video.videoHeight;
    frozen.getContext("2d").drawImage(video, 0, 0);
    show(frozen, true);
  }

  changed() {
    const { state } = this.playback;
    clearTimeout(this.noticing);
    const calm = state === State.CONNECTING || state === State.STALLED;
    const later = calm && !this.frozen.hidden ? NOTICE_MS * 2 : NOTICE_MS;
    if (calm) this.noticing = setTimeout(() => this.announce(), later);
    else this.announce();
    this.refresh();
  }

  announce() {
    const { state, detail } = this.playback;
    this.element.dataset.state = state;
    say(this.notice, NOTICES[state]);
    say(this.detail, DETAILED.has(state) ? detail : "");
  }

  refresh() {
    const { state } = this.playback;
    const idle = state === State.STOPPED || state === State.BLOCKED;
    face(this.playButton, idle ? "play" : "stop", idle ? "Play" : "Stop");
    const { muted } = this.video;
    face(this.muteButton, muted ? "muted" : "sound", muted ? "Unmute" : "Mute");
    const full = Boolean(document.fullscreenElement);
    face(this.fullButton, "full", full ? "Leave full screen" : "Full screen");
  }

  tell() {
    const { state, behind } = this.playback;
    const live = state === State.PLAYING && typeof behind === "number";
    this.latency.classList.toggle("on", live);
    say(this.latency, live ? `${behind.toFixed(1)} s behind` : "");
    this.element.classList.toggle("sound", live && !this.video.videoWidth);
  }
}

function button(action) {
  const made = element("button", { type: "button" });
  made.addEventListener("click", action);
  return made;
}

function face(made, icon, label) {
  if (made.title === label) return;
  made.title = label;
  made.setAttribute("aria-label", label);
  const svg = drawing(
    "svg",
    { viewBox: "0 0 24 24", "aria-hidden": "true" },
    drawing("path", { d: ICONS[icon] }),
  );
  made.replaceChildren(svg);
}

// What the server has of a stream now; null when it has none.
async function inquire(name) {
  const url = new URL("streams.json?samples=0", document.baseURI);
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) return null;
  const { streams } = await response.json();
  return streams.find((stream) => stream.name === name) ?? null;
}

// What the address of the page asks for.
export function wantedTransport() {
  return new URLSearchParams(location.search).get("transport") === "ws" ? "ws" : "http";
}

// Where the stream of a name is, whatever folder a proxy has put the server in.
export function streamURL(name, ending) {
  const path = name.split("/").map(encodeURIComponent).join("/");
  // A path that begins with two slashes would be another host.
  return new URL(`./${path}${ending}`, document.baseURI).href;
}
