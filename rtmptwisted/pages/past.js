// What each stream was like, as the page remembers it: the server is asked for all of
// it once, and then for what is new.

const SERIES = ["kbps", "fps", "viewers"];

// As many as the server keeps: five minutes.
export const SLOTS = 150;

const FEW = 4;

export class Past {
  constructor() {
    this.streams = new Map();
    this.complete = false;
  }

  // How many samples to ask for.
  get wanted() {
    return this.complete ? FEW : SLOTS;
  }

  // To be called when nothing was asked for some time.
  forget() {
    this.complete = false;
  }

  // Takes the answer to a question for so many samples.
  take(streams, asked) {
    const next = new Map();
    this.complete = true;
    for (const { name, history } of streams) {
      if (!history) continue;
      const known = asked < SLOTS ? this.streams.get(name) : undefined;
      const merged = merge(known, history, asked);
      if (merged) next.set(name, merged);
      else this.complete = false;
    }
    this.streams = next;
  }

  of(name) {
    return this.streams.get(name);
  }
}

function merge(known, fresh, asked) {
  const all = fresh.count <= fresh.kbps.length || asked >= SLOTS;
  if (all) return fresh;
  const news = known ? fresh.count - known.count : -1;
  if (news < 0 || news > fresh.kbps.length) return null;
  const merged = { ...fresh };
  for (const series of SERIES) {
    const latest = news ? fresh[series].slice(-news) : [];
    merged[series] = [...known[series], ...latest].slice(-SLOTS);
  }
  return merged;
}
