/** Programs that ask for the same speech. */

import { BASE, SPEECH } from "./api.js";

const KEY = "SPEECHD_API_KEY"; // the environment variable; keys themselves are never in a program

export const LANGUAGES = { curl, python, js };

function curl(request, hasKeys) {
  const key = hasKeys ? ` \\\n  -H "Authorization: Bearer $${KEY}"` : "";
  return `curl ${new URL(SPEECH, BASE)} \\
  -H 'Content-Type: application/json'${key} \\
  -d ${quoted(JSON.stringify(request))} \\
  -o ${file(request)}
`;
}

function python(request, hasKeys) {
  const key = hasKeys ? `os.environ["${KEY}"]` : '"unused"';
  const fields = Object.entries(request).map(([name, value]) => `    ${name}=${JSON.stringify(value)},\n`);
  return `${hasKeys ? "import os\n\n" : ""}from openai import OpenAI

client = OpenAI(base_url="${new URL("v1", BASE)}", api_key=${key})
with client.audio.speech.with_streaming_response.create(
${fields.join("")}) as response:
    response.stream_to_file("${file(request)}")
`;
}

function js(request, hasKeys) {
  const key = hasKeys ? `, Authorization: \`Bearer \${process.env.${KEY}}\`` : "";
  return `import { writeFile } from "node:fs/promises";

const response = await fetch("${new URL(SPEECH, BASE)}", {
  method: "POST",
  headers: { "Content-Type": "application/json"${key} },
  body: JSON.stringify(${JSON.stringify(request, null, 2).replaceAll("\n", "\n  ")}),
});
if (!response.ok) throw new Error(await response.text());
await writeFile("${file(request)}", response.body);
`;
}

function file(request) {
  return `speech.${request.response_format}`;
}

/** A word of a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
