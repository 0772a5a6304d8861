/** The page: what the user enters, and what follows from it. */

import { FORMATS, abilities, get, key } from "./api.js";
import { HistoryPanel } from "./history_panel.js";
import { Marker } from "./marker.js";
import { plays, streams } from "./media_player.js";
import { PlayerPanel } from "./player_panel.js";
import { LANGUAGES } from "./snippets.js";
import { Speech } from "./speech.js";
import { keep, kept } from "./storage.js";
import { VoicePanel } from "./voice_panel.js";
import { voices } from "./voices.js";

const SETTINGS = "speechd.settings";

/** Formats whose audio plays while it comes, in every browser. */
const BARE = ["wav", "pcm"];

const byId = (id) => document.getElementById(id);
const text = byId("text");
const speed = byId("speed");
const format = byId("format");

const marker = new Marker(text, byId("marks"));
const player = new PlayerPanel(marker);
const history = new HistoryPanel(byId("history"));
const panel = new VoicePanel({
  list: byId("voice-list"),
  blend: byId("blend"),
  search: byId("search"),
  language: byId("language"),
  found: byId("found"),
});

let server = { formats: Object.keys(FORMATS), maxLength: Infinity, timesWords: false, hasKeys: false };
let model = "tts-1";
let speech = null;
let sample = null;
const samples = new Map();

function request(input = text.value, voice = panel.name) {
  const rate = speedOf(speed.value);
  const fields = { model, input, voice, response_format: format.value };
  return rate === 1 ? fields : { ...fields, speed: rate };
}

/** Where the slider stands for a speed: equal ways are equal ratios, and the middle is 1. */
function speedOf(position) {
  return Math.round(100 * 2 ** position) / 100;
}

function say(message) {
  byId("status").textContent = message;
}

function complain(error) {
  byId("error").textContent = error?.message ?? "";
  byId("error").hidden = !error;
  if (error?.status === 401) askForKey("This key was not accepted. Enter one of the server's keys.");
}

function speak() {
  const problem = problemOf(text.value);
  if (problem) {
    complain(new Error(problem));
    text.focus();
    return;
  }
  stopSample();
  complain(null);
  show(new Speech(request()));
  say("Waiting for the first audio.");
  speech.run({ timed: server.timesWords });
}

function problemOf(input) {
  const length = [...input].length;
  if (!input.trim()) return "Enter the text to speak first.";
  if (!panel.parts.length) return "There is no voice to speak with.";
  const limit = server.maxLength;
  return length > limit ? `The text has ${number(length)} characters; this server takes ${number(limit)}.` : "";
}

function show(next) {
  speech = next;
  marker.begin(next.request.input);
  player.show(next);
  let isHeard = false;
  next.addEventListener("change", () => {
    if (next !== speech) return;
    showStop(next.isOpen);
    if (isHeard || next.firstAudio === null || next.state !== "coming") return;
    isHeard = true;
    const hint = server.timesWords ? " Click a word to go there." : "";
    say(`Speaking. First audio after ${next.firstAudio.toFixed(2)} seconds.${hint}`);
  });
  next.addEventListener("end", () => ended(next));
  next.addEventListener("unheard", unheard);
}

function unheard({ detail }) {
  complain(new Error(detail));
}

function showStop(isOpen) {
  if (!isOpen && document.activeElement === byId("stop")) byId("speak").focus();
  byId("stop").hidden = !isOpen;
}

function ended(last) {
  if (last.state === "whole" && last.isNew) history.add(last);
  if (last !== speech) return;
  if (last.error) complain(last.error);
  if (last.state === "whole") say(`All of the speech is here. It took ${last.took.toFixed(1)} seconds.`);
  else say(last.error ? "" : "Stopped.");
}

function stop() {
  stopSample();
  if (!speech?.isOpen && !speech?.player.isPlaying) return;
  speech.stop();
  say("Stopped.");
}

async function reopen({ detail: entry }) {
  const { input, voice, response_format, speed: rate = 1 } = entry.request;
  text.value = input;
  panel.choose(voice);
  format.value = response_format;
  speed.value = Math.log2(rate);
  changed();
  text.scrollIntoView({ block: "nearest" });
  if (!entry.audio) return;
  const audio = new Uint8Array(await entry.audio.arrayBuffer());
  const restored = new Speech(entry.request);
  complain(null);
  show(restored);
  restored.restore({ ...entry, audio });
  restored.player.play();
}

/** Hear a voice, or stop it. */
async function hear({ detail: { voice, text: input, stop: isStop } }) {
  stopSample();
  if (isStop) return;
  speech?.player.pause();
  const wanted = { model, input, voice: voice.id, response_format: streams(FORMATS.mp3.type) ? "mp3" : "wav" };
  const started = (sample = samples.get(voice.id) ?? new Speech(wanted));
  panel.sounding(voice.id);
  started.addEventListener("change", () => {
    if (sample !== started || started.isOpen || started.player.isPlaying) return;
    stopSample();
  });
  started.addEventListener("end", () => started.error && complain(started.error));
  started.addEventListener("unheard", unheard);
  if (samples.has(voice.id)) started.player.play();
  else if ((await started.run({ timed: false }), started.state === "whole")) samples.set(voice.id, started);
}

function stopSample() {
  if (!sample) return;
  const stopped = sample;
  sample = null;
  panel.sounding(null);
  stopped.stop();
  if (stopped.state === "whole") stopped.player.seek(0);
}

/** Show what follows from the fields, and keep the settings. */
function changed() {
  const rate = speedOf(speed.value);
  byId("rate").textContent = `${rate.toFixed(2)}×`;
  byId("rate-reset").hidden = rate === 1;
  speed.setAttribute("aria-valuetext", `${rate} times`);
  byId("chosen").textContent = panel.title || "…";
  const length = [...text.value].length;
  const isLong = length > server.maxLength;
  byId("count").textContent =
    `${number(length)}${server.maxLength < Infinity ? ` / ${number(server.maxLength)}` : ""} characters`;
  byId("count").classList.toggle("bad", isLong);
  byId("clear").disabled = !length;
  const isStreamed = BARE.includes(format.value) || streams(FORMATS[format.value]?.type);
  const isPlayed = isStreamed || plays(FORMATS[format.value]?.type);
  const note = isPlayed ? "Plays once it is whole." : "This browser does not play it.";
  byId("format-note").textContent = isStreamed ? "" : note;
  const chosen = { voice: panel.name, speed: speed.value, format: format.value };
  if (panel.parts.length) keep("localStorage", SETTINGS, JSON.stringify(chosen));
  showCode();
}

function showCode() {
  const language = document.querySelector("[name=code]:checked").value;
  const wanted = request(text.value || "Hello!", panel.parts.length ? panel.name : "alloy");
  byId("code").textContent = LANGUAGES[language](wanted, server.hasKeys);
}

async function copy() {
  const code = byId("code");
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Not to be had over plain HTTP: what is selected can be copied in the old way.
    getSelection().selectAllChildren(code);
    document.execCommand("copy");
  }
  byId("copy").textContent = "Copied";
  setTimeout(() => (byId("copy").textContent = "Copy"), 1500);
  say("Copied.");
}

function askForKey(why) {
  byId("key-card").hidden = false;
  byId("key-note").textContent = why;
  byId("key").focus();
}

async function enterKey(event) {
  event.preventDefault();
  key.set(byId("key").value.trim(), byId("keep-key").checked);
  complain(null);
  await begin();
}

function number(value) {
  return value.toLocaleString("en");
}

function settings() {
  try {
    return JSON.parse(kept("localStorage", SETTINGS)) ?? {};
  } catch {
    return {};
  }
}

/** Ask what the server has, and show it. */
async function begin() {
  const saved = settings();
  server = await abilities();
  const best = streams(FORMATS.mp3.type) ? "mp3" : "wav";
  const wanted = server.formats.includes(saved.format) ? saved.format : best;
  format.replaceChildren(...server.formats.map((name) => new Option(FORMATS[name].name, name, false, name === wanted)));
  if (saved.speed) speed.value = saved.speed;
  byId("docs").hidden = !server.hasDocs;
  byId("key-button").hidden = !server.hasKeys;
  get("health").then(showHealth, () => {});
  try {
    const [listed, models] = await Promise.all([voices(), get("v1/models")]);
    model = models.data?.[0]?.id ?? model;
    panel.show(listed, saved.voice);
    byId("key-card").hidden = true;
  } catch (error) {
    if (error.status === 401 && !key.value) askForKey("This server asks for an API key.");
    else complain(error);
  }
  changed();
}

function showHealth({ engine, version, warning }) {
  byId("engine").textContent = [engine, version].filter(Boolean).join(" ");
  byId("warning").textContent = warning ?? "";
  byId("warning").hidden = !warning;
}

panel.addEventListener("change", changed);
panel.addEventListener("sample", hear);
history.addEventListener("open", reopen);
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  speak();
});
byId("stop").addEventListener("click", stop);
byId("clear").addEventListener("click", () => {
  text.value = "";
  text.dispatchEvent(new Event("input"));
  text.focus();
});
for (const field of [text, speed]) field.addEventListener("input", changed);
format.addEventListener("change", changed);
byId("rate-reset").addEventListener("click", () => {
  speed.value = 0;
  speed.focus();
  changed();
});
byId("code-card").addEventListener("change", showCode);
byId("copy").addEventListener("click", copy);
byId("key-form").addEventListener("submit", enterKey);
byId("key-button").addEventListener("click", () => askForKey("Keys are sent with every request to this server."));
byId("keep-key").checked = key.isKept;
text.addEventListener("click", () => {
  const time = text.selectionStart === text.selectionEnd ? marker.timeAt(text.selectionStart) : null;
  if (time !== null && speech?.player.isPlaying) player.seek(time);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    speak();
  } else if (event.key === "Escape") stop();
});

begin();
