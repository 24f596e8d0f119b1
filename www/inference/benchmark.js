/** Measures frames of the engine, for the hidden panel of the page. */

/**
 * @import { Engine, Session } from '../live.js'
 * @import { BuiltinNetwork, FrameMeasurement } from './protocol.js'
 * @import { StyleRegistry } from './style-registry.js'
 */

/** The side of the picture that is read back, in pixels: so small that reading takes no time. */
const READ_SIDE = 16;
/** A measurement takes this time at least, and has this number of frames at least and at most. */
const LEAST_MS = 500;
const FEWEST_FRAMES = 3;
const MOST_FRAMES = 50;
/** The id of the style for paintings. */
const STYLE = 'benchmark';

/**
 * Measures a network at one size. Styles do not differ in time.
 * @param {Engine} engine
 * @param {Pick<StyleRegistry, 'loadNetwork'>} registry
 * @param {BuiltinNetwork} network
 * @param {number} width
 * @param {number} height
 * @returns {Promise<FrameMeasurement>}
 * @throws {Error} with a message for the user
 */
export async function benchmark(engine, registry, network, width, height) {
  await registry.loadNetwork(network);
  const { styles } = JSON.parse(engine.info());
  if (network === 'arbitrary') engine.addVector(STYLE, new Float32Array(100).fill(0.1));
  const photo = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i * 7919) >> 3);
  /** @type {Session[]} */
  const sessions = [];
  const open = async () => {
    const session = await engine.session(network, width, height);
    sessions.push(session);
    session.setPhoto(photo);
    session.setStyle([network === 'arbitrary' ? STYLE : styles[0]], Float32Array.of(1));
    session.setReadSize(READ_SIDE, READ_SIDE);
  };
  try {
    const begin = performance.now();
    await open();
    await frame(sessions[0]);
    const firstMs = performance.now() - begin;
    const alone = await repeated(async () => {
      const start = performance.now();
      await frame(sessions[0]);
      return performance.now() - start;
    });
    // While one frame is read, the next one runs.
    await open();
    await frame(sessions[1]);
    const pairs = await repeated(async () => {
      const start = performance.now();
      await Promise.all(sessions.map(frame));
      return (performance.now() - start) / sessions.length;
    });
    const { multiply_adds: multiplyAdds } = JSON.parse(sessions[0].plan());
    return { firstMs, aloneMs: median(alone), inARowMs: median(pairs), frames: alone.length, multiplyAdds };
  } finally {
    for (const session of sessions) session.free();
    if (network === 'arbitrary') engine.removeStyle(STYLE);
  }
}

/** Runs the network once, and waits for the picture. @param {Session} session */
async function frame(session) {
  session.repaint();
  await session.read();
}

/** @param {() => Promise<number>} measure @returns {Promise<number[]>} the times in milliseconds */
async function repeated(measure) {
  const times = [];
  const begin = performance.now();
  while (times.length < FEWEST_FRAMES || (times.length < MOST_FRAMES && performance.now() - begin < LEAST_MS)) {
    times.push(await measure());
  }
  return times;
}

/** @param {number[]} times */
function median(times) {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}
