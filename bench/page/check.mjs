/**
 * Tries the page at `/` in Chromium, against a server that runs: with espeak or Kokoro, for its words are to be marked.
 *
 *   npm install --prefix DIR playwright-core axe-core
 *   node bench/page/check.mjs DIR [http://127.0.0.1:8880/] [/usr/bin/chromium]
 *
 * It prints what holds, leaves screenshots in DIR to be looked at, and ends with status 1 if something does not hold.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [folder, url = "http://127.0.0.1:8880/", executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
const need = createRequire(join(resolve(folder), "package.json"));
const { chromium } = need("playwright-core");
const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WORDS = "One two three four five six seven eight nine ten";
const SAMPLES = 8000; // Hz, of what is decoded to compare

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--mute-audio"] });

/** A page in a browser of its own. Its faults are what the console says, a violated policy above all. */
async function open({ width = 1280, height = 900, dark = false, script } = {}) {
  const colorScheme = dark ? "dark" : "light";
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, acceptDownloads: true });
  const page = await context.newPage();
  page.faults = [];
  page.requests = [];
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("pageerror", (error) => page.faults.push(error.stack));
  page.on("request", (request) => page.requests.push(request));
  if (script) await page.addInitScript(script);
  await page.goto(url);
  await page.waitForSelector(".voice input:checked");
  return page;
}

async function close(page) {
  assert.deepEqual(page.faults, []);
  const foreign = page.requests.map((request) => request.url()).filter((each) => !each.startsWith("blob:"));
  assert.deepEqual([...new Set(foreign.map((each) => new URL(each).origin))], [new URL(url).origin]);
  await page.context().close();
}

const whole = (page) => page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("All of"));
const asked = (page) => page.requests.findLast((request) => request.url().endsWith("/v1/audio/speech")).postDataJSON();
const place = (page) => page.$eval("#place", (slider) => Number(slider.value));
const shot = (page, name) => page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

/** Speak, and give the words in the order in which they were marked. */
async function words(page) {
  const seen = [];
  while ((await page.getAttribute("#play", "aria-label")) === "Pause") {
    const word = await page.evaluate(() => document.querySelector("mark")?.textContent);
    if (word && word !== seen.at(-1)) seen.push(word);
    await page.waitForTimeout(30);
  }
  return seen;
}

async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate((rules) => axe.run({ runOnly: rules }), RULES);
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
    [],
  );
}

const checks = {
  async "speaks, marks words in order, and draws what it speaks"() {
    const page = await open();
    await page.fill("#text", `${WORDS}.`);
    await page.click("#speak");
    const marked = await words(page);
    assert.deepEqual(
      marked,
      WORDS.split(" ").filter((word) => marked.includes(word)),
    );
    assert.ok(marked.length >= 7, marked.join(" ")); // short ones may fall between two looks
    const peaks = await page.$eval("#waveform", (canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, canvas.height / 4, canvas.width, 1);
      return data.filter((value, index) => index % 4 === 3 && value).length;
    });
    assert.ok(peaks > 20, "no bar is high");
    await close(page);
  },

  async "gives the bytes of the reply, which are sound, for download"() {
    const page = await open();
    const { promise, resolve: take } = Promise.withResolvers?.() ?? deferred();
    await page.route("**/v1/audio/speech", async (route) => {
      const response = await route.fetch();
      take(await response.text());
      await route.fulfill({ response });
    });
    await page.fill("#text", "Good morning.");
    await page.click("#speak");
    await whole(page);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#download")]);
    const events = (await promise)
      .split("\n\n")
      .filter(Boolean)
      .map((event) => JSON.parse(event.slice(5)));
    const sent = events.filter(({ audio }) => audio).map(({ audio }) => Buffer.from(audio, "base64"));
    const kept = readFileSync(await download.path());
    assert.ok(kept.equals(Buffer.concat(sent)));
    const [seconds, peak] = await page.evaluate(
      async ([text, rate]) => {
        const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
        const audio = await new OfflineAudioContext(1, 1, rate).decodeAudioData(bytes.buffer);
        return [audio.duration, audio.getChannelData(0).reduce((most, each) => Math.max(most, Math.abs(each)), 0)];
      },
      [kept.toString("base64"), SAMPLES],
    );
    assert.ok(seconds > 0.4 && peak > 0.05, `${seconds} s, peak ${peak}`);
    await close(page);
  },

  async "asks for the blend, the speed and the format that were chosen"() {
    const page = await open();
    await page.fill("#text", "Good morning.");
    const first = await page.inputValue(".voice input:checked");
    const other = page.locator(".voice:not(.in)").first();
    const second = await other.locator("input").inputValue();
    await other.getByRole("button", { name: /Blend/ }).click();
    await page.locator("#blend input").last().fill("25");
    await page.fill("#speed", "1");
    await page.selectOption("#format", "flac");
    await page.click("#speak");
    await whole(page);
    const { voice, speed, response_format } = asked(page);
    assert.deepEqual([voice, speed, response_format], [`${first}(2)+${second}(1)`, 2, "flac"]);
    await page.click("summary");
    assert.ok((await page.textContent("#code")).includes(voice));
    await accessible(page);
    await shot(page, "light");
    await close(page);
  },

  async "plays while it comes without Media Source Extensions"() {
    const page = await open({ script: () => (globalThis.MediaSource.isTypeSupported = () => false) });
    assert.equal(await page.inputValue("#format"), "wav");
    await page.fill("#text", `${WORDS}.`);
    await page.click("#speak");
    await whole(page);
    await page.waitForTimeout(500);
    const before = await place(page);
    await page.waitForTimeout(500);
    assert.ok((await place(page)) > before);
    assert.ok((await words(page)).length > 3);
    await close(page);
  },

  async "is used by keyboard alone, on a phone, in the dark"() {
    const page = await open({ width: 360, height: 740, dark: true });
    const until = async (selector) => {
      for (let tries = 0; tries < 40; tries += 1) {
        if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`${selector} is not reached`);
    };
    await until("#text");
    await page.keyboard.type("Good morning.");
    await until(".voice input");
    const before = await page.textContent("#chosen");
    await page.keyboard.press("ArrowDown");
    assert.notEqual(await page.textContent("#chosen"), before);
    await page.keyboard.press("Control+Enter");
    await whole(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
    await until("#download:enabled");
    await accessible(page);
    await shot(page, "phone");
    await page.reload();
    await page.waitForSelector(".entry");
    await until(".history .link");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".entry", { state: "detached" });
    await close(page);
  },
};

function deferred() {
  const parts = {};
  parts.promise = new Promise((resolved) => (parts.resolve = resolved));
  return parts;
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
await browser.close();
process.exitCode = failed ? 1 : 0;
