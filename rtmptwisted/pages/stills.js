// Small pictures of what is live.  Each is the last keyframe, which is a file of its
// own: no stream is opened.  One at a time is fetched, since a browser has six
// connections for all of a server.

import { seconds } from "./pace.js";
import { loadPlayer } from "./script.js";

const REFRESH = 10;
const RETRY = 4;
const HOPELESS = 60;
const WIDTH = 480;
const COPIES = 12;
const TIMEOUT_MS = 6000;

export class Stills {
  constructor() {
    this.cards = new Set();
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) target.inView = isIntersecting;
    });
    this.loop();
  }

  // A card has a `canvas`, the `url` of its picture, says whether it is `wanted`, and is
  // told when it is `drawn`, or cannot be.
  add(card) {
    card.due = 0;
    this.cards.add(card);
    this.seen.observe(card.canvas);
  }

  remove(card) {
    this.cards.delete(card);
    this.seen.unobserve(card.canvas);
  }

  async loop() {
    for (;;) {
      const card = document.hidden ? null : this.next();
      if (card) card.due = seconds() + (await this.refresh(card));
      else await pause(500);
    }
  }

  next() {
    const wanted = [...this.cards].filter((card) => card.canvas.inView && card.wanted);
    const due = wanted.filter((card) => card.due <= seconds());
    return due.sort((a, b) => a.due - b.due)[0];
  }

  // Gives the seconds until it is worth while to come again.
  async refresh(card) {
    try {
      await draw(await loadPlayer(), card);
      return REFRESH;
    } catch (trouble) {
      // A picture that is a little old is better than none.
      if (trouble.hopeless) card.undrawn();
      return trouble.hopeless ? HOPELESS : RETRY;
    }
  }
}

async function draw(mpegts, card) {
  const address = URL.createObjectURL(repeated(await fetched(card.url)));
  const video = document.createElement("video");
  video.muted = true;
  const source = { type: "flv", isLive: false, hasAudio: false, url: address };
  const engine = mpegts.createPlayer(source, { lazyLoad: false });
  try {
    await new Promise((resolve, reject) => {
      // Data that is there may not be a picture yet.
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(resolve);
      else video.addEventListener("loadeddata", resolve);
      video.addEventListener("error", () => reject(trouble(true)));
      engine.on(mpegts.Events.ERROR, () => reject(trouble(true)));
      setTimeout(() => reject(trouble(false)), TIMEOUT_MS);
      engine.attachMediaElement(video);
      engine.load();
    });
    paint(video, card);
  } finally {
    // mpegts.js has more to say of the same trouble, and would fail without itself.
    await pause(0);
    engine.destroy();
    URL.revokeObjectURL(address);
  }
}

async function fetched(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  // There may be a keyframe a little later, but no other codec.
  if (!response.ok) throw trouble(response.status === 406);
  return new Uint8Array(await response.arrayBuffer());
}

// mpegts.js keeps back what has nothing behind it, and so do decoders of AV1, with some
// pictures more.  So the picture comes again and again, each time a little later.  An
// FLV file ends with the size of its last tag; a tag has its time in the bytes 4 to 7.
function repeated(file) {
  const size = new DataView(file.buffer).getUint32(file.length - 4);
  const tag = file.slice(file.length - 4 - size);
  const parts = [file];
  for (let count = 1; count <= COPIES; count += 1) {
    const time = count * 100;
    const copy = tag.slice();
    copy.set([0, time >> 8, time & 255, 0], 4);
    parts.push(copy);
  }
  return new Blob(parts);
}

function paint(video, card) {
  const { canvas } = card;
  canvas.width = WIDTH;
  canvas.height = Math.round((WIDTH * video.videoHeight) / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  card.drawn(video.videoWidth, video.videoHeight);
}

// A codec that this browser cannot decode stays so for a while.
function trouble(hopeless) {
  return Object.assign(new Error("no picture"), { hopeless });
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
