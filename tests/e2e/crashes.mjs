import { test as plainTest } from 'node:test';

/**
 * The end of Firefox that is its own: its wgpu panics while objects are cleared away, and takes the whole browser along (README,
 * “Limits”). A test that this befalls says nothing about the page.
 */
const PANIC = /cannot remove a vacant resource/i;
const KEPT = 20_000;

let panics = 0;
/** @type {Set<() => Promise<void>>} */
const revivals = new Set();

/**
 * Counts the browser's panics from here on.
 * @param {import('puppeteer-core').Browser} browser
 */
export function watch(browser) {
  const child = browser.process();
  let said = '';
  child?.stderr?.on('data', (bytes) => {
    const before = PANIC.test(said);
    said = (said + bytes).slice(-KEPT);
    if (!before && PANIC.test(said)) panics += 1;
  });
}

/**
 * @param {() => Promise<void>} revive starts again what the tests share; called before a test is run again
 * @returns {() => void} forgets it
 */
export function onCrash(revive) {
  revivals.add(revive);
  return () => revivals.delete(revive);
}

/**
 * As `test` of `node:test`; where the browser died of its own panic, the test is run once more, and the report says so.
 *
 * @typedef {(t: import('node:test').TestContext) => Promise<void>} Body
 * @param {string} title
 * @param {import('node:test').TestOptions | Body} options
 * @param {Body} [body]
 */
export function test(title, options, body) {
  if (typeof options === 'function') return test(title, {}, options);
  return plainTest(title, options, async (t) => {
    const before = panics;
    try {
      await body?.(t);
    } catch (error) {
      // The browser's last words may come after the connection's end.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      if (panics === before) throw error;
      t.diagnostic(`Firefox panicked (${error}); run once more`);
      for (const revive of revivals) await revive();
      await body?.(t);
    }
  });
}
