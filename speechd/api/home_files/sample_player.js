/** Plays 16-bit samples while they come, with buffers that are scheduled one behind the other (Web Audio API). */

/** Seconds. Timers of a page in the background run once a second. */
const AHEAD_S = 4;
const BUFFER_S = 0.5;
const TICK_MS = 100;

/** Ticks after which a clock that still stands is taken for one without a device. */
const SILENT_TICKS = 30;

/** Seconds between scheduling a buffer and its sound, when nothing plays yet. */
const LEAD_S = 0.05;

/** Hz. The rate of samples without a header, and the likely one of those with one. */
export const PCM_RATE = 24000;

/** Takes WAV (RIFF) or bare samples apart: `push` gives the samples of these bytes, as 16-bit integers. */
export class SampleReader {
  rate;
  channels = 1;
  #rest = new Uint8Array(0);
  #hasHeader;

  /** rate: of bare samples in Hz; undefined for WAV, whose header has it. */
  constructor(rate) {
    this.rate = rate;
    this.#hasHeader = rate !== undefined;
  }

  push(bytes) {
    let here = joined(this.#rest, bytes);
    if (!this.#hasHeader) {
      const at = this.#header(here);
      if (!at) {
        this.#rest = here;
        return new Int16Array(0);
      }
      here = here.slice(at);
      this.#hasHeader = true;
    }
    const size = 2 * this.channels;
    const whole = here.length - (here.length % size);
    this.#rest = here.slice(whole);
    return new Int16Array(here.slice(0, whole).buffer);
  }

  /** Where the samples begin; 0 if that has not come yet. */
  #header(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 12; at + 8 <= bytes.length;) {
      const name = String.fromCharCode(...bytes.subarray(at, at + 4));
      if (name === "data") return at + 8;
      if (name === "fmt " && at + 16 <= bytes.length) {
        this.channels = view.getUint16(at + 10, true);
        this.rate = view.getUint32(at + 12, true);
      }
      at += 8 + view.getUint32(at + 4, true);
    }
    return 0;
  }
}

/** A player of one speech, as `MediaPlayer` is. */
export class SamplePlayer extends EventTarget {
  #reader;
  #context = null;
  #chunks = []; // {start, samples}: start in frames
  #frames = 0;
  #next = 0; // the frame that is scheduled next
  #nextTime = 0; // when, by the context's clock
  #scheduled = []; // {source, time, frame, frames}
  #timer = 0;
  #isFinished = false;
  #wants = false;
  #hasEnded = false;
  #silent = 0; // ticks

  /** rate: of bare samples in Hz; undefined for WAV. */
  constructor(rate) {
    super();
    this.#reader = new SampleReader(rate);
  }

  get duration() {
    return this.#reader.rate ? this.#frames / this.#reader.rate : 0;
  }

  get time() {
    // Firefox asks the device for its latency, and waits for the answer: not before the device has begun.
    const latency = this.#context?.state === "running" ? this.#context.outputLatency || 0 : 0;
    const now = this.#context ? this.#context.currentTime - latency : 0;
    const part = this.#scheduled.findLast(({ time }) => time <= now) ?? this.#scheduled[0];
    if (!part) return this.#reader.rate ? this.#next / this.#reader.rate : 0;
    const within = Math.min(Math.max(0, now - part.time), part.frames / this.#reader.rate);
    return part.frame / this.#reader.rate + within;
  }

  get isPlaying() {
    return this.#wants && !this.#hasEnded;
  }

  get isWaiting() {
    return this.isPlaying && (!this.#context || this.#nextTime <= this.#context.currentTime);
  }

  append(bytes) {
    const samples = this.#reader.push(bytes);
    if (!samples.length) return;
    this.#chunks.push({ start: this.#frames, samples });
    this.#frames += samples.length / this.#reader.channels;
    this.#tick();
  }

  finish() {
    this.#isFinished = true;
    this.#tick();
  }

  async play() {
    if (this.#hasEnded) this.seek(0);
    this.#wants = true;
    this.#timer ||= setInterval(() => this.#tick(), TICK_MS);
    // Now, and not with the first samples: some browsers want it to follow from what the user does.
    this.#context ??= new AudioContext({ sampleRate: this.#reader.rate ?? PCM_RATE });
    await this.#context.resume();
    this.#tick();
  }

  pause() {
    this.#wants = false;
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#context?.suspend();
    this.#changed();
  }

  seek(time) {
    this.#drop();
    this.#hasEnded = false;
    this.#next = Math.round(Math.min(Math.max(0, time), this.duration) * (this.#reader.rate ?? 0));
    this.#tick();
    this.#changed();
  }

  close() {
    this.pause();
    this.#drop();
    this.#context?.close();
    this.#context = null;
    this.#chunks = [];
  }

  #tick() {
    if (!this.#wants || !this.#reader.rate || !this.#context) return;
    const context = this.#fitting();
    this.#silent = context.state === "running" ? 0 : this.#silent + 1;
    if (this.#silent === SILENT_TICKS) {
      const detail = "The browser makes no sound: perhaps there is no device for it.";
      this.dispatchEvent(new CustomEvent("failure", { detail }));
    }
    this.#scheduled = this.#scheduled.filter(
      ({ time, frames }) => time + frames / context.sampleRate > context.currentTime - 1,
    );
    while (this.#next < this.#frames && this.#nextTime < context.currentTime + AHEAD_S) this.#schedule(context);
    const isOver = this.#isFinished && this.#next >= this.#frames && context.currentTime >= this.#nextTime;
    if (isOver && this.#frames && !this.#hasEnded) {
      this.#hasEnded = true;
      this.pause();
    }
    this.#changed();
  }

  /** The context, at the rate of the samples: resampled one by one, buffers would click where they meet. */
  #fitting() {
    if (this.#context.sampleRate !== this.#reader.rate) {
      this.#context.close();
      this.#context = new AudioContext({ sampleRate: this.#reader.rate });
    }
    return this.#context;
  }

  #schedule(context) {
    const { rate, channels } = this.#reader;
    const frames = Math.min(this.#frames - this.#next, Math.round(BUFFER_S * rate));
    const buffer = context.createBuffer(channels, frames, rate);
    this.#copy(buffer, this.#next);
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    if (this.#nextTime < context.currentTime + LEAD_S / 2) this.#nextTime = context.currentTime + LEAD_S;
    source.start(this.#nextTime);
    this.#scheduled.push({ source, time: this.#nextTime, frame: this.#next, frames });
    this.#next += frames;
    this.#nextTime += frames / rate;
  }

  #copy(buffer, first) {
    const { channels } = this.#reader;
    let at = this.#chunks.findLastIndex(({ start }) => start <= first);
    for (let frame = 0; frame < buffer.length && at < this.#chunks.length; at += 1) {
      const { start, samples } = this.#chunks[at];
      const skipped = first + frame - start;
      const count = Math.min(buffer.length - frame, samples.length / channels - skipped);
      for (let channel = 0; channel < channels; channel += 1) {
        const out = buffer.getChannelData(channel);
        for (let index = 0; index < count; index += 1) {
          out[frame + index] = samples[(skipped + index) * channels + channel] / 32768;
        }
      }
      frame += count;
    }
  }

  #drop() {
    for (const { source } of this.#scheduled) {
      source.stop();
      source.disconnect();
    }
    this.#scheduled = [];
    this.#nextTime = 0;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

function joined(first, second) {
  if (!first.length) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
