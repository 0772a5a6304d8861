/** What the browser keeps for this page. A browser may refuse to: then nothing is kept, and the page works without. */

/** The text of this name; null if there is none. area: "localStorage", or "sessionStorage", which ends with the tab. */
export function kept(area, name) {
  try {
    return globalThis[area].getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text by this name; null: keep none. */
export function keep(area, name, text) {
  try {
    if (text === null) globalThis[area].removeItem(name);
    else globalThis[area].setItem(name, text);
  } catch {
    // as said above
  }
}
