import { readFileSync } from 'node:fs';
import { test as plainTest } from 'node:test';

/** How much of a browser's last words is kept, and how much of it is reported. */
const KEPT = 20_000;
const REPORTED = 600;

/** What is said of a connection that has ended. */
const GONE = /closed|detached|disconnected/i;

/** The last words of browsers that died, the latest last. @type {string[]} */
const deaths = [];
/** @type {Set<() => Promise<void>>} */
const revivals = new Set();

/**
 * Takes note when a browser's process dies without having been closed. Firefox does now and then, of a panic in its own wgpu
 * (docs/limitations.md): a test that this befalls says nothing about the page.
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

/** What Firefox noted of its crash beside the dump that its last words name. @param {string} said */
function reasonIn(said) {
  const [, dump] = said.match(/attempting to generate:[\s\0]*(\/\S+)\.dmp/) ?? [];
  try {
    return JSON.parse(readFileSync(`${dump}.extra`, 'utf8')).MozCrashReason;
  } catch {
    return undefined;
  }
}

/** Whether a browser's process goes on. @param {import('puppeteer-core').Browser} browser */
export function alive(browser) {
  const child = browser.process();
  return browser.connected && child?.exitCode === null && child.signalCode === null;
}

/** Runs of a test whose browser dies each time. */
const MOST_RUNS = 3;

/**
 * @param {() => Promise<void>} revive starts again what the tests share; called before a test is run again
 * @returns {() => void} forgets it
 */
export function onCrash(revive) {
  revivals.add(revive);
  return () => revivals.delete(revive);
}

/**
 * As `test` of `node:test`; where a watched browser died meanwhile, the test is run again, at most twice, and the report says so. A
 * page that kills its browser does so again.
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
        // A process ends some time after its connection: it writes down first what it died of.
        const end = Date.now() + (GONE.test(String(error)) ? 20_000 : 1000);
        while (deaths.length === before && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 100));
        if (deaths.length === before || run === MOST_RUNS) throw error;
        t.diagnostic(`the browser died (${deaths.at(-1)}), run once more after: ${error}`);
        for (const revive of revivals) await revive();
      }
    }
  });
}
