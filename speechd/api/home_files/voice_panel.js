/** The voices to choose from, and the blend that speaks. */

import { element, icon, relabel } from "./icons.js";
import { sampleOf } from "./voices.js";

/** Voices in a blend, as the server has it. */
const MAX_PARTS = 8;

/** Weight of a voice alone, and of one that is added to it: both count the same. */
const WEIGHT = 50;

const FIRST = ["af_heart"];

/** Its events are `change`, when another voice or blend speaks, and `sample`, to hear or stop `detail.voice`. */
export class VoicePanel extends EventTarget {
  voices = [];
  parts = []; // {voice, weight}, the first of which is chosen in the list
  #list;
  #blend;
  #search;
  #language;
  #found;
  #rows = new Map();
  #sounding = null;

  constructor({ list, blend, search, language, found }) {
    super();
    [this.#list, this.#blend, this.#search, this.#language, this.#found] = [list, blend, search, language, found];
    search.addEventListener("input", () => this.#filter());
    language.addEventListener("change", () => this.#filter());
  }

  /** What a request names: "af_heart", or "af_bella(2)+af_sky(1)". */
  get name() {
    if (this.parts.length === 1) return this.parts[0].voice.id;
    const divisor = this.parts.reduce((common, { weight }) => gcd(common, weight), 0);
    return this.parts.map(({ voice, weight }) => `${voice.id}(${weight / divisor})`).join("+");
  }

  /** The name for people. */
  get title() {
    return this.parts.map(({ voice }) => voice.name).join(" + ");
  }

  /** Show these voices, and choose what was named; where that is unknown, a good one. */
  show(voices, name) {
    this.voices = voices;
    this.#rows.clear();
    this.#list.replaceChildren(...this.#groups());
    const languages = new Map(voices.map((voice) => [voice.languageName, voice.flag]));
    const options = [...languages].map(([language, flag]) =>
      element("option", { value: language }, `${flag} ${language}`),
    );
    this.#language.replaceChildren(element("option", { value: "" }, "All languages"), ...options);
    if (!this.choose(name)) this.choose(voices.find(({ id }) => FIRST.includes(id))?.id ?? voices[0]?.id);
    this.#filter();
  }

  /** Choose a voice or blend by its name. False if there is no such voice. */
  choose(name) {
    const parts = (name ?? "").split("+").map((part) => /^([^()]+)(?:\(([\d.]+)\))?$/.exec(part.trim()));
    const known = parts.map((part) => part && this.voices.find(({ id }) => id === part[1]));
    if (!known.length || known.includes(undefined) || known.includes(null)) return false;
    const weights = parts.map((part) => Number(part[2] ?? 1));
    const most = Math.max(...weights);
    const scale = new Set(weights).size > 1 ? 100 : WEIGHT;
    const scaled = (weight) => Math.max(1, Math.round((weight / most) * scale));
    this.parts = known.map((voice, index) => ({ voice, weight: scaled(weights[index]) }));
    this.#changed();
    return true;
  }

  /** Show which voice is being heard; null for none. */
  sounding(id) {
    this.#sounding = id;
    for (const [each, { sample, voice }] of this.#rows) {
      const isOn = each === id;
      relabel(sample, isOn ? "stop" : "play", isOn ? `Stop ${voice.name}` : `Hear ${voice.name}`);
      sample.classList.toggle("on", isOn);
    }
  }

  #groups() {
    const groups = Map.groupBy ? Map.groupBy(this.voices, (voice) => voice.languageName) : grouped(this.voices);
    return [...groups].map(([language, voices]) =>
      element(
        "div",
        { class: "group" },
        element("h3", {}, element("span", { class: "flag", "aria-hidden": "true" }, voices[0].flag), ` ${language}`),
        element("ul", {}, ...voices.map((voice) => this.#row(voice))),
      ),
    );
  }

  #row(voice) {
    const radio = element("input", { type: "radio", name: "voice", value: voice.id });
    const about = [voice.gender, voice.quality && `grade ${voice.quality}`, voice.id].filter(Boolean).join(" · ");
    const who = element(
      "span",
      { class: "who" },
      element("span", { class: "name" }, voice.name),
      element("span", { class: "about" }, about),
    );
    const sample = element("button", { type: "button", class: "icon sample" });
    const add = element("button", { type: "button", class: "icon" });
    const row = element("li", { class: "voice" }, element("label", {}, radio, who), sample, add);
    radio.addEventListener("change", () => this.#main(voice));
    sample.addEventListener("click", () => this.#sample(voice));
    add.addEventListener("click", () => this.#toggle(voice));
    relabel(sample, "play", `Hear ${voice.name}`);
    this.#rows.set(voice.id, { row, radio, sample, add, voice });
    return row;
  }

  #sample(voice) {
    const detail = { voice, text: sampleOf(voice), stop: this.#sounding === voice.id };
    this.dispatchEvent(new CustomEvent("sample", { detail }));
  }

  #main(voice) {
    const others = this.parts.slice(1).filter((part) => part.voice !== voice);
    this.parts = [{ voice, weight: this.parts[0]?.weight ?? WEIGHT }, ...others];
    this.#changed();
  }

  #toggle(voice) {
    if (this.parts.some((part) => part.voice === voice)) {
      if (this.parts.length > 1) this.parts = this.parts.filter((part) => part.voice !== voice);
    } else if (this.parts.length < MAX_PARTS) {
      this.parts = [...this.parts, { voice, weight: WEIGHT }];
    }
    this.#changed();
  }

  #changed() {
    for (const { radio, add, sample, row, voice } of this.#rows.values()) {
      const at = this.parts.findIndex((part) => part.voice === voice);
      radio.checked = at === 0;
      row.classList.toggle("in", at >= 0);
      const isBlended = at >= 0 && this.parts.length > 1;
      relabel(
        add,
        isBlended ? "check" : "plus",
        isBlended ? `Take ${voice.name} out of the blend` : `Blend ${voice.name} in`,
      );
      add.disabled = at === 0 && this.parts.length === 1;
      add.classList.toggle("on", isBlended);
      // The list is one stop of the Tab key, as groups of radio buttons are, and the chosen row's buttons are the next.
      add.tabIndex = sample.tabIndex = at >= 0 ? 0 : -1;
    }
    this.#showBlend();
    this.dispatchEvent(new Event("change"));
  }

  #showBlend() {
    this.#blend.hidden = this.parts.length < 2;
    const list = this.#blend.querySelector("ul");
    const focused = document.activeElement?.closest(".part")?.dataset.id;
    list.replaceChildren(...this.parts.map((part) => this.#part(part)));
    this.#shares();
    list.querySelector(`.part[data-id="${CSS.escape(focused ?? "")}"] input`)?.focus();
  }

  #part(part) {
    const { voice } = part;
    const slider = element("input", {
      type: "range",
      min: 1,
      max: 100,
      value: part.weight,
      "aria-label": `Weight of ${voice.name}`,
    });
    const share = element("output", { class: "share" });
    const out = element(
      "button",
      { type: "button", class: "icon", "aria-label": `Take ${voice.name} out`, title: "Take out" },
      icon("close"),
    );
    slider.addEventListener("input", () => {
      part.weight = Number(slider.value);
      this.#shares();
      this.dispatchEvent(new Event("change"));
    });
    out.addEventListener("click", () => {
      this.#toggle(voice);
      this.#rows.get(this.parts[0].voice.id).radio.focus();
    });
    return element(
      "li",
      { class: "part", "data-id": voice.id },
      element("span", { class: "name" }, `${voice.flag} ${voice.name}`),
      slider,
      share,
      out,
    );
  }

  #shares() {
    const total = this.parts.reduce((sum, { weight }) => sum + weight, 0);
    for (const [index, row] of [...this.#blend.querySelectorAll(".part")].entries()) {
      const text = `${Math.round((this.parts[index].weight / total) * 100)} %`;
      row.querySelector("output").textContent = text;
      row.querySelector("input").setAttribute("aria-valuetext", text);
    }
  }

  #filter() {
    const wanted = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const language = this.#language.value;
    let found = 0;
    for (const { row, voice } of this.#rows.values()) {
      const isFound =
        (!language || voice.languageName === language) && wanted.every((word) => voice.text.includes(word));
      row.hidden = !isFound;
      found += isFound;
    }
    for (const group of this.#list.children) group.hidden = !group.querySelector("li:not([hidden])");
    this.#found.textContent = found ? `${found} ${found === 1 ? "voice" : "voices"}` : "No voice is like that.";
  }
}

function grouped(voices) {
  const groups = new Map();
  for (const voice of voices) groups.set(voice.languageName, [...(groups.get(voice.languageName) ?? []), voice]);
  return groups;
}

function gcd(first, second) {
  return second ? gcd(second, first % second) : first;
}
