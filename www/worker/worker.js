/**
 * The worker: starts the engine, then passes the page's wishes to the picture and, when that rests, to the shelf.
 */
import init, { Engine } from '../live.js';
import { sentenceOf } from '../protocol.js';
import { fetchBytes } from './fetch-bytes.js';
import { Picture } from './picture.js';
import { Thumbnails } from './thumbnails.js';

/** @import { FromWorker, ToWorker } from '../protocol.js' */

/** @type {Picture | undefined} */
let picture;
/** @type {Thumbnails | undefined} */
let thumbnails;

/**
 * @param {FromWorker} message
 * @param {Transferable[]} [transfer]
 */
function send(message, transfer = []) {
  self.postMessage(message, { transfer });
}

/** @param {Extract<ToWorker, { type: 'start' }>} message */
async function start({ weights, choice, canvas }) {
  if (!navigator.gpu) {
    send({ type: 'unsupported', sentence: 'This browser keeps WebGPU from web workers.' });
    return;
  }
  /** @type {Uint8Array} */
  let archive;
  try {
    [archive] = await Promise.all([
      fetchBytes(weights, (loaded, total) => send({ type: 'loading', loaded, total })),
      init({ module_or_path: new URL('../live_bg.wasm', import.meta.url) }),
    ]);
  } catch (error) {
    send({ type: 'stopped', sentence: `The engine could not be fetched: ${sentenceOf(error)}` });
    return;
  }
  /** @type {Engine} */
  let engine;
  try {
    engine = await Engine.create(archive, choice);
  } catch (error) {
    send({ type: 'unsupported', sentence: sentenceOf(error) });
    return;
  }
  engine.lost().then((sentence) => send({ type: 'stopped', sentence }));
  const info = JSON.parse(engine.info());
  if (canvas) keepContext(canvas);
  thumbnails = new Thumbnails(engine, info.styles.length, send);
  picture = new Picture(engine, info.styles.length, canvas, send, thumbnails);
  send({ type: 'ready', info, choice: engine.choice() });
}

/**
 * Every session asks the canvas for its context, which Firefox gives to a worker only once.
 * @param {OffscreenCanvas} canvas
 */
function keepContext(canvas) {
  const context = canvas.getContext(/** @type {any} */ ('webgpu'));
  Object.defineProperty(canvas, 'getContext', { value: () => context });
}

self.addEventListener('message', (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  switch (message.type) {
    case 'start':
      start(message);
      break;
    case 'photo':
      thumbnails?.show(message.serial, message.thumb);
      picture?.show(message.serial, message.photo, message.look);
      break;
    case 'look':
      picture?.change(message.serial, message.look);
      break;
    case 'save':
      picture?.save(message.ticket);
      break;
  }
});

// A panic in wasm leaves its promise pending for ever and surfaces only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  send({ type: 'stopped', sentence: `The engine stopped: ${sentenceOf(event.reason)}` });
});
