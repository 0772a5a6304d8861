// Cartesia's, ElevenLabs' and OpenAI's own packages for Node.js, unmodified, against a server of the tone engine.
//
//     NODE_EXTRA_CA_CERTS=FOLDER/cert.pem node bench/clients/node_sdks.mjs HTTP_URL HTTPS_URL
//
// Run where `openai`, `ws`, `@cartesia/cartesia-js` and `@elevenlabs/elevenlabs-js` are installed: NODE_FOLDER.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.NODE_FOLDER ?? process.cwd(), "package.json"));
const OpenAI = require("openai").default;
const { OpenAIRealtimeWS } = require("openai/realtime/ws");
const Cartesia = require("@cartesia/cartesia-js").default;
const { ElevenLabsClient } = require("@elevenlabs/elevenlabs-js");

const TEXT = "Hello there, this costs $3.50 today. It was 1999 when we met! And that is all.";
const KEY = process.env.CLIENTS_KEY ?? "unused";
const [base, secure] = process.argv.slice(2);

function save(name, pcm, words = []) {
  const file = path.join(process.env.CLIENTS_OUT ?? ".", name);
  fs.writeFileSync(`${file}.pcm`, Buffer.concat(pcm));
  fs.writeFileSync(`${file}.json`, JSON.stringify({ text: TEXT, rate: 24000, words }));
}

async function realtime(url, name) {
  const client = new OpenAI({ apiKey: KEY, baseURL: `${url}/v1` });
  const connection = new OpenAIRealtimeWS({ model: "gpt-realtime" }, client);
  const pcm = [];
  let told = "";
  await new Promise((resolve, reject) => {
    connection.on("error", reject);
    connection.on("session.created", () =>
      connection.send({
        type: "session.update",
        session: { type: "realtime", output_modalities: ["audio"], audio: { output: { voice: "cedar" } } },
      }),
    );
    connection.on("session.updated", () =>
      connection.send({
        type: "response.create",
        response: {
          conversation: "none",
          input: [{ type: "message", role: "user", content: [{ type: "input_text", text: TEXT }] }],
        },
      }),
    );
    connection.on("response.output_audio.delta", (event) => pcm.push(Buffer.from(event.delta, "base64")));
    connection.on("response.output_audio_transcript.delta", (event) => (told += event.delta));
    connection.on("response.done", (event) =>
      event.response.status === "completed" ? resolve() : reject(new Error(event.response.status)),
    );
  });
  connection.close();
  if (told !== TEXT) throw new Error(`the transcript is ${told}`);
  save(name, pcm);
}

async function cartesia() {
  const client = new Cartesia({ apiKey: KEY, baseURL: secure });
  const asked = {
    model_id: "sonic-3",
    voice: { mode: "id", id: "af_heart" },
    output_format: { container: "raw", encoding: "pcm_s16le", sample_rate: 24000 },
  };
  const bytes = await client.tts.generate({ ...asked, transcript: TEXT });
  save("node-cartesia-bytes", [Buffer.from(await bytes.arrayBuffer())]);
  const ws = await client.tts.websocket();
  const context = ws.context({ ...asked, add_timestamps: true });
  for (const word of TEXT.split(" ")) await context.push({ transcript: `${word} ` });
  await context.no_more_inputs();
  const pcm = [];
  const words = [];
  for await (const event of context.receive()) {
    if (event.type === "chunk") pcm.push(event.audio ?? Buffer.from(event.data, "base64"));
    if (event.type === "timestamps") {
      const times = event.word_timestamps;
      times.words.forEach((word, at) => words.push([word, times.start[at], times.end[at]]));
    }
  }
  save("node-cartesia-websocket", pcm, words);
  ws.close();
}

async function elevenlabs() {
  const client = new ElevenLabsClient({ apiKey: KEY, baseUrl: base });
  const audio = await client.textToSpeech.convert("af_heart", { text: TEXT, outputFormat: "pcm_24000" });
  const pcm = [];
  for await (const data of audio) pcm.push(Buffer.from(data));
  save("node-elevenlabs-convert", pcm);
  const timed = await client.textToSpeech.convertWithTimestamps("af_heart", { text: TEXT, outputFormat: "pcm_24000" });
  const characters = timed.alignment.characters.join("").trim();
  if (characters !== TEXT) throw new Error(`the characters are ${characters}`);
  const voices = await client.voices.search();
  console.log("elevenlabs, voices:", voices.voices.length);
  try {
    await client.textToSpeech.convert("nobody", { text: TEXT });
  } catch (error) {
    console.log("elevenlabs, unknown voice:", error.statusCode, error.body?.detail?.status);
  }
}

await realtime(secure, "node-openai-realtime");
await cartesia();
await elevenlabs();
process.exit(0);
