/** What WebGPU runs on, for the page and its workers. */

/**
 * `hardware` is a graphics card, `software` a program on the processor; `none`: there is no WebGPU, or no adapter.
 * @typedef {'hardware' | 'software' | 'none'} AdapterKind
 */

/** The longest wait for an adapter, in milliseconds. Drivers that hang never answer. */
const PATIENCE_MS = 15_000;
/** Names of software renderers. Browsers that do not report `isFallbackAdapter` report a name. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render/i;

/** @returns {Promise<AdapterKind>} the kind of the adapter that the engine would get */
export async function adapterKind() {
  if (!navigator.gpu) return 'none';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
  try {
    const adapter = await Promise.race([navigator.gpu.requestAdapter({ powerPreference: 'high-performance' }), late]);
    if (!adapter) return 'none';
    return isSoftware(adapter) ? 'software' : 'hardware';
  } catch (error) {
    console.info(error);
    return 'none';
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Adapter} adapter */
function isSoftware({ info, isFallbackAdapter }) {
  // Older browsers have the flag on the adapter itself.
  if (info?.isFallbackAdapter ?? isFallbackAdapter) return true;
  return SOFTWARE.test(`${info?.vendor} ${info?.architecture} ${info?.device} ${info?.description}`);
}

/**
 * The part of `GPUAdapter` that is read.
 * @typedef {{ isFallbackAdapter?: boolean, info?: Partial<Record<'vendor' | 'architecture' | 'device' | 'description', string>> &
 *   { isFallbackAdapter?: boolean } }} Adapter
 */
