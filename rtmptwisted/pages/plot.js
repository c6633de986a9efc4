// A small curve of the last minutes, with its value now.

import { drawing, element, say } from "./dom.js";

const WIDTH = 150;
const HEIGHT = 36;

// A stream that has just begun does not fill its plot at once.
const FEWEST = 30;

export class Plot {
  // `format` makes text of a value, with its unit.
  constructor(label, format) {
    this.label = label;
    this.format = format;
    this.value = element("strong");
    this.line = drawing("path", { class: "line" });
    this.area = drawing("path", { class: "area" });
    this.svg = drawing(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      this.area,
      this.line,
    );
    this.element = element(
      "div",
      { className: "plot" },
      element("span", { className: "label" }, label),
      this.value,
      this.svg,
    );
  }

  // `values` are the latest samples, `interval` the seconds between two.
  update(now, values, interval) {
    say(this.value, this.format(now));
    this.svg.setAttribute("aria-label", this.description(values, interval));
    const step = WIDTH / (Math.max(values.length, FEWEST) - 1);
    const top = Math.max(...values, 1e-9) * 1.15;
    const start = WIDTH - (values.length - 1) * step;
    const points = values.map((value, index) => {
      const y = HEIGHT - 1.5 - (value / top) * (HEIGHT - 3);
      return `${(start + index * step).toFixed(1)},${y.toFixed(1)}`;
    });
    // One point makes no line.
    const line = points.length > 1 ? `M${points.join("L")}` : "";
    this.line.setAttribute("d", line);
    this.area.setAttribute("d", line && `${line}V${HEIGHT}H${start.toFixed(1)}Z`);
  }

  description(values, interval) {
    if (values.length < 2) return `${this.label}: no history yet`;
    const minutes = Math.max(1, Math.round((values.length * interval) / 60));
    const low = this.format(Math.min(...values));
    const high = this.format(Math.max(...values));
    const when = minutes === 1 ? "the last minute" : `the last ${minutes} minutes`;
    const range = low === high ? `steady at ${low}` : `between ${low} and ${high}`;
    return `${this.label} over ${when}: ${range}`;
  }
}
