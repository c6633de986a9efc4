// One live stream in the list.

import { element, say, show } from "./dom.js";
import { Plot } from "./plot.js";
import { streamURL } from "./player.js";
import * as words from "./words.js";

// The three curves of a stream.
export class Curves {
  constructor() {
    this.kbps = new Plot("Bitrate", words.bitrate);
    this.fps = new Plot("Frame rate", words.frameRate);
    this.viewers = new Plot("Viewers", words.viewers);
    this.element = element(
      "div",
      { className: "curves" },
      this.kbps.element,
      this.fps.element,
      this.viewers.element,
    );
  }

  update(stream, past) {
    const { interval = 2, kbps = [], fps = [], viewers = [] } = past || {};
    this.kbps.update(stream.kbps, kbps, interval);
    this.fps.update(stream.fps, fps, interval);
    this.viewers.update(stream.viewers, viewers, interval);
    show(this.fps.element, Boolean(stream.video));
  }
}

// Facts in a line, with what is not known left out.
export function facts(stream, width, height) {
  return [
    words.codecs(stream),
    words.size(stream.width || width, stream.height || height),
    words.software(stream.publisher),
  ].filter(Boolean);
}

export class Card {
  constructor(stream) {
    this.name = stream.name;
    this.url = streamURL(stream.name, ".key.flv");
    this.wanted = false;
    this.width = this.height = 0;
    this.canvas = element("canvas", { width: 480, height: 270, "aria-hidden": "true" });
    this.placeholder = element("span", { className: "placeholder" });
    this.time = element("span", { className: "time" });
    this.waiting = element("p", { className: "waiting" }, "Waiting for its publisher");
    this.facts = element("p", { className: "facts" });
    this.curves = new Curves();
    const address = `#/${encodeURI(stream.name)}`;
    this.link = element("a", { href: address }, stream.name);
    this.element = element(
      "li",
      { className: "card" },
      element("div", { className: "still" }, this.canvas, this.placeholder, this.time),
      element("h2", {}, this.link),
      this.waiting,
      this.facts,
      this.curves.element,
    );
  }

  update(stream, past) {
    this.stream = stream;
    this.wanted = stream.picture;
    if (!this.settled) say(this.placeholder, placeholder(stream));
    show(this.waiting, stream.interrupted);
    say(this.time, words.duration(stream.seconds));
    this.time.title = `Live since ${words.since(stream.seconds)}`;
    say(this.facts, facts(stream, this.width, this.height).join(" · "));
    this.curves.update(stream, past);
  }

  // There is a picture, of this size.
  drawn(width, height) {
    this.settled = true;
    this.width = width;
    this.height = height;
    say(this.placeholder, "");
    this.canvas.classList.add("drawn");
  }

  // This browser cannot decode it.
  undrawn() {
    this.settled = true;
    say(this.placeholder, `This browser cannot show ${this.stream.video}`);
  }
}

function placeholder(stream) {
  if (!stream.video) return stream.audio ? "Sound only" : "No media yet";
  // Either it is on its way, or it will never come.
  return stream.picture ? "" : `Browsers cannot show ${stream.video}`;
}
