/** The player of one speech: its picture, its place, what it took, and its download. */

import { FORMATS } from "./api.js";
import { relabel } from "./icons.js";
import { Waveform } from "./waveform.js";

/** Characters that are spoken in a second, at the voice's own speed; only to guess how long a speech will be. */
const CHARACTERS_PER_S = 15;

const byId = (id) => document.getElementById(id);

export class PlayerPanel {
  #speech = null;
  #marker;
  #waveform = new Waveform(byId("waveform"));
  #play = byId("play");
  #place = byId("place");
  #download = byId("download");
  #isMoving = false;
  #url = "";

  /** marker: of the text field. */
  constructor(marker) {
    this.#marker = marker;
    this.#play.addEventListener("click", () => this.toggle());
    this.#place.addEventListener("input", () => this.seek(Number(this.#place.value)));
    this.#download.addEventListener("click", () => this.#save());
    relabel(this.#play, "play", "Play");
  }

  /** Show this speech from now on. */
  show(speech) {
    this.#speech?.close();
    this.#speech = speech;
    speech.addEventListener("change", () => this.#changed(speech));
    this.#changed(speech);
  }

  toggle() {
    const player = this.#speech?.player;
    if (player?.isPlaying) player.pause();
    else player?.play();
    this.#changed(this.#speech);
  }

  seek(time) {
    this.#speech?.player.seek(time);
    this.#draw();
  }

  #changed(speech) {
    if (speech !== this.#speech || !speech) return;
    byId("player").hidden = !speech.isOpen && !speech.bytes;
    this.#marker.take(speech.words);
    this.#download.disabled = speech.took === null;
    byId("facts").replaceChildren(...facts(speech));
    this.#draw();
    if (!this.#isMoving && speech.player.isPlaying) {
      this.#isMoving = true;
      requestAnimationFrame(() => this.#move());
    }
  }

  #move() {
    this.#draw();
    this.#isMoving = Boolean(this.#speech?.player.isPlaying);
    if (this.#isMoving) requestAnimationFrame(() => this.#move());
  }

  #draw() {
    const speech = this.#speech;
    const { player } = speech;
    const isPlaying = player.isPlaying;
    const { duration } = speech;
    const { time } = player;
    const length = speech.isOpen ? Math.max(duration, guess(speech.request)) : duration;
    relabel(this.#play, isPlaying ? "pause" : "play", isPlaying ? "Pause" : "Play");
    byId("player").classList.toggle("waiting", isPlaying && (player.isWaiting || !duration));
    this.#waveform.draw(speech.peaks, length, time);
    this.#place.max = Math.max(length, 0.01);
    this.#place.value = time;
    const [here, all] = [clock(time), speech.isOpen ? "…" : clock(duration)];
    this.#place.setAttribute("aria-valuetext", `${here} of ${all === "…" ? "what comes" : all}`);
    byId("time").textContent = `${here} / ${all}`;
    this.#marker.mark(time > 0 && (isPlaying || time < duration - 0.05) ? time : null);
  }

  #save() {
    const { blob, format, request } = this.#speech;
    URL.revokeObjectURL(this.#url);
    this.#url = URL.createObjectURL(blob);
    const words = request.input
      .normalize("NFKD")
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, 6)
      .join("-")
      .slice(0, 60);
    const link = document.createElement("a");
    link.href = this.#url;
    link.download = `${words || "speech"}.${format}`;
    link.click();
  }
}

function guess({ input, speed = 1 }) {
  return Math.max(2, input.length / CHARACTERS_PER_S / speed);
}

/** Seconds as "1:05". */
function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function facts({ firstAudio, took, duration, bytes, format, isOpen }) {
  const known = [
    ["First audio", firstAudio !== null && `${firstAudio.toFixed(2)} s`],
    ["Speech", !isOpen && duration > 0 && `${duration.toFixed(1)} s`],
    ["Made in", took !== null && `${took.toFixed(1)} s`],
    [FORMATS[format].name, bytes > 0 && size(bytes)],
  ];
  return known
    .filter(([, value]) => value)
    .map(([name, value]) => {
      const row = document.createElement("div");
      const [term, text] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, text.textContent] = [name, value];
      row.append(term, text);
      return row;
    });
}

function size(bytes) {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
