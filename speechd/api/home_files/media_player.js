/**
 * Plays encoded audio by the browser's own decoder: while it comes where Media Source Extensions know the type, else
 * once it is whole.
 */

const Source = globalThis.MediaSource ?? globalThis.ManagedMediaSource;

/** Whether audio of this type plays while it comes. */
export function streams(type) {
  return Boolean(Source?.isTypeSupported(type));
}

/** Whether audio of this type plays at all, as far as the browser says: Safari before 18.4 has no Opus in Ogg. */
export function plays(type) {
  return streams(type) || document.createElement("audio").canPlayType(type) !== "";
}

/** Seconds behind the listener that are kept when the browser's buffer is full. */
const KEPT_S = 20;

const FORWARDED = ["playing", "pause", "waiting", "ended", "seeked", "durationchange"];

/**
 * A player of one speech: `append` bytes, `finish`, and `play`, `pause`, `seek`, `close`. Its events are
 * `change`, and `failure` with the reason in `detail`. `time` and `duration` are in seconds; `duration` is what is here.
 */
export class MediaPlayer extends EventTarget {
  #audio = new Audio();
  #chunks = [];
  #waiting = [];
  #type;
  #url = "";
  #source = null;
  #buffer = null;
  #isFinished = false;
  #wants = false; // to be heard as soon as there is something

  constructor(type) {
    super();
    this.#type = type;
    for (const name of FORWARDED) this.#audio.addEventListener(name, () => this.#moved());
    this.#audio.addEventListener("timeupdate", () => this.#pump());
    this.#audio.addEventListener("error", () => this.#failed());
    if (streams(type)) this.#stream();
  }

  get time() {
    return this.#audio.currentTime;
  }

  get duration() {
    const { duration, buffered } = this.#audio;
    if (Number.isFinite(duration)) return duration;
    return buffered.length ? buffered.end(buffered.length - 1) : 0;
  }

  get isPlaying() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  get isWaiting() {
    return this.isPlaying && this.#audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  append(bytes) {
    this.#chunks.push(bytes);
    this.#waiting.push(bytes);
    this.#pump();
  }

  finish() {
    this.#isFinished = true;
    if (this.#source) this.#pump();
    else this.#playWhole(0);
  }

  play() {
    const { ended, currentTime } = this.#audio;
    if (ended) this.seek(0);
    this.#wants = true;
    // Refused where there is nothing to play yet, or nobody has touched the page; the button then says "Play".
    return this.#audio.play().catch(() => {
      if (currentTime) this.dispatchEvent(new Event("change"));
    });
  }

  pause() {
    this.#wants = false;
    this.#audio.pause();
  }

  seek(time) {
    const { buffered } = this.#audio;
    const isHere = [...Array(buffered.length).keys()].some(
      (at) => buffered.start(at) <= time && time <= buffered.end(at) + 0.1,
    );
    if (isHere || !this.#isFinished || !this.#source) this.#audio.currentTime = Math.min(time, this.duration);
    else this.#playWhole(time); // that part of the stream is not in the browser's buffer, or not any more
  }

  close() {
    this.#source = null;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    URL.revokeObjectURL(this.#url);
  }

  #stream() {
    this.#source = new Source();
    this.#audio.disableRemotePlayback = true; // which ManagedMediaSource insists on
    this.#open(this.#source);
    this.#source.addEventListener("sourceopen", () => {
      if (!this.#source || this.#buffer) return;
      try {
        this.#buffer = this.#source.addSourceBuffer(this.#type);
      } catch {
        this.#source = null; // it says that it knows the type, and does not: then all of it at the end
        if (this.#isFinished) this.#playWhole(0);
        return;
      }
      this.#buffer.addEventListener("updateend", () => this.#pump());
      this.#pump();
    });
  }

  #open(object) {
    URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(object);
    this.#audio.src = this.#url;
  }

  #playWhole(time) {
    const plays = this.isPlaying || this.#wants;
    this.#source = this.#buffer = null;
    this.#open(new Blob(this.#chunks, { type: this.#type }));
    this.#audio.currentTime = time;
    if (plays) this.play();
  }

  #pump() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#source?.readyState !== "open") return;
    if (!this.#waiting.length) {
      if (this.#isFinished) this.#source.endOfStream();
      return;
    }
    try {
      buffer.appendBuffer(this.#waiting[0]);
      this.#waiting.shift();
      this.dispatchEvent(new Event("change"));
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw error;
      const until = this.time - KEPT_S;
      if (until > 0 && buffer.buffered.length && buffer.buffered.start(0) < until) buffer.remove(0, until);
    }
  }

  #moved() {
    this.#pump(); // there may be room in the browser's buffer now
    this.dispatchEvent(new Event("change"));
  }

  #failed() {
    if (!this.#audio.getAttribute("src") || !this.#chunks.length) return;
    const { code, message } = this.#audio.error;
    const isUnknown = code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    const detail = isUnknown ? "This browser cannot play this format." : `The browser failed to play it: ${message}.`;
    this.dispatchEvent(new CustomEvent("failure", { detail }));
  }
}
