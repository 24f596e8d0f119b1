import { existsSync, readdirSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { cameraFile } from './camera-file.mjs';
import { watch } from './crashes.mjs';

/** The tested browsers, each with WebGPU on a software adapter. */
export const BROWSERS = /** @type {const} */ (['chromium', 'firefox']);

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-angle=swiftshader',
  // The camera is allowed without a click.
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  // Only the page makes requests, so that tests can count them and need no network.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** Without these flags, WebGPU has no adapter. */
const CHROMIUM_WEBGPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const FIREFOX_PREFERENCES = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
};

/**
 * @param {'chromium' | 'firefox'} name
 * @param {number} [cameras] the number of Chromium's cameras; a single one shows `cameraFile`
 * @param {boolean} [webgpu] whether the browser has WebGPU: without it, Firefox has no `navigator.gpu`, and Chromium no
 *   adapter. Chromium's camera then has 60 frames per second
 * @returns {Promise<import('puppeteer-core').Browser>}
 */
export async function launch(name, cameras = 1, webgpu = true) {
  if (name === 'firefox') {
    const browser = await puppeteer.launch({
      browser: 'firefox',
      executablePath: executable('FIREFOX', ['/usr/bin/firefox-esr', '/usr/bin/firefox']),
      extraPrefsFirefox: { ...FIREFOX_PREFERENCES, 'dom.webgpu.enabled': webgpu },
      env: { ...process.env, VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES ?? lavapipe() },
      protocolTimeout: 300_000,
    });
    watch(browser);
    return browser;
  }
  const fake = `--use-fake-device-for-media-stream=device-count=${cameras}${webgpu ? '' : ',fps=60'}`;
  const camera = cameras === 1 && webgpu ? [fake, `--use-file-for-fake-video-capture=${cameraFile()}`] : [fake];
  return puppeteer.launch({
    executablePath: executable('CHROMIUM', ['/usr/bin/chromium', '/usr/bin/google-chrome']),
    // A copy, since puppeteer removes the features from the list that it gets.
    args: [...CHROMIUM_FLAGS, ...camera, ...(webgpu ? CHROMIUM_WEBGPU : [])],
    protocolTimeout: 300_000,
  });
}

/**
 * @param {string} variable the environment variable that overrides the default paths
 * @param {string[]} places the default paths
 */
function executable(variable, places) {
  const found = process.env[variable] ?? places.find((place) => existsSync(place));
  if (!found) throw new Error(`No browser at ${places.join(' or ')}. Install it, or set ${variable} to its path.`);
  return found;
}

/** Mesa's software Vulkan driver. The name of its file contains the architecture. */
function lavapipe() {
  const folder = '/usr/share/vulkan/icd.d';
  const file = existsSync(folder) && readdirSync(folder).find((name) => /^lvp_icd.*\.json$/.test(name));
  if (!file) throw new Error(`No lavapipe in ${folder}. Install mesa-vulkan-drivers.`);
  return `${folder}/${file}`;
}
