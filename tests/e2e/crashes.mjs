import { readFileSync } from 'node:fs';
import { test as plainTest } from 'node:test';

/** How many characters of a browser's output are kept, and how many of them are reported. */
const KEPT = 20_000;
const REPORTED = 600;

/** Error messages of a closed connection. */
const GONE = /closed|detached|disconnected/i;

/** The last output of crashed browsers, newest last. @type {string[]} */
const deaths = [];
/** @type {Set<() => Promise<void>>} */
const revivals = new Set();

/**
 * Records when a browser's process ends without having been closed. Firefox sometimes crashes by a panic in its own wgpu
 * (docs/limitations.md); the test then says nothing about the page.
 * @param {import('puppeteer-core').Browser} browser
 */
export function watch(browser) {
  const child = browser.process();
  let said = '';
  let closing = false;
  const close = browser.close.bind(browser);
  browser.close = () => {
    closing = true;
    return close();
  };
  child?.stderr?.on('data', (bytes) => (said = (said + bytes).slice(-KEPT)));
  child?.once('exit', (code, signal) => {
    if (closing) return;
    deaths.push(`${signal ?? `exit code ${code}`}: ${reasonIn(said) ?? said.trim().slice(-REPORTED)}`);
  });
}

/** The reason that Firefox has written next to its crash dump; the output contains the path. @param {string} said */
function reasonIn(said) {
  const [, dump] = said.match(/attempting to generate:[\s\0]*(\/\S+)\.dmp/) ?? [];
  try {
    return JSON.parse(readFileSync(`${dump}.extra`, 'utf8')).MozCrashReason;
  } catch {
    return undefined;
  }
}

/** Whether a browser's process is running. @param {import('puppeteer-core').Browser} browser */
export function alive(browser) {
  const child = browser.process();
  return browser.connected && child?.exitCode === null && child.signalCode === null;
}

/** The maximum number of runs of a test whose browser crashes. */
const MOST_RUNS = 3;

/**
 * @param {() => Promise<void>} revive restarts the shared objects of the tests; called before a test is run again
 * @returns {() => void} unregisters `revive`
 */
export function onCrash(revive) {
  revivals.add(revive);
  return () => revivals.delete(revive);
}

/**
 * Like `test` of `node:test`. If a watched browser crashes during the test, the test is run again, at most twice, and the report
 * says so. A page that crashes its browser does so in each run.
 *
 * @typedef {(t: import('node:test').TestContext) => Promise<void>} Body
 * @param {string} title
 * @param {import('node:test').TestOptions | Body} options
 * @param {Body} [body]
 */
export function test(title, options, body) {
  if (typeof options === 'function') return test(title, {}, options);
  return plainTest(title, options, async (t) => {
    for (let run = 1; ; run += 1) {
      const before = deaths.length;
      try {
        return await body?.(t);
      } catch (error) {
        // A process ends some time after its connection, since it writes its crash report first.
        const end = Date.now() + (GONE.test(String(error)) ? 20_000 : 1000);
        while (deaths.length === before && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
        if (deaths.length === before || run === MOST_RUNS) throw error;
        t.diagnostic(`the browser died (${deaths.at(-1)}), run once more after: ${error}`);
        for (const revive of revivals) await revive();
      }
    }
  });
}
