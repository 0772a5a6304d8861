/** One speech: its request, what comes of it, and its player. */

import { FORMATS, speak } from "./api.js";
import { MediaPlayer } from "./media_player.js";
import { PEAKS_PER_S, peaksOf } from "./peaks.js";
import { PCM_RATE, SamplePlayer } from "./sample_player.js";

const RAW = { pcm: PCM_RATE, wav: undefined }; // Hz, where the format has no header that says it

/**
 * Speech of a request, from the server or from the history. Its events are `change`, `end` once all is here, was
 * stopped or has failed (`error`), and `unheard` where the browser cannot play it, with the reason in `detail`.
 */
export class Speech extends EventTarget {
  words = [];
  chunks = [];
  bytes = 0;
  firstAudio = null; // seconds from the request to the first audio
  took = null; // seconds from the request to the last
  error = null;
  isNew = true; // the history does not have it
  state = "waiting"; // then "coming", and "whole", "stopped" or "failed"
  #abort = new AbortController();
  #peaks;
  #isClosed = false;

  constructor(request) {
    super();
    this.request = request;
    const format = request.response_format;
    this.player = format in RAW ? new SamplePlayer(RAW[format]) : new MediaPlayer(FORMATS[format].type);
    this.player.addEventListener("change", () => this.#changed());
    this.player.addEventListener("failure", ({ detail }) => this.dispatchEvent(new CustomEvent("unheard", { detail })));
    this.#peaks = peaksOf(format);
  }

  get format() {
    return this.request.response_format;
  }

  /** Loudness, fifty times a second; it may be behind the audio. */
  get peaks() {
    return this.#peaks.values;
  }

  /** Seconds of audio that are here. The browser's player may not have taken all of a long speech yet. */
  get duration() {
    return Math.max(this.player.duration, this.peaks.length / PEAKS_PER_S);
  }

  get isOpen() {
    return this.state === "waiting" || this.state === "coming";
  }

  /** The bytes that the server sent. */
  get blob() {
    return new Blob(this.chunks, { type: FORMATS[this.format].type });
  }

  /** Ask the server, and play while it answers. timed: words are wanted with their times. */
  async run({ timed }) {
    const began = performance.now();
    const passed = () => (performance.now() - began) / 1000;
    this.player.play();
    try {
      for await (const part of speak(this.request, { signal: this.#abort.signal, words: timed })) {
        if (part.words) this.words.push(...part.words);
        if (!part.audio?.length) continue;
        this.firstAudio ??= passed();
        this.#take(part.audio);
      }
      this.took = passed();
      this.#finish();
    } catch (error) {
      const isStopped = this.#abort.signal.aborted;
      if (!this.bytes) this.player.pause();
      else if (!this.#isClosed) this.player.finish(); // what is here can still be heard
      this.#end(isStopped ? "stopped" : "failed", isStopped ? null : error);
    }
  }

  /** Take what the history has. */
  restore({ audio, words, firstAudio, took }) {
    this.isNew = false;
    Object.assign(this, { words, firstAudio, took });
    this.#take(audio);
    this.#finish();
  }

  stop() {
    this.#abort.abort();
    this.player.pause();
  }

  close() {
    this.#isClosed = true;
    this.stop();
    this.player.close();
  }

  #take(bytes) {
    this.state = "coming";
    this.chunks.push(bytes);
    this.bytes += bytes.length;
    this.player.append(bytes);
    this.#peaks.append(bytes);
    this.#changed();
  }

  #finish() {
    this.player.finish();
    this.#peaks.finish().then(() => this.#changed());
    this.#end("whole", null);
  }

  #end(state, error) {
    if (!this.isOpen) return;
    this.state = state;
    this.error = error;
    this.dispatchEvent(new Event("end"));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
