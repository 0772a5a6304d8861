/** The list of what was spoken. */

import { FORMATS } from "./api.js";
import { History } from "./history.js";
import { element, icon } from "./icons.js";

/** Characters of a text in the list. */
const EXCERPT = 140;

/** Its event is `open`, `{detail: entry}`: to have an entry in the page again, and hear it if its audio is kept. */
export class HistoryPanel extends EventTarget {
  #history = new History();
  #section;
  #list;

  constructor(section) {
    super();
    this.#section = section;
    this.#list = section.querySelector("ul");
    section.querySelector("button").addEventListener("click", () => this.#clear());
    this.#show();
  }

  /** Keep a speech that is whole. */
  async add({ request, words, firstAudio, took, blob }) {
    await this.#history.add({ request, words, firstAudio, took, audio: blob });
    await this.#show();
  }

  async #clear() {
    await this.#history.clear();
    await this.#show();
    document.querySelector("#text").focus();
  }

  async #show() {
    const entries = await this.#history.list();
    this.#section.hidden = !entries.length;
    this.#list.replaceChildren(...entries.map((entry) => this.#row(entry)));
  }

  #row(entry) {
    const { input, voice, response_format: format } = entry.request;
    const excerpt = input.length > EXCERPT ? `${input.slice(0, EXCERPT)}…` : input;
    const when = new Date(entry.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const about = [voice, FORMATS[format]?.name, entry.audio ? null : "text only", when].filter(Boolean).join(" · ");
    const text = element("span", { class: "excerpt" }, excerpt);
    const open = element(
      "button",
      { type: "button", class: "entry" },
      text,
      element("span", { class: "about" }, about),
    );
    const name = `Delete: ${excerpt.slice(0, 40)}`;
    const remove = element(
      "button",
      { type: "button", class: "icon", "aria-label": name, title: "Delete" },
      icon("close"),
    );
    open.addEventListener("click", () => this.dispatchEvent(new CustomEvent("open", { detail: entry })));
    remove.addEventListener("click", async () => {
      await this.#history.remove(entry.id);
      await this.#show();
      (this.#list.querySelector("button") ?? document.querySelector("#text")).focus();
    });
    return element("li", {}, open, remove);
  }
}
