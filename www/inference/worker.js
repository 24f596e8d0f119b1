/**
 * The worker: starts the engine, then passes the page's wishes to the picture and, when that rests, to the shelf.
 */
import init, { Engine, renamePack } from '../live.js';
import { messageOf } from '../common/errors.js';
import { Batch } from './batch-renderer.js';
import { fetchBytes } from '../common/fetch-bytes.js';
import { Live } from './video-renderer.js';
import { Palette, read } from './style-registry.js';
import { Picture } from './photo-renderer.js';
import { Thumbnails } from './thumbnail-renderer.js';
import { takesVideoFrames } from './video-frame-support.js';

/**
 * @import { FromWorker, KeptPack, Moving, ReadPack, ToWorker } from './protocol.js'
 */

/** @type {Picture | undefined} */
let picture;
/** @type {Thumbnails | undefined} */
let thumbnails;
/** @type {Live | undefined} while the picture moves */
let live;
/** @type {Batch | undefined} */
let batch;
/** @type {Engine | undefined} */
let engine;
/** @type {Palette | undefined} */
let palette;
/** @type {(palette: Palette) => void} */
let tell;
/** There once the engine is: styles may be spoken of before. @type {Promise<Palette>} */
const started = new Promise((resolve) => (tell = resolve));
/** @type {OffscreenCanvas | undefined} that the engine paints on */
let easel;
/** Whether this browser notices finished work only now and then. */
let polled = false;

/** Longer than this for nothing at all, and the browser must be looking at a clock. */
const POLLED_MS = 30;

/**
 * @param {FromWorker} message
 * @param {Transferable[]} [transfer]
 */
function send(message, transfer = []) {
  self.postMessage(message, { transfer });
}

/** @param {Extract<ToWorker, { type: 'start' }>} message */
async function start({ networks, choice, canvas }) {
  if (!navigator.gpu) {
    send({ type: 'unsupported', sentence: 'This browser keeps WebGPU from web workers.' });
    return;
  }
  /** @type {Uint8Array} */
  let archive;
  try {
    [archive] = await Promise.all([
      fetchNetwork(networks.transfer26),
      init({ module_or_path: new URL('../live_bg.wasm', import.meta.url) }),
    ]);
  } catch (error) {
    send({ type: 'stopped', sentence: `The engine could not be fetched: ${messageOf(error)}` });
    return;
  }
  try {
    engine = await Engine.create(archive, choice);
    if (canvas) engine.setCanvas(canvas);
    easel = canvas;
    const asked = performance.now();
    await engine.done();
    polled = performance.now() - asked > POLLED_MS;
  } catch (error) {
    send({ type: 'unsupported', sentence: messageOf(error) });
    return;
  }
  engine.lost().then((sentence) => send({ type: 'lost', sentence }));
  const info = { ...JSON.parse(engine.info()), videoFrames: takesVideoFrames(engine.device()) };
  palette = new Palette(engine, (network) => fetchLater(networks[network]), (ids) => send({ type: 'unkept', ids }));
  thumbnails = new Thumbnails(engine, info.styles, send);
  batch = new Batch(engine, palette, send);
  picture = new Picture(engine, palette, canvas !== undefined, send, thumbnails);
  tell(palette);
  send({ type: 'ready', info, choice: engine.choice() });
}

/** @param {string} url */
function fetchNetwork(url) {
  return fetchBytes(url, (loaded, total) => send({ type: 'loading', loaded, total }));
}

/** A network that is needed while the page is in use. @param {string} url */
async function fetchLater(url) {
  try {
    return await fetchNetwork(url);
  } catch (error) {
    const offline = navigator.onLine ? '' : ' You are offline: it comes with the network.';
    throw new Error(`The network for paintings could not be fetched: ${messageOf(error)}${offline}`);
  }
}

/**
 * Answers with a style, or says why there is none.
 * @param {number} ticket
 * @param {(palette: Palette) => ReadPack | Promise<ReadPack>} make
 */
async function answer(ticket, make) {
  try {
    send({ type: 'style', ticket, style: await make(await started) });
  } catch (error) {
    send({ type: 'failed', wish: 'style', serial: ticket, sentence: messageOf(error) });
  }
}

/** @param {KeptPack[]} styles */
async function keep(styles) {
  const colours = await started;
  const ids = [];
  for (const { id, name, pack } of styles) {
    try {
      colours.keep(id, pack);
    } catch {
      try {
        // Older versions allowed names that are refused now.
        colours.keep(id, renamePack(pack, name));
      } catch (error) {
        console.info(id, error);
        ids.push(id);
      }
    }
  }
  if (ids.length > 0) send({ type: 'unkept', ids });
}

/** @param {Moving} moving */
function move(moving) {
  if (!engine || !palette) return;
  if (live) {
    live.change(moving);
    return;
  }
  thumbnails?.hold();
  live = new Live(engine, palette, send, polled, easel, moving);
}

function stand() {
  live?.end();
  live = undefined;
}

/** @param {number} ticket */
async function saveLive(ticket) {
  try {
    const pixels = await /** @type {Live} */ (live).snapshot();
    send({ type: 'painting', ticket, pixels }, [pixels.data.buffer]);
  } catch (error) {
    send({ type: 'failed', wish: 'save', serial: ticket, sentence: messageOf(error) });
  }
}

self.addEventListener('message', (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  switch (message.type) {
    case 'start':
      start(message);
      break;
    case 'moving':
      move(message.moving);
      break;
    case 'frame':
      if (live) live.take(message);
      else message.frame.close();
      break;
    case 'still':
      stand();
      break;
    case 'photo':
      stand();
      thumbnails?.show(message.serial, message.thumb);
      picture?.show(message.serial, message.photo, message.look);
      break;
    case 'look':
      picture?.change(message.serial, message.look);
      break;
    case 'paint':
      batch?.paint(message.ticket, message.photo, message.look);
      break;
    case 'keep':
      keep(message.styles);
      break;
    case 'forget':
      started.then((colours) => colours.forget(message.id));
      break;
    case 'learn':
      answer(message.ticket, (colours) => colours.learn(message.id, message.painting, message));
      break;
    case 'inspect':
      answer(message.ticket, () => read(message.pack));
      break;
    case 'adopt':
      answer(message.ticket, (colours) => colours.adopt(message.id, message.pack, message.tried));
      break;
    case 'rename':
      answer(message.ticket, (colours) => colours.rename(message.id, message.name));
      break;
    case 'save':
      if (live) saveLive(message.ticket);
      else picture?.save(message.ticket);
      break;
  }
});

// A panic in wasm leaves its promise pending for ever and surfaces only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  send({ type: 'stopped', sentence: `The engine stopped: ${messageOf(event.reason)}` });
});
