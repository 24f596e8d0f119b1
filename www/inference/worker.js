/** The inference worker: starts the engine and dispatches the page's requests. */
import { downloadFailure, messageOf } from '../common/errors.js';
import { BatchRenderer } from './batch-renderer.js';
import { benchmark } from './benchmark.js';
import { fetchBytes } from '../common/fetch-bytes.js';
import { EngineStartError, startEngine } from './engine-start.js';
import { VideoRenderer } from './video-renderer.js';
import { StyleRegistry } from './style-registry.js';
import { PhotoRenderer } from './photo-renderer.js';
import { ThumbnailRenderer } from './thumbnail-renderer.js';
import { TileRenderer } from './tile-renderer.js';
import { supportsVideoFrames } from './video-frame-support.js';

/**
 * @import { Engine } from '../live.js'
 * @import { AnswerRequest, NamedPack, PackInfo, ToWorker, VideoSettings } from './protocol.js'
 */

/** @type {PhotoRenderer | undefined} */
let photos;
/** @type {ThumbnailRenderer | undefined} */
let thumbnails;
/** @type {VideoRenderer | undefined} set during a video */
let video;
/** The request of the video. */
let videoId = 0;
/** Answers `start`, with messages about the whole engine. @type {AnswerRequest} */
let answerStart = () => {};
/** @type {BatchRenderer | undefined} */
let batch;
/** @type {TileRenderer | undefined} */
let tiles;
/** @type {Engine | undefined} */
let engine;
/** @type {StyleRegistry | undefined} */
let registry;
/** @type {(registry: StyleRegistry) => void} */
let resolveRegistry;
/** Resolves when the engine runs: messages about styles may arrive earlier. @type {Promise<StyleRegistry>} */
const started = new Promise((resolve) => (resolveRegistry = resolve));
/** @type {OffscreenCanvas | undefined} the canvas of the engine */
let outputCanvas;
/** Whether this browser notices finished GPU work only by polling. */
let polled = false;
/** Whether the engine blocks this worker while it renders, as the CPU engine does. */
let blocking = false;

/** If an empty queue takes longer than this to be done, the browser polls. */
const POLLED_MS = 30;
const NOT_STARTED = 'The engine is still starting: wait a moment, then try again.';

/** @param {number} requestId @returns {AnswerRequest} */
function answerTo(requestId) {
  return (answer, transfer = []) => self.postMessage({ ...answer, requestId }, { transfer });
}

/** @param {Extract<ToWorker, { type: 'start' }>} message */
async function start({ requestId, networks, engine: preference, choice, canvas }) {
  const send = (answerStart = answerTo(requestId));
  let started;
  try {
    started = await startEngine(preference, fetchNetwork(networks.transfer26), choice);
    if (canvas) setCanvas(started.engine, canvas);
  } catch (error) {
    const type = error instanceof EngineStartError ? error.type : 'stopped';
    send({ type, message: messageOf(error) });
    return;
  }
  ({ engine } = started);
  const { module, files, webgpu, fallback } = started;
  outputCanvas = canvas;
  const asked = performance.now();
  await engine.done();
  polled = performance.now() - asked > POLLED_MS;
  engine.lost().then((message) => send({ type: 'lost', message }));
  const info = { ...JSON.parse(engine.info()), webgpu, fallback, videoFrames: supportsVideoFrames(engine.device()) };
  registry = new StyleRegistry(engine, module, (network) => fetchLater(networks[network]), (ids) => send({ type: 'rejected-styles', ids }));
  blocking = info.engine === 'cpu';
  const pause = blocking ? nextTask : undefined;
  thumbnails = new ThumbnailRenderer(engine, info.styles, pause);
  batch = new BatchRenderer(engine, registry);
  tiles = new TileRenderer(engine, registry, blocking);
  photos = new PhotoRenderer(engine, registry, canvas !== undefined, thumbnails, pause);
  resolveRegistry(registry);
  send({ type: 'ready', info, files, choice: engine.choice() });
}

/** Resolves when the messages that wait have been received. @returns {Promise<void>} */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** @param {Engine} engine @param {OffscreenCanvas} canvas */
function setCanvas(engine, canvas) {
  try {
    engine.setCanvas(canvas);
  } catch (error) {
    // The canvas may have a context already: another engine needs another canvas.
    throw new EngineStartError('unsupported', messageOf(error));
  }
}

/** @param {string} url */
function fetchNetwork(url) {
  return fetchBytes(url, (loaded, total) => answerStart({ type: 'loading', loaded, total }));
}

/** Downloads a network on demand. @param {string} url */
async function fetchLater(url) {
  try {
    return await fetchNetwork(url);
  } catch (error) {
    throw new Error(downloadFailure('The network for paintings', error));
  }
}

/**
 * Answers a request with a pack or with an error.
 * @param {AnswerRequest} answer
 * @param {(registry: StyleRegistry) => PackInfo | Promise<PackInfo>} make
 */
async function answerWithPack(answer, make) {
  try {
    answer({ type: 'style', style: await make(await started) });
  } catch (error) {
    answer({ type: 'failed', operation: 'style', message: messageOf(error) });
  }
}

/** @param {AnswerRequest} answer @param {Extract<ToWorker, { type: 'measure' }>} message */
async function measure(answer, { network, width, height }) {
  try {
    const registry = await started;
    answer({ type: 'measured', times: await benchmark(registry.engine, registry, network, width, height) });
  } catch (error) {
    answer({ type: 'failed', operation: 'measure', message: messageOf(error) });
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
        registry.add(id, registry.module.renamePack(pack, name));
      } catch (error) {
        console.info(id, error);
        ids.push(id);
      }
    }
  }
  if (ids.length > 0) answerStart({ type: 'rejected-styles', ids });
}

/** @param {number} requestId of the video @param {VideoSettings} moving */
function setVideo(requestId, moving) {
  if (!engine || !registry) return;
  if (video && requestId === videoId) {
    video.change(moving);
    return;
  }
  stopVideo();
  thumbnails?.pause();
  videoId = requestId;
  video = new VideoRenderer(engine, registry, answerTo(requestId), polled, outputCanvas, moving, blocking);
}

function stopVideo() {
  video?.stop();
  video = undefined;
}

/** @param {AnswerRequest} answer */
async function saveVideoFrame(answer) {
  try {
    const pixels = await /** @type {VideoRenderer} */ (video).snapshot();
    answer({ type: 'pixels', pixels }, [pixels.data.buffer]);
  } catch (error) {
    answer({ type: 'failed', operation: 'save', message: messageOf(error) });
  }
}

self.addEventListener('message', (/** @type {MessageEvent<ToWorker>} */ { data: message }) => {
  const answer = answerTo(message.requestId);
  switch (message.type) {
    case 'start':
      start(message);
      break;
    case 'set-video':
      setVideo(message.requestId, message.settings);
      break;
    case 'frame':
      if (video && message.requestId === videoId) video.take(message);
      else message.frame.close();
      break;
    case 'stop-video':
      stopVideo();
      break;
    case 'photo':
      stopVideo();
      thumbnails?.show(answer, message.thumb);
      photos?.show(answer, message.look, message.photo);
      break;
    case 'look':
      photos?.show(answer, message.look);
      break;
    case 'stylize':
      if (batch) batch.paint(answer, message.photo, message.look);
      else answer({ type: 'failed', operation: 'save', message: NOT_STARTED });
      break;
    case 'add-styles':
      addStyles(message.styles);
      break;
    case 'remove-style':
      started.then((registry) => registry.remove(message.id));
      break;
    case 'encode-style':
      answerWithPack(answer, (registry) => registry.encode(message.id, message.painting, message));
      break;
    case 'inspect-pack':
      answerWithPack(answer, (registry) => registry.readPackInfo(message.pack));
      break;
    case 'import-pack':
      answerWithPack(answer, (registry) => registry.importPack(message.id, message.pack, message.tried));
      break;
    case 'rename-style':
      answerWithPack(answer, (registry) => registry.rename(message.id, message.name));
      break;
    case 'open-tiles':
      if (tiles) tiles.open(answer, message);
      else answer({ type: 'failed', operation: 'save', message: NOT_STARTED });
      break;
    case 'paint-tile':
      tiles?.paint(answer, message.tile, message.photo);
      break;
    case 'close-tiles':
      tiles?.close();
      break;
    case 'measure':
      measure(answer, message);
      break;
    case 'save':
      if (video) saveVideoFrame(answer);
      else if (photos) photos.save(answer);
      else answer({ type: 'failed', operation: 'save', message: NOT_STARTED });
      break;
  }
});

// A panic in wasm never settles its promise and is reported only here.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  answerStart({ type: 'stopped', message: `The engine stopped: ${messageOf(event.reason)}` });
});
