// Numbers as people read them.

export function bitrate(kbps) {
  if (kbps === null || kbps === undefined) return "–";
  if (kbps < 1000) return `${Math.round(kbps)} kbit/s`;
  return `${(kbps / 1000).toFixed(kbps < 10000 ? 1 : 0)} Mbit/s`;
}

export function frameRate(fps) {
  if (fps === null || fps === undefined) return "–";
  return `${fps < 10 && fps % 1 > 0.05 ? fps.toFixed(1) : Math.round(fps)} fps`;
}

export function viewers(count) {
  return String(count);
}

export function streams(count) {
  if (count === 0) return "Nothing is live";
  return count === 1 ? "1 stream" : `${count} streams`;
}

export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

// Of what is not known there is nothing to say.
export function length(seconds) {
  return seconds === null ? "" : duration(seconds);
}

const UNITS = ["kB", "MB", "GB", "TB"];

export function bytes(count) {
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${UNITS[unit]}`;
}

export function dateAndTime(text) {
  const date = new Date(text);
  return date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function since(seconds) {
  const date = new Date(Date.now() - seconds * 1000);
  const time = { hour: "2-digit", minute: "2-digit" };
  const day = seconds > 20 * 3600 ? { month: "short", day: "numeric" } : {};
  return date.toLocaleString([], { ...day, ...time });
}

export function codecs(stream) {
  return [stream.video, stream.audio].filter(Boolean).join(" + ") || "No media yet";
}

export function size(width, height) {
  return width && height ? `${width} × ${height}` : "";
}

// The server quotes what comes from outside.  ffmpeg names itself behind another's name.
export function software(text) {
  const plain = text.replace(/^'(.*)'$/, "$1");
  return plain.match(/^FMLE\/3\.0 \(compatible; (Lavf[\d.]+)\)$/)?.[1] ?? plain;
}
