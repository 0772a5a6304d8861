/** The picture of speech: bars as high as it is loud, those that were heard in another colour. */

import { PEAKS_PER_S } from "./peaks.js";

/** CSS pixels. */
const BAR = 3;
const GAP = 2;
const LEAST = 2;

export class Waveform {
  #canvas;
  #drawn = "";

  constructor(canvas) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.redraw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  /** peaks: as in `peaks.js`; length: seconds that the width stands for; time: heard up to here. */
  draw(peaks, length, time) {
    this.#last = [peaks, length, time];
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const bars = Math.floor((width + GAP) / (BAR + GAP));
    const heard = length ? Math.round((time / length) * bars) : 0;
    const key = [peaks.length, length, heard, width, height].join();
    if (key === this.#drawn || !bars) return;
    this.#drawn = key;
    const context = this.#scaled(width, height);
    const style = getComputedStyle(this.#canvas);
    const colour = (name) => style.getPropertyValue(name);
    const [past, future, empty] = ["--wave-heard", "--wave", "--wave-empty"].map(colour);
    for (let bar = 0; bar < bars; bar += 1) {
      const peak = loudest(peaks, (bar / bars) * length, ((bar + 1) / bars) * length);
      context.fillStyle = peak === null ? empty : bar < heard ? past : future;
      const size = Math.max(LEAST, (peak ?? 0) ** 0.7 * height);
      context.beginPath();
      context.roundRect(bar * (BAR + GAP), (height - size) / 2, BAR, size, BAR / 2);
      context.fill();
    }
  }

  redraw() {
    this.#drawn = "";
    this.draw(...this.#last);
  }

  #last = [[], 0, 0];

  #scaled(width, height) {
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    const context = this.#canvas.getContext("2d");
    context.scale(ratio, ratio);
    return context;
  }
}

/** The loudest peak between two times; null where there is none yet. */
function loudest(peaks, from, until) {
  const first = Math.floor(from * PEAKS_PER_S);
  if (first >= peaks.length) return null;
  let most = 0;
  for (let at = first; at < Math.max(first + 1, until * PEAKS_PER_S) && at < peaks.length; at += 1) {
    most = Math.max(most, peaks[at]);
  }
  return most;
}
