/** How loud speech is, for its picture: the peak of each fiftieth of a second, as the audio comes. */

import { PCM_RATE, SampleReader } from "./sample_player.js";

export const PEAKS_PER_S = 50;

/** Hz. The decoder resamples to this; a picture needs no more, and an hour takes little memory. */
const DECODED_RATE = 8000;

/** Seconds of MP3 that are decoded at a time; the first piece is shorter, so that something is seen at once. */
const FIRST_S = 1;
const PIECE_S = 5;

/** Frames of MP3 before a piece that its decoding needs: sound of a frame may lie in those before it. */
const LEAD_FRAMES = 3;

/** Bytes. Other formats are decoded whole, which takes about fifty times their size. */
const MAX_WHOLE = 8 << 20;

/** A maker of peaks for a format: `append` bytes, `finish`. `values` grows, from 0 to 1. */
export function peaksOf(format) {
  if (format === "pcm") return new SamplePeaks(new SampleReader(PCM_RATE));
  if (format === "wav") return new SamplePeaks(new SampleReader());
  return format === "mp3" ? new Mp3Peaks() : new WholePeaks();
}

class SamplePeaks {
  values = [];
  #reader;
  #peak = 0;
  #count = 0;

  constructor(reader) {
    this.#reader = reader;
  }

  append(bytes) {
    const samples = this.#reader.push(bytes);
    const step = Math.round((this.#reader.rate * this.#reader.channels) / PEAKS_PER_S);
    for (const sample of samples) {
      this.#peak = Math.max(this.#peak, Math.abs(sample));
      if (++this.#count < step) continue;
      this.values.push(this.#peak / 32768);
      this.#peak = this.#count = 0;
    }
  }

  async finish() {}
}

class Mp3Peaks {
  values = [];
  #rest = new Uint8Array(0);
  #frames = []; // not decoded yet, after those that lead
  #lead = 0;
  #wanted = FIRST_S;
  #work = Promise.resolve();

  append(bytes) {
    const here = new Uint8Array(this.#rest.length + bytes.length);
    here.set(this.#rest);
    here.set(bytes, this.#rest.length);
    let at = 0;
    for (let frame; (frame = frameAt(here, at)); at = frame.end) {
      if (frame.seconds) this.#frames.push({ bytes: here.slice(frame.start, frame.end), seconds: frame.seconds });
      if (this.#ready() >= this.#wanted) this.#decode();
    }
    this.#rest = here.slice(at);
  }

  finish() {
    if (this.#frames.length > this.#lead) this.#decode();
    return this.#work;
  }

  #ready() {
    return this.#frames.slice(this.#lead).reduce((sum, frame) => sum + frame.seconds, 0);
  }

  #decode() {
    const frames = this.#frames;
    const skip = frames.slice(0, this.#lead).reduce((sum, frame) => sum + frame.seconds, 0);
    this.#frames = frames.slice(-LEAD_FRAMES);
    this.#lead = this.#frames.length;
    this.#wanted = PIECE_S;
    this.#work = this.#work
      .then(() => decoded(new Blob(frames.map((frame) => frame.bytes))))
      .then(
        (samples) => this.values.push(...peaks(samples.subarray(Math.round(skip * DECODED_RATE)))),
        () => {}, // a picture is not worth an error
      );
  }
}

class WholePeaks {
  values = [];
  #chunks = [];
  #size = 0;

  append(bytes) {
    this.#size += bytes.length;
    if (this.#size <= MAX_WHOLE) this.#chunks.push(bytes);
  }

  async finish() {
    if (this.#size > MAX_WHOLE) return;
    const samples = await decoded(new Blob(this.#chunks)).catch(() => new Float32Array(0));
    this.values = peaks(samples);
  }
}

async function decoded(blob) {
  const context = new OfflineAudioContext(1, 1, DECODED_RATE);
  return (await context.decodeAudioData(await blob.arrayBuffer())).getChannelData(0);
}

function peaks(samples) {
  const step = DECODED_RATE / PEAKS_PER_S;
  return Array.from({ length: Math.floor(samples.length / step) }, (_, index) =>
    samples.subarray(index * step, (index + 1) * step).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
  );
}

/** kbit/s of layer III, of MPEG-1 and of MPEG-2 and 2.5 (ISO/IEC 11172-3, 13818-3). */
const BITRATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const RATES = [44100, 48000, 32000];

/** The frame at or after this place, `{start, end, seconds}`, or null. A tag (ID3) has no seconds. */
function frameAt(bytes, from) {
  for (let at = from; at + 10 <= bytes.length; at += 1) {
    if (bytes[at] === 0x49 && bytes[at + 1] === 0x44 && bytes[at + 2] === 0x33) {
      const size = bytes.subarray(at + 6, at + 10).reduce((sum, byte) => sum * 128 + byte, 0);
      return at + 10 + size <= bytes.length ? { start: at, end: at + 10 + size, seconds: 0 } : null;
    }
    const frame = headerAt(bytes, at);
    if (frame)
      return at + frame.size <= bytes.length ? { start: at, end: at + frame.size, seconds: frame.seconds } : null;
  }
  return null;
}

function headerAt(bytes, at) {
  const [first, second, third] = bytes.subarray(at, at + 3);
  if (first !== 0xff || (second & 0xe6) !== 0xe2) return null; // a sync word, and layer III
  const version = { 3: 1, 2: 2, 0: 4 }[(second >> 3) & 3]; // 4: MPEG-2.5, a quarter of MPEG-1's rates
  const bitrate = BITRATES[version === 1 ? 1 : 2][third >> 4] * 1000;
  const rate = RATES[(third >> 2) & 3] / version;
  if (!bitrate || !rate) return null;
  const samples = version === 1 ? 1152 : 576;
  return { size: Math.floor((samples / 8) * (bitrate / rate)) + ((third >> 1) & 1), seconds: samples / rate };
}
