import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'node:test';
import { BROWSERS } from './browsers.mjs';
import { test } from './crashes.mjs';
import { installation, kept, SMALL } from './installation.mjs';
import { open, ready } from './page.mjs';

for (const name of BROWSERS) {
  describe(`the installed page in ${name}`, { timeout: 600_000 }, () => {
    const there = installation(name);

    test('has a manifest that allows installation, and works offline after the first visit', async () => {
      const { browser, server } = there;
      const { page } = await open(browser, `${server.url}${SMALL}&engine=gpu`);
      await kept(page);
      const manifest = JSON.parse(await readFile(join(there.dist, 'manifest.webmanifest'), 'utf8'));
      const files = [...manifest.icons, ...manifest.screenshots];
      const sizes = await page.evaluate(
        (urls) =>
          Promise.all(
            urls.map(async (url) => {
              const image = new Image();
              image.src = url;
              await image.decode();
              return `${image.naturalWidth}x${image.naturalHeight}`;
            }),
          ),
        files.map((file) => file.src),
      );
      files.forEach((file, i) => file.sizes === 'any' || assert.equal(sizes[i], file.sizes, file.src));
      assert.ok(manifest.icons.some((/** @type {any} */ icon) => icon.purpose === 'maskable'));
      await server.close();
      await assert.rejects(fetch(server.url));
      const { page: later, errors } = await open(browser, `${server.url}${SMALL}&engine=gpu&style=carnival`);
      await ready(later);
      assert.equal(await later.$eval('#style-name', (title) => title.textContent), 'Carnival');
      assert.deepEqual(errors, []);
    });
  });
}
