/**
 * Marks the words of a text as they are heard: in a layer behind the text field, with the same letters in the same
 * places.
 */

/** Milliseconds for which the text is not scrolled to the word after the user has scrolled it. */
const PATIENCE_MS = 4000;

export class Marker {
  #field;
  #layer;
  #heard = document.createElement("span");
  #word = document.createElement("mark");
  #rest = document.createTextNode("");
  #text = "";
  #place = places("");
  #words = []; // {start, end, from, to}: seconds, and places in the string
  #at = -1;
  #scrolledAt = 0;
  #isOwnScroll = false;

  constructor(field, layer) {
    this.#field = field;
    this.#layer = layer;
    this.#heard.className = "heard";
    field.addEventListener("scroll", () => this.#follow());
    field.addEventListener("input", () => this.#show());
  }

  /** Begin with a text, which the field has. */
  begin(text) {
    this.#text = text;
    this.#place = places(text);
    this.#words = [];
    this.#at = -1;
    this.#scrolledAt = 0;
    this.#layer.replaceChildren();
  }

  /** Take all the words of the speech so far, as the server tells them: their places count code points. */
  take(words) {
    const known = this.#words.length;
    if (words.length === known) return;
    const place = this.#place;
    for (const { start, end, input_start, input_end } of words.slice(known)) {
      this.#words.push({ start, end, from: place(input_start), to: place(input_end) });
    }
  }

  /** Mark the word that is heard at this time; none for null. */
  mark(time) {
    const at = time === null ? -1 : this.#words.findLastIndex((word) => word.start <= time);
    if (at === this.#at) return;
    this.#at = at;
    this.#show();
  }

  /** When the word at a place of the text is heard; null where that is not known. */
  timeAt(place) {
    if (this.#field.value !== this.#text) return null;
    return this.#words.find((word) => word.from <= place && place <= word.to)?.start ?? null;
  }

  #show() {
    const word = this.#words[this.#at];
    if (!word || this.#field.value !== this.#text) {
      this.#layer.replaceChildren();
      return;
    }
    this.#heard.textContent = this.#text.slice(0, word.from);
    this.#word.textContent = this.#text.slice(word.from, word.to);
    this.#rest.data = `${this.#text.slice(word.to)}\n`; // a field has a line behind its last line feed
    this.#layer.replaceChildren(this.#heard, this.#word, this.#rest);
    this.#scroll();
  }

  #scroll() {
    const field = this.#field;
    this.#layer.scrollTop = field.scrollTop;
    if (performance.now() - this.#scrolledAt < PATIENCE_MS) return;
    const top = this.#word.offsetTop;
    const isSeen = top >= field.scrollTop && top + this.#word.offsetHeight <= field.scrollTop + field.clientHeight;
    if (isSeen) return;
    this.#isOwnScroll = true;
    field.scrollTop = top - field.clientHeight / 3;
    this.#layer.scrollTop = field.scrollTop;
  }

  #follow() {
    this.#layer.scrollTop = this.#field.scrollTop;
    if (!this.#isOwnScroll) this.#scrolledAt = performance.now();
    this.#isOwnScroll = false;
  }
}

/** From code points, in which the server counts, to places in a string, which counts UTF-16 units. */
function places(text) {
  if (!/[\ud800-\udbff]/.test(text)) return (point) => point;
  const starts = [];
  let unit = 0;
  for (const letter of text) {
    starts.push(unit);
    unit += letter.length;
  }
  return (point) => starts[point] ?? unit;
}
