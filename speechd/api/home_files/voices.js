/** Voices as the server lists them, and what people are told of them. */

import { get } from "./api.js";

/** What a voice says to be heard. Languages that are not here are heard with their own name. */
const SAMPLES = {
  de: "Guten Tag! So klingt meine Stimme.",
  en: "Hello! This is what my voice sounds like.",
  es: "¡Hola! Así suena mi voz.",
  fr: "Bonjour ! Voici le son de ma voix.",
  hi: "नमस्ते! मेरी आवाज़ ऐसी है।",
  it: "Ciao! Questa è la mia voce.",
  ja: "こんにちは。私の声はこんな感じです。",
  pt: "Olá! Esta é a minha voz.",
  zh: "你好！这就是我的声音。",
};

/** The voices: `{id, name, language, languageName, flag, gender, quality, text}`; `text` is what a search looks in. */
export async function voices() {
  const { voices } = await get("v1/audio/voices");
  return voices.map((voice) => described(typeof voice === "string" ? { id: voice } : voice));
}

/** A text in a voice's language, to hear it by. */
export function sampleOf(voice) {
  return SAMPLES[voice.language.split("-")[0]] ?? voice.languageName;
}

function described({ id, name, display_name, language = "", gender = "", quality = null, aliases = [] }) {
  const shown = display_name ?? (name && name !== id ? name : pretty(id));
  const languageName = nameOf(language);
  const text = [id, shown, language, languageName, gender, ...aliases].join(" ").toLowerCase();
  return { id, name: shown, language, languageName, flag: flagOf(language), gender, quality, text };
}

/** "af_bella" → "Bella" */
function pretty(id) {
  const name = id.replace(/^[a-z]{2}_/, "").replaceAll("_", " ");
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function nameOf(language) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(canonical(language));
  } catch {
    return language || "Other";
  }
}

/** The flag of the region in which a language is mostly spoken, in letters that systems draw as a flag. */
function flagOf(language) {
  try {
    const { region } = new Intl.Locale(canonical(language)).maximize();
    return String.fromCodePoint(...[...region].map((letter) => 0x1f1e6 + letter.charCodeAt(0) - 65));
  } catch {
    return "";
  }
}

/** "fr-fr" → "fr": where the region is the language's own, people leave it out. */
function canonical(language) {
  const locale = new Intl.Locale(language);
  const likely = new Intl.Locale(locale.language).maximize().region;
  const isOwn = likely === locale.region && !["en", "pt"].includes(locale.language);
  return isOwn ? locale.language : locale.baseName;
}
