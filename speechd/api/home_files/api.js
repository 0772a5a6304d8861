/**
 * The server's API. Addresses are relative to this file, so that a path that a proxy puts before them is kept.
 */

import { keep, kept } from "./storage.js";

export const BASE = new URL("../", import.meta.url);

export const SPEECH = "v1/audio/speech";

const KEY = "speechd.key";

/** What the server answers instead of what was asked for, or why it could not be asked. */
export class ApiError extends Error {
  /** status: of the response; 0 where there is none. */
  constructor(message, status = 0) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/** The API key: in memory, and in this tab's storage only if the user asks for that. */
export const key = {
  value: kept("sessionStorage", KEY) ?? "",

  get isKept() {
    return kept("sessionStorage", KEY) !== null;
  },

  set(value, isKept) {
    this.value = value;
    keep("sessionStorage", KEY, isKept && value ? value : null);
  },
};

/** The JSON object at an address of the server. */
export async function get(path) {
  const response = await send(path, {});
  return response.json();
}

/**
 * What the server can do, from its own description: `formats`, the longest input, whether words are timed, whether keys
 * are asked for, and whether there are documents.
 */
export async function abilities() {
  const described = await get("openapi.json").catch(() => ({}));
  const fields = described.components?.schemas?.SpeechRequest?.properties ?? {};
  const formats = (fields.response_format?.enum ?? []).filter((name) => FORMATS[name]);
  return {
    formats: formats.length ? formats : Object.keys(FORMATS),
    maxLength: fields.input?.maxLength ?? Infinity,
    timesWords: Boolean(fields.timestamp_granularities),
    hasKeys: Boolean(described.components?.securitySchemes),
    hasDocs: Boolean(described.paths?.["/docs"]),
  };
}

/** Formats that the page plays: their names, and their media types to the browser. */
export const FORMATS = {
  mp3: { name: "MP3", type: "audio/mpeg" },
  wav: { name: "WAV", type: "audio/wav" },
  aac: { name: "AAC", type: "audio/aac" },
  opus: { name: "Opus", type: "audio/ogg; codecs=opus" },
  flac: { name: "FLAC", type: "audio/flac" },
  pcm: { name: "PCM", type: "audio/pcm" },
};

/**
 * The speech of a request as it comes: `{audio}` with bytes, and `{words}` with times where they were asked for.
 * Throws `ApiError`, or an `AbortError` once the signal is given.
 */
export async function* speak(request, { signal, words = false }) {
  const body = words ? { ...request, stream_format: "sse", timestamp_granularities: ["word"] } : request;
  const response = await send(SPEECH, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  try {
    if (words) yield* events(response.body);
    else for await (const audio of chunks(response.body)) yield { audio };
  } catch (error) {
    if (error instanceof ApiError || signal.aborted) throw error;
    throw new ApiError("The speech broke off: the server failed, or the connection did.");
  }
}

async function send(path, options) {
  const headers = new Headers(options.headers);
  if (key.value) headers.set("authorization", `Bearer ${asBytes(key.value)}`);
  let response;
  try {
    response = await fetch(new URL(path, BASE), { ...options, headers, credentials: "same-origin" });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError("The server does not answer. Is it running?");
  }
  if (!response.ok) throw new ApiError(await complaint(response), response.status);
  return response;
}

/** A text as a header takes it: a letter for each byte of its UTF-8. */
function asBytes(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

async function complaint(response) {
  const body = await response.json().catch(() => ({}));
  const message = body.error?.message ?? `The server answered with status ${response.status}.`;
  const wait = response.headers.get("retry-after");
  return wait ? `${message} Try again in ${wait} s.` : message;
}

async function* chunks(stream) {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Server-sent events of speech. One that ends without its last event was broken off. */
async function* events(stream) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of chunks(stream)) {
    text += decoder.decode(bytes, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      if (!part.startsWith("data:")) continue;
      const event = JSON.parse(part.slice(5));
      if (event.type === "speech.audio.delta") yield { audio: fromBase64(event.audio) };
      else if (event.type === "speech.audio.timestamps") yield { words: event.words ?? [] };
      else if (event.type === "speech.audio.done") return;
      else if (event.type === "error") throw new ApiError(event.error?.message ?? "The server failed.");
    }
  }
  throw new ApiError("The speech broke off before its end.");
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
