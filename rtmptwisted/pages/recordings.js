// What was recorded: a list below what is live, and the player for one of them.

import { element, say, show } from "./dom.js";
import { loadPlayer } from "./script.js";
import { copyable } from "./share.js";
import * as words from "./words.js";

const POLL_MS = 15000;
const ANSWER_MS = 20000;

// So many at first, and all that the server tells of when more are asked for.
const FEW = 50;
const ALL = 1000;

// The readyState of a video that can go on.
const HAVE_FUTURE_DATA = 3;

// Seconds to wait before each further attempt.
const AFTER_TROUBLE = [0.5, 1, 2, 5];

// What the address of the page has behind the # for a recording; no stream has such a
// name.
const ADDRESS = "?recording=";

const CONFIG = {
  // To the moment that was asked for, not to the keyframe before it.
  accurateSeek: true,
  // What was seen is let go.
  autoCleanupSourceBuffer: true,
};

function encoded(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

function addressOf(path) {
  return `#${ADDRESS}${encoded(path)}`;
}

// Relative, whatever folder a proxy has put the server in.
function urlOf(path) {
  return new URL(`./recordings/${encoded(path)}`, document.baseURI).href;
}

// The recording that an address of the page is of, from what is behind its #; null for
// none.
export function recordingIn(hash) {
  return hash.startsWith(ADDRESS) ? hash.slice(ADDRESS.length) : null;
}

function facts(recording) {
  const known = [
    words.length(recording.seconds),
    words.bytes(recording.bytes),
    recording.video || recording.audio ? words.codecs(recording) : "",
    words.size(recording.width, recording.height),
  ];
  // A line is not broken within one of them.
  return known.filter(Boolean).map((text) => text.replaceAll(" ", "\u00a0"));
}

class Row {
  constructor(recording) {
    const { path } = recording;
    this.name = element("span", { className: "name" });
    this.time = element("time");
    this.link = element("a", { href: addressOf(path) }, this.name, " ", this.time);
    this.facts = element("p", { className: "facts" });
    this.running = element("span", { className: "running" }, "Still being recorded");
    this.download = element("a", { className: "download", href: urlOf(path), download: "" }, "Download");
    this.element = element("li", {}, this.link, this.facts, this.running, this.download);
  }

  update(recording) {
    const when = words.dateAndTime(recording.recordedAt);
    say(this.name, recording.stream);
    say(this.time, when);
    if (this.time.dateTime !== recording.recordedAt) this.time.dateTime = recording.recordedAt;
    this.download.setAttribute("aria-label", `Download ${recording.stream}, ${when}`);
    say(this.facts, facts(recording).join(" · "));
    show(this.running, !recording.complete);
  }
}

export class Shelf {
  // `url` is where the list is; `changed` is called when there is another.
  constructor(url, changed) {
    this.url = url;
    this.changed = changed;
    this.recordings = null;
    this.count = FEW;
    this.rows = new Map();
    this.list = element("ul", { className: "recordings", "aria-labelledby": "recordings-name" });
    this.notice = element("p", { className: "facts", role: "status" }, "Looking for recordings …");
    this.more = element("button", { type: "button", hidden: true }, "Show older ones");
    this.more.addEventListener("click", () => this.showAll());
    this.element = element(
      "section",
      { id: "recordings", "aria-labelledby": "recordings-name" },
      element("h2", { id: "recordings-name" }, "Recordings"),
      this.notice,
      this.list,
      this.more,
    );
    document.addEventListener("visibilitychange", () => document.hidden || this.refreshIfOld());
    this.refresh();
  }

  find(path) {
    return this.recordings?.find((each) => each.path === path);
  }

  // While nobody looks, nobody asks; and who comes back often does not ask more often.
  refreshIfOld() {
    if (performance.now() - this.asked >= POLL_MS) this.refresh();
    else this.later(POLL_MS - (performance.now() - this.asked));
  }

  later(milliseconds) {
    clearTimeout(this.poll);
    if (!document.hidden) this.poll = setTimeout(() => this.refresh(), milliseconds);
  }

  showAll() {
    this.count = ALL;
    // The button will be gone, and with it the place of whoever uses a keyboard.
    this.list.lastElementChild?.querySelector("a").focus();
    this.refresh();
  }

  async refresh() {
    clearTimeout(this.poll);
    this.asked = performance.now();
    const { count } = this;
    try {
      const url = new URL(`${this.url}?limit=${count}`, document.baseURI);
      const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!response.ok) throw new Error(`The server answers ${response.status}.`);
      const { recordings, more } = await response.json();
      // Others may have been asked for meanwhile.
      if (count !== this.count) return;
      this.recordings = recordings;
      this.render(more);
      this.changed();
    } catch {
      if (count !== this.count) return;
      say(this.notice, "The recordings cannot be listed now. Trying again …");
      show(this.notice, true);
    }
    this.later(POLL_MS);
  }

  render(more) {
    const { recordings, rows, list } = this;
    say(this.notice, recordings.length ? "" : "There are none yet.");
    show(this.notice, !recordings.length);
    show(this.more, more && this.count < ALL);
    const paths = new Set(recordings.map((each) => each.path));
    for (const [path, row] of rows) {
      if (paths.has(path)) continue;
      row.element.remove();
      rows.delete(path);
    }
    recordings.forEach((recording, index) => {
      let row = rows.get(recording.path);
      if (!row) rows.set(recording.path, (row = new Row(recording)));
      row.update(recording);
      // Only what is new moves: a moved element loses its focus.
      if (list.children[index] !== row.element) list.insertBefore(row.element, list.children[index]);
    });
  }

  mark(path) {
    for (const [each, row] of this.rows) row.element.classList.toggle("watched", each === path);
  }

  focus(path) {
    this.rows.get(path)?.link.focus();
  }
}

// Plays a recording, with the browser's own controls.
class RecordedPlayer {
  constructor(title, url) {
    this.url = url;
    this.attempts = 0;
    this.video = element("video", { controls: true, playsInline: true });
    this.video.setAttribute("playsinline", "");
    this.video.setAttribute("aria-label", title);
    this.notice = element("p", { className: "trouble", role: "status", hidden: true });
    this.element = element("div", { className: "player recorded" }, this.video, this.notice);
    this.video.addEventListener("timeupdate", () => this.moved());
    this.open(0);
  }

  moved() {
    const { video } = this;
    if (video.paused || video.readyState < HAVE_FUTURE_DATA) return;
    this.attempts = 0;
    show(this.notice, false);
    this.element.classList.toggle("sound", !video.videoWidth);
  }

  async open(time) {
    this.close();
    const attempt = (this.attempt = {});
    try {
      const mpegts = await loadPlayer();
      if (attempt === this.attempt) this.load(mpegts, time, attempt);
    } catch (trouble) {
      if (attempt === this.attempt) this.tell(trouble.message);
    }
  }

  load(mpegts, time, attempt) {
    const source = { type: "flv", isLive: false, url: this.url };
    this.engine = mpegts.createPlayer(source, CONFIG);
    this.engine.on(mpegts.Events.ERROR, (type, detail, info) => {
      const lost = type === mpegts.ErrorTypes.NETWORK_ERROR;
      // mpegts.js is still in the midst of what has failed.
      setTimeout(() => attempt === this.attempt && this.failed(lost, info), 0);
    });
    this.engine.attachMediaElement(this.video);
    this.engine.load();
    if (time) this.video.currentTime = time;
    // Without a click of its own the browser may want one.
    this.video.play().catch(() => {});
  }

  failed(lost, info) {
    const time = this.video.currentTime;
    this.close();
    if (info?.code === 404) {
      this.tell("This recording is not there any more.");
    } else if (lost) {
      this.tell("The connection was lost. Trying again …");
      const delay = AFTER_TROUBLE[Math.min(this.attempts, AFTER_TROUBLE.length - 1)];
      this.attempts += 1;
      this.timer = setTimeout(() => this.open(time), delay * 1000);
    } else {
      this.tell("This browser cannot play it. Other players may: download it.");
    }
  }

  tell(text) {
    say(this.notice, text);
    show(this.notice, true);
  }

  close() {
    clearTimeout(this.timer);
    this.attempt = null;
    try {
      this.engine?.destroy();
    } catch (error) {
      console.warn("mpegts.js did not end well:", error);
    }
    this.engine = null;
  }
}

// The recording that is watched.
export class WatchedRecording {
  constructor(path, box, shelf) {
    this.path = path;
    this.box = box;
    this.shelf = shelf;
    this.title = path.replace(/\.flv$/, "");
    this.player = new RecordedPlayer(this.title, urlOf(path));
    this.facts = element("p", { className: "facts" });
    this.heading = element("h2", { id: "watch-name", tabIndex: -1 }, this.title);
    const close = element("a", { href: "#", className: "close" }, "Close");
    const download = element("a", { href: urlOf(path), download: "" }, "Download");
    const share = element(
      "details",
      {},
      element("summary", {}, "Addresses"),
      copyable("FLV", urlOf(path)),
      copyable("From 1:00 on", `${urlOf(path)}?start=60`),
    );
    box.replaceChildren(
      element("div", { className: "head" }, this.heading, close),
      this.player.element,
      element("div", { className: "side" }, this.facts, download),
      share,
    );
    show(box, true);
  }

  update() {
    const recording = this.shelf.find(this.path);
    this.shelf.mark(this.path);
    if (!recording) return;
    const running = recording.complete ? [] : ["Still being recorded: it plays as far as it went."];
    const lines = [words.dateAndTime(recording.recordedAt), ...facts(recording), ...running];
    say(this.facts, lines.join("\n"));
    const title = `${recording.stream}, ${words.dateAndTime(recording.recordedAt)}`;
    say(this.heading, title);
    this.player.video.setAttribute("aria-label", title);
  }

  close() {
    this.player.close();
    this.shelf.mark(null);
    this.box.replaceChildren();
    show(this.box, false);
  }

  // Where the focus goes when it is closed.
  leave() {
    this.shelf.focus(this.path);
  }
}
