/** The inference worker: starts the engine and dispatches the page's requests. */
import init, { Engine, renamePack } from '../live.js';
import { messageOf } from '../common/errors.js';
import { BatchRenderer } from './batch-renderer.js';
import { fetchBytes } from '../common/fetch-bytes.js';
import { VideoRenderer } from './video-renderer.js';
import { StyleRegistry, readPackInfo } from './style-registry.js';
import { PhotoRenderer } from './photo-renderer.js';
import { ThumbnailRenderer } from './thumbnail-renderer.js';
import { supportsVideoFrames } from './video-frame-support.js';

/**
 * @import { FromWorker, NamedPack, VideoSettings, PackInfo, ToWorker } from './protocol.js'
 */

/** @type {PhotoRenderer | undefined} */
let photos;
/** @type {ThumbnailRenderer | undefined} */
let thumbnails;
/** @type {VideoRenderer | undefined} while the picture moves */
let video;
/** @type {BatchRenderer | undefined} */
let batch;
/** @type {Engine | undefined} */
let engine;
/** @type {StyleRegistry | undefined} */
let registry;
/** @type {(registry: StyleRegistry) => void} */
let resolveRegistry;
/** Resolves when the engine runs: messages about styles may arrive earlier. @type {Promise<StyleRegistry>} */
const started = new Promise((resolve) => (resolveRegistry = resolve));
/** @type {OffscreenCanvas | undefined} that the engine paints on */
let outputCanvas;
/** Whether this browser notices finished GPU work only by polling. */
let polled = false;

/** If an empty queue takes longer than this to be done, the browser polls. */
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
    send({ type: 'unsupported', message: 'This browser has no WebGPU in web workers.' });
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
    send({ type: 'stopped', message: `The engine could not be fetched: ${messageOf(error)}` });
    return;
  }
  try {
    engine = await Engine.create(archive, choice);
    if (canvas) engine.setCanvas(canvas);
    outputCanvas = canvas;
    const asked = performance.now();
    await engine.done();
    polled = performance.now() - asked > POLLED_MS;
  } catch (error) {
    send({ type: 'unsupported', message: messageOf(error) });
    return;
  }
  engine.lost().then((message) => send({ type: 'lost', message }));
  const info = { ...JSON.parse(engine.info()), videoFrames: supportsVideoFrames(engine.device()) };
  registry = new StyleRegistry(engine, (network) => fetchLater(networks[network]), (ids) => send({ type: 'rejected-styles', ids }));
  thumbnails = new ThumbnailRenderer(engine, info.styles, send);
  batch = new BatchRenderer(engine, registry, send);
  photos = new PhotoRenderer(engine, registry, canvas !== undefined, send, thumbnails);
  resolveRegistry(registry);
  send({ type: 'ready', info, choice: engine.choice() });
}

/** @param {string} url */
function fetchNetwork(url) {
  return fetchBytes(url, (loaded, total) => send({ type: 'loading', loaded, total }));
}

/** Downloads a network on demand. @param {string} url */
async function fetchLater(url) {
  try {
    return await fetchNetwork(url);
  } catch (error) {
    const offline = navigator.onLine ? '' : ' You are offline: try again with a connection.';
    throw new Error(`The network for paintings could not be fetched: ${messageOf(error)}${offline}`);
  }
}

/**
 * Answers a request with a pack or with an error.
 * @param {number} requestId
 * @param {(registry: StyleRegistry) => PackInfo | Promise<PackInfo>} make
 */
async function answerWithPack(requestId, make) {
  try {
    send({ type: 'style', requestId, style: await make(await started) });
  } catch (error) {
    send({ type: 'failed', operation: 'style', serial: requestId, message: messageOf(error) });
  }
}

/** @param {NamedPack[]} styles */
async function addStyles(styles) {
  const registry = await started;
  const ids = [];
  for (const { id, name, pack } of styles) {
    try {
      registry.add(id, pack);
    } catch {
      try {
        // Older versions allowed names that are rejected now.
        registry.add(id, renamePack(pack, name));
      } catch (error) {
        console.info(id, error);
        ids.push(id);
      }
    }
  }
  if (ids.length > 0) send({ type: 'rejected-styles', ids });
}

/** @param {VideoSettings} moving */
function setVideo(moving) {
  if (!engine || !registry) return;
  if (video) {
    video.change(moving);
    return;
  }
  thumbnails?.pause();
  video = new VideoRenderer(engine, registry, send, polled, outputCanvas, moving);
}

function stopVideo() {
  video?.stop();
  video = undefined;
}

/** @param {number} requestId */
async function saveVideoFrame(requestId) {
  try {
    const pixels = await /** @type {VideoRenderer} */ (video).snapshot();
    send({ type: 'pixels', requestId, pixels }, [pixels.data.buffer]);
  } catch (error) {
    send({ type: 'failed', operation: 'save', serial: requestId, message: messageOf(error) });
  }
}

self.addEventListener('message', (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  switch (message.type) {
    case 'start':
      start(message);
      break;
    case 'set-video':
      setVideo(message.settings);
      break;
    case 'frame':
      if (video) video.take(message);
      else message.frame.close();
      break;
    case 'stop-video':
      stopVideo();
      break;
    case 'photo':
      stopVideo();
      thumbnails?.show(message.serial, message.thumb);
      photos?.show(message.serial, message.photo, message.look);
      break;
    case 'look':
      photos?.change(message.serial, message.look);
      break;
    case 'stylize':
      batch?.paint(message.requestId, message.photo, message.look);
      break;
    case 'add-styles':
      addStyles(message.styles);
      break;
    case 'remove-style':
      started.then((registry) => registry.remove(message.id));
      break;
    case 'encode-style':
      answerWithPack(message.requestId, (registry) => registry.encode(message.id, message.painting, message));
      break;
    case 'inspect-pack':
      answerWithPack(message.requestId, () => readPackInfo(message.pack));
      break;
    case 'import-pack':
      answerWithPack(message.requestId, (registry) => registry.importPack(message.id, message.pack, message.tried));
      break;
    case 'rename-style':
      answerWithPack(message.requestId, (registry) => registry.rename(message.id, message.name));
      break;
    case 'save':
      if (video) saveVideoFrame(message.requestId);
      else photos?.save(message.requestId);
      break;
  }
});

// A panic in wasm never settles its promise and is reported only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  send({ type: 'stopped', message: `The engine stopped: ${messageOf(event.reason)}` });
});
