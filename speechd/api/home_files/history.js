/** What was spoken, kept in this browser alone (IndexedDB), and no more than it may hold. */

const DATABASE = "speechd";
const STORE = "speeches";

/** Entries, and bytes of their audio together. Of a longer speech only the text is kept. */
const MAX_ENTRIES = 50;
const MAX_BYTES = 64 << 20;
const MAX_BYTES_EACH = 16 << 20;

/** A history; every method waits for the browser. Where the browser keeps none, it is empty. */
export class History {
  #database = open();

  constructor() {
    this.#database.catch(() => {}); // every method meets the error
  }

  /** All entries, the latest first: `{id, at, request, words, firstAudio, took, audio}`, the audio a Blob or null. */
  async list() {
    const entries = await this.#do("readonly", (store) => store.getAll());
    return (entries ?? []).reverse();
  }

  /** Keep an entry, and drop the oldest ones that there is no room for. */
  async add(entry) {
    const audio = entry.audio.size <= MAX_BYTES_EACH ? entry.audio : null;
    await this.#do("readwrite", (store) => store.add({ ...entry, audio, at: Date.now() }));
    let bytes = 0;
    for (const [index, { id, audio }] of (await this.list()).entries()) {
      bytes += audio?.size ?? 0;
      if (index >= MAX_ENTRIES || bytes > MAX_BYTES) await this.remove(id);
    }
  }

  remove(id) {
    return this.#do("readwrite", (store) => store.delete(id));
  }

  clear() {
    return this.#do("readwrite", (store) => store.clear());
  }

  async #do(mode, action) {
    try {
      const database = await this.#database;
      return await settled(action(database.transaction(STORE, mode).objectStore(STORE)));
    } catch {
      return undefined; // private windows, full disks: the page works without
    }
  }
}

async function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
  return settled(request);
}

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
