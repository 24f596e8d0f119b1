import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * Returns the violations that axe finds in the current state of the page, with the affected elements.
 * @param {import('puppeteer-core').Page} page
 * @param {string[]} [rules] the checked rules; by default all of them
 * @returns {Promise<string[]>}
 */
export async function violations(page, rules) {
  if (!(await page.evaluate(() => Reflect.has(window, 'axe')))) await page.evaluate(await readFile(AXE, 'utf8'));
  // Elements in a transition have a lower contrast: the animations are ended first, except those that never end.
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) {
      if (Number.isFinite(animation.effect?.getComputedTiming().endTime)) animation.finish();
    }
  });
  return page.evaluate(async (only) => {
    const { violations: found } = await Reflect.get(window, 'axe').run(document, only ? { runOnly: only } : {});
    return found.map(
      (/** @type {any} */ rule) => `${rule.id}: ${rule.nodes.map((/** @type {any} */ node) => node.target.join(' ')).join(', ')}`,
    );
  }, rules);
}
