// Keeps the picture close to what is live: a little faster when it has fallen behind,
// a jump when that would take too long, and further behind where the network is
// restless, so that it need not stop so often.

// Behind the newest that has arrived, in seconds.
const TARGET = 0.5;
const FURTHEST_TARGET = 0.9;
const JUMP = 1.2;

// A server may collect what it sends.  What usually comes at once has to last until the
// next comes; below this, in seconds, it is no burden.
const SMOOTH = 0.35;
const REMEMBERED = 5;

// So far past the target nothing is done, and this much faster or slower it plays:
// no ear notices.
const SLACK = 0.12;
const FASTER = 1.1;
const SLOWER = 0.95;

// After so many seconds without a stop, it dares to come closer again.
const CALM = 20;

// A picture that stands still for so long, with more to play, is helped along.
const STUCK = 2;

export class Pace {
  constructor(video) {
    this.video = video;
    this.target = TARGET;
    this.reset();
  }

  reset() {
    this.newest = 0;
    this.grownAt = seconds();
    this.movedAt = seconds();
    this.calmSince = seconds();
    this.position = -1;
    this.steps = [];
    this.peak = 0;
    this.video.playbackRate = 1;
  }

  // How much usually comes at once, in seconds.
  get step() {
    const sorted = [...this.steps].sort((a, b) => a - b);
    return sorted.length < REMEMBERED ? 0 : sorted[REMEMBERED >> 1];
  }

  // Seconds behind the newest that has arrived; null before anything has.
  get behind() {
    const { buffered, currentTime } = this.video;
    if (!buffered.length) return null;
    return Math.max(0, buffered.end(buffered.length - 1) - currentTime);
  }

  // How long nothing new has come, in seconds.
  get silence() {
    return seconds() - this.grownAt;
  }

  get enoughToStart() {
    const behind = this.behind;
    return behind !== null && behind >= TARGET;
  }

  // The picture had to stop, since there was nothing to show.
  stopped() {
    this.target = Math.min(FURTHEST_TARGET, this.target * 1.2);
    this.calmSince = seconds();
  }

  // Called several times a second.
  tick() {
    const { video } = this;
    const behind = this.behind;
    if (behind === null) return;
    const newest = video.currentTime + behind;
    if (newest > this.newest + 0.001) {
      // The first is what was there before.
      if (this.newest) this.steps = [...this.steps, newest - this.newest].slice(-REMEMBERED);
      this.newest = newest;
      this.peak = behind;
      this.grownAt = seconds();
    }
    if (video.seeking) return;
    if (video.paused || video.currentTime !== this.position) this.movedAt = seconds();
    this.position = video.currentTime;
    if (seconds() - this.calmSince > CALM) {
      this.target = Math.max(TARGET, this.target - 0.1);
      this.calmSince = seconds();
    }
    const step = this.step > SMOOTH ? this.step : 0;
    const stuck = behind > this.target && seconds() - this.movedAt > STUCK;
    if (behind > JUMP + step || stuck || this.before()) this.toLive(step);
    // Where it comes in lumps, what counts is what is left when the next lump comes.
    else this.steer(step ? this.peak - step : behind);
  }

  // Whether the position is where nothing is, as at the start, or past a gap.
  before() {
    const { buffered, currentTime } = this.video;
    return currentTime < buffered.start(buffered.length - 1);
  }

  toLive(step) {
    const { buffered } = this.video;
    const last = buffered.length - 1;
    const behind = this.target + step;
    const place = Math.max(buffered.start(last), buffered.end(last) - behind);
    this.video.currentTime = place;
    this.movedAt = seconds();
  }

  steer(behind) {
    let rate = this.video.playbackRate;
    if (behind > this.target + SLACK) rate = FASTER;
    else if (behind < this.target * 0.3) rate = SLOWER;
    else if (rate > 1 && behind < this.target) rate = 1;
    else if (rate < 1 && behind > this.target * 0.7) rate = 1;
    if (rate !== this.video.playbackRate) this.video.playbackRate = rate;
  }
}

export function seconds() {
  return performance.now() / 1000;
}
