// Plays one live stream in a video element, and begins again whenever that ends: the
// network, the server and the publisher may go and come back.

import { Pace, seconds } from "./pace.js";
import { loadPlayer } from "./script.js";

// What the state of a playback can be.
export const State = Object.freeze({
  STOPPED: "stopped",
  CONNECTING: "connecting",
  PLAYING: "playing",
  STALLED: "stalled",
  WAITING: "waiting", // nobody publishes
  RETRYING: "retrying",
  UNPLAYABLE: "unplayable",
  BLOCKED: "blocked", // the browser wants the user to start it
});

// Seconds to wait before each further attempt.
const AFTER_TROUBLE = [0.2, 1, 2, 3, 5];
const WHILE_WAITING = [1, 1, 1.5, 2, 3];
const WHILE_UNPLAYABLE = [5, 10];

// A stream that has played for so long begins its attempts anew, in seconds.
const STEADY = 8;

// The server is asked so long whether there is a stream, and a connection may be silent
// for so long, at first.
const ANSWER_SECONDS = 8;
const SILENCE = [6, 12, 24];

// When nothing comes, the publisher may be silent itself, or gone for a while, which a
// new connection would not help.  So often the server is asked whether it has got more
// meanwhile, in seconds; when that is so this many times, it is the connection.
const ASK_SECONDS = 2;
const DEAF = 2;

// When a stream is over, what is there is shown to its end, but not for longer.
const LAST_SECONDS = 2;

// Without enough to start with, it starts all the same after this.
const START_SECONDS = 1;

const TICK_MS = 200;

// The readyState of a video that can go on.
const HAVE_FUTURE_DATA = 3;

const CONFIG = {
  // What arrives is shown, not collected.
  enableStashBuffer: false,
  // The pace is kept here, since it has to follow the network.
  liveBufferLatencyChasing: false,
  liveSync: false,
  // What was seen is let go.
  autoCleanupSourceBuffer: true,
  autoCleanupMaxBackwardDuration: 30,
  autoCleanupMinBackwardDuration: 15,
};

export class Playback extends EventTarget {
  // `url` is that of the FLV over HTTP; `transport` is "http" or "ws".  `inquire` asks
  // the server what it has of the stream: `bytes`, and whether it is `interrupted`.
  constructor(video, url, transport, inquire) {
    super();
    this.inquire = inquire;
    this.video = video;
    this.url = url;
    this.transport = transport;
    this.pace = new Pace(video);
    this.state = State.STOPPED;
    this.detail = "";
    this.attempts = 0;
    this.engine = null;
    this.timer = null;
    this.ticker = null;
    // Whatever belongs to an older attempt is not listened to any more.
    this.attempt = 0;
    this.onVideo = this.onVideo.bind(this);
  }

  get behind() {
    return this.engine && this.pace.behind;
  }

  start() {
    this.attempts = 0;
    this.connect();
  }

  stop() {
    this.close();
    this.become(State.STOPPED);
  }

  use(transport) {
    this.transport = transport;
    if (this.state !== State.STOPPED) this.start();
  }

  // Called in the browser's turn of a click.
  unblock() {
    this.play(this.attempt);
  }

  become(state, detail = "") {
    if (state === this.state && detail === this.detail) return;
    this.state = state;
    this.detail = detail;
    this.dispatchEvent(new Event("state"));
  }

  async connect() {
    this.close();
    const attempt = this.attempt;
    // While it waits, it does not say each time that it asks.
    if (this.state !== State.WAITING && this.state !== State.UNPLAYABLE) {
      this.become(State.CONNECTING);
    }
    let mpegts;
    try {
      mpegts = await loadPlayer();
      await this.ask();
    } catch (trouble) {
      if (attempt === this.attempt) this.failed(trouble);
      return;
    }
    if (attempt !== this.attempt) return;
    // To wait is no failure.
    if (this.state === State.WAITING) this.attempts = 0;
    this.become(State.CONNECTING);
    this.open(mpegts, attempt);
  }

  // Ask whether there is a stream: errors of WebSockets do not tell.
  async ask() {
    const signal = AbortSignal.timeout(ANSWER_SECONDS * 1000);
    const response = await fetch(this.url, { method: "HEAD", cache: "no-store", signal });
    if (response.ok) return;
    const trouble = new Error(`The server answers ${response.status}.`);
    trouble.status = response.status;
    throw trouble;
  }

  failed(trouble) {
    if (trouble.status === 404) {
      this.again(State.WAITING, "", WHILE_WAITING);
    } else if (trouble.status === 406) {
      this.again(State.UNPLAYABLE, "Browsers cannot play its codecs.", WHILE_UNPLAYABLE);
    } else if (trouble.hopeless) {
      this.again(State.UNPLAYABLE, trouble.message, WHILE_UNPLAYABLE);
    } else {
      const silent = trouble.name === "TypeError" || trouble.name === "TimeoutError";
      const detail = silent ? "The server does not answer." : trouble.message;
      this.again(State.RETRYING, detail, AFTER_TROUBLE);
    }
  }

  again(state, detail, delays) {
    this.close();
    const delay = delays[Math.min(this.attempts, delays.length - 1)];
    this.attempts += 1;
    this.become(state, detail);
    // A little apart from others whom the same trouble has met.
    const spread = 0.8 + 0.4 * Math.random();
    this.timer = setTimeout(() => this.connect(), delay * spread * 1000);
  }

  open(mpegts, attempt) {
    const { video } = this;
    const url = new URL(this.url);
    if (this.transport === "ws") url.protocol = url.protocol.replace("http", "ws");
    const engine = mpegts.createPlayer({ type: "flv", isLive: true, url: url.href }, CONFIG);
    this.engine = engine;
    this.openedAt = seconds();
    this.playedAt = null;
    this.endedAt = null;
    this.starved = 0;
    this.hears();
    this.pace.reset();
    engine.on(mpegts.Events.ERROR, (type, detail, info) => {
      if (attempt !== this.attempt) return;
      const media = type === mpegts.ErrorTypes.MEDIA_ERROR;
      const words = media ? (info && info.msg) || detail : "The connection was lost.";
      // mpegts.js is still in the midst of what has failed.
      setTimeout(() => attempt === this.attempt && this.broken(words, media), 0);
    });
    engine.on(mpegts.Events.LOADING_COMPLETE, () => {
      if (attempt === this.attempt) this.endedAt = seconds();
    });
    for (const name of ["playing", "waiting", "ended", "error"]) {
      video.addEventListener(name, this.onVideo);
    }
    engine.attachMediaElement(video);
    engine.load();
    this.ticker = setInterval(() => this.tick(attempt), TICK_MS);
  }

  close() {
    this.attempt += 1;
    clearTimeout(this.timer);
    clearInterval(this.ticker);
    if (!this.engine) return;
    this.dispatchEvent(new Event("closing"));
    for (const name of ["playing", "waiting", "ended", "error"]) {
      this.video.removeEventListener(name, this.onVideo);
    }
    try {
      this.engine.destroy();
    } catch (error) {
      console.warn("mpegts.js did not end well:", error);
    }
    this.engine = null;
  }

  async play(attempt) {
    try {
      await this.video.play();
    } catch (error) {
      if (attempt === this.attempt && error.name === "NotAllowedError") {
        this.become(State.BLOCKED);
      }
    }
  }

  onVideo(event) {
    if (event.type === "playing") {
      this.playedAt ??= seconds();
      this.become(State.PLAYING);
    } else if (event.type === "waiting") {
      // Before the first picture, and after a jump, waiting is no fault of the pace.
      const fault = this.state === State.PLAYING && !this.video.seeking && !this.endedAt;
      if (fault) this.pace.stopped();
    } else if (event.type === "ended") {
      this.over();
    } else {
      const { error } = this.video;
      this.broken((error && error.message) || "", true);
    }
  }

  tick(attempt) {
    if (attempt !== this.attempt) return;
    this.pace.tick();
    if (this.endedAt) {
      if (seconds() - this.endedAt > LAST_SECONDS) this.over();
      return;
    }
    this.look();
    if (this.playedAt && seconds() - this.playedAt > STEADY) this.attempts = 0;
    const waited = seconds() - this.openedAt > START_SECONDS && this.pace.behind !== null;
    if (this.video.paused && this.state !== State.BLOCKED) {
      if (this.pace.enoughToStart || waited) this.play(attempt);
    }
    if (this.pace.silence < ASK_SECONDS) this.hears();
    else if (seconds() - this.askedAt > ASK_SECONDS) this.listen(attempt);
  }

  // There is no reason to doubt the connection.
  hears() {
    this.askedAt = 0;
    this.received = null;
    this.deaf = 0;
  }

  // Nothing has come for a while: find out whose fault that is.
  async listen(attempt) {
    this.askedAt = Infinity;
    let found = null;
    try {
      found = await this.inquire();
    } catch {} // A server that does not answer is no publisher that is silent.
    if (attempt !== this.attempt || this.askedAt !== Infinity) return;
    this.askedAt = seconds();
    const before = this.received;
    this.received = found && found.bytes;
    if (found !== null && found.bytes === before) {
      this.deaf = 0;
      // What waits for its first picture says so by itself.
      if (this.state === State.STALLED) this.become(State.STALLED, reasonOf(found));
    } else if (before !== null) {
      this.deaf += 1;
    }
    const patience = SILENCE[Math.min(this.attempts, SILENCE.length - 1)];
    const sure = found === null || this.deaf >= DEAF;
    if (sure && this.pace.silence > patience) this.broken(`Nothing came for ${patience} s.`);
  }

  // Whether it plays: events do not tell in all cases, since one may come in the midst
  // of a jump, and no other after it.
  look() {
    const { video } = this;
    const starved = !video.paused && video.readyState < HAVE_FUTURE_DATA;
    this.starved = starved ? this.starved + 1 : 0;
    if (this.state === State.PLAYING && this.starved > 1) this.become(State.STALLED);
    const plays = !video.paused && !starved && !video.seeking;
    if (this.state === State.STALLED && plays) this.become(State.PLAYING);
  }

  // The server has ended the response: the publisher is gone, or has other codecs now.
  over() {
    this.again(State.CONNECTING, "", AFTER_TROUBLE);
  }

  // What the browser cannot play once may be damaged; twice, it is what it is.
  broken(detail, media = false) {
    if (media && this.attempts > 0) {
      this.again(State.UNPLAYABLE, detail, WHILE_UNPLAYABLE);
    } else {
      this.again(State.RETRYING, detail, AFTER_TROUBLE);
    }
  }
}

function reasonOf(found) {
  return found.interrupted
    ? "The publisher has lost its connection, and may come back."
    : "Nothing comes from the publisher.";
}
