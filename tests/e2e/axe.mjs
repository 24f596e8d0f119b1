import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * Returns the violations that axe finds in the current state of the page, with the affected elements.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<string[]>}
 */
export async function violations(page) {
  await page.evaluate(await readFile(AXE, 'utf8'));
  // Elements in a transition have a lower contrast: the animations finish first.
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))));
  return page.evaluate(async () => {
    const { violations: found } = await Reflect.get(window, 'axe').run(document);
    return found.map(
      (/** @type {any} */ rule) => `${rule.id}: ${rule.nodes.map((/** @type {any} */ node) => node.target.join(' ')).join(', ')}`,
    );
  });
}

