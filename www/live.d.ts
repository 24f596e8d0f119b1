/**
 * Types of `live.js`, the wasm module of the inference engine (src/web/live.rs, session.rs and packs.rs): the part of it that
 * the page uses. The build writes the real `live.js` (glue code of wasm-bindgen) and `live_bg.wasm` next to `index.html`; this
 * file lets the type checker run without a build.
 *
 * Pictures are RGBA, 8 bits per channel, in row-major order: `height * width * 4` bytes. Errors are `Error`s whose message is
 * for the user.
 */
export default function init(options: { module_or_path: URL | string }): Promise<unknown>;

/**
 * Returns the metadata of a style pack as JSON: `name`, `network`, `source`, `licence`, and `expense` (a warning if the network
 * needs far more computation than usual, else empty). Throws if the bytes are not a style pack.
 */
export function readPack(pack: Uint8Array): string;
/** Returns the thumbnail of a style pack: a JPEG, PNG or WebP file, or no bytes if it has none. Throws as `readPack`. */
export function packThumbnail(pack: Uint8Array): Uint8Array<ArrayBuffer>;
/** Returns the archive of the network in a style pack, or no bytes if it has none. Throws as `readPack`. */
export function packNetwork(pack: Uint8Array): Uint8Array<ArrayBuffer>;
/** Returns a copy of a style pack with another name. Its previous name may be invalid. Throws as `readPack`. */
export function renamePack(pack: Uint8Array, name: string): Uint8Array<ArrayBuffer>;

/** A GPU device with the loaded networks and styles. */
export class Engine {
  private constructor();
  /**
   * Opens the GPU device and loads the network in `archive`. `choice` is an earlier result of `Engine.choice()` on this machine;
   * without it, the kernels are benchmarked. Rejects if there is no suitable device or the archive is invalid.
   */
  static create(archive: Uint8Array, choice?: string): Promise<Engine>;
  /** Returns the name of the kernel variants in use, to pass to `create` on the next visit. */
  choice(): string;
  /** Returns JSON of `EngineInfo`, without `videoFrames` (see inference/protocol.js). */
  info(): string;
  /** Resolves with a message for the user when the GPU device is lost. */
  lost(): Promise<string>;
  /** Sets the canvas that sessions draw on. Call it once, before the first `Session.paint`. */
  setCanvas(canvas: OffscreenCanvas): void;
  /** Resolves when all submitted GPU work is done. */
  done(): Promise<void>;
  /** Returns the browser's `GPUDevice`. */
  device(): any;
  /** Loads another network. Rejects if the archive is invalid. */
  addNetwork(archive: Uint8Array): Promise<void>;
  /** Returns whether a network is loaded. */
  has(network: string): boolean;
  /** Unloads a network that came from a style pack. Its open sessions stay valid. */
  removeNetwork(network: string): void;
  /** Adds the style of a pack under `id`, or replaces the style with this id. Throws if the network of the pack is not loaded. */
  addStyle(id: string, pack: Uint8Array): void;
  /** Adds a style vector, a result of `predict`, under `id` as a style of the network `arbitrary`. */
  addVector(id: string, vector: Float32Array): void;
  /** Removes a style, if it exists. */
  removeStyle(id: string): void;
  /** Encodes a picture as a style vector. Rejects while another call is pending, and if `arbitrary` is not loaded. */
  predict(rgba: Uint8Array, width: number, height: number): Promise<Float32Array>;
  /** Returns a style pack with a style vector. `thumbnail` is a JPEG, PNG or WebP file, or empty. */
  pack(vector: Float32Array, name: string, source: string, licence: string, thumbnail: Uint8Array): Uint8Array<ArrayBuffer>;
  /**
   * Returns width and height, in pixels, of the session that renders a photo of the given size with strokes of `stroke` times
   * the default size. Throws if the network is not loaded.
   */
  workingSize(network: string, width: number, height: number, stroke: number): [number, number];
  /**
   * Opens a session that runs the network at this size in pixels. Photos have the same size, unless `Session.setFrameSize` sets
   * another one. Rejects if the network is not loaded or the size is not possible.
   */
  session(network: string, width: number, height: number): Promise<Session>;
}

/**
 * Stylizes pictures with one network at one size. Methods throw while a readback (`read`) is pending. A session must not be
 * freed while one of its promises is pending.
 */
export class Session {
  private constructor();
  /** Sets the photo as RGBA pixels. Throws if the length does not match the size. */
  setPhoto(rgba: Uint8Array): void;
  /** Sets the style: a blend of styles of the session's network, with one weight for each id. Throws for unknown ids. */
  setStyle(ids: string[], weights: Float32Array): void;
  /**
   * Sets how photo and stylized picture are composited. `strength` is the opacity of the stylized picture, 0..1. The photo is
   * shown left of `split`, 0..1; 0 shows the stylized picture alone.
   */
  setLook(strength: number, keepColors: boolean, split: number): void;
  /** Sets the amount of texture that is added to flat areas of the photo before the network runs, 0..1. */
  setBrushwork(strength: number): void;
  /**
   * Sets the size of photos, frames and pictures that `read` returns, in pixels. `setReadSize` can change the latter.
   * Call it before `showAt`.
   */
  setFrameSize(width: number, height: number): Promise<void>;
  /** Sets the size of pictures that `read` returns, in pixels. Call it before the first `read`. */
  setReadSize(width: number, height: number): void;
  /** Sets a video frame as the photo. It must have the size of `setFrameSize`. */
  setVideoFrame(frame: VideoFrame): void;
  /** Sets a bitmap as the photo. It must have the size of `setFrameSize`. */
  setBitmap(bitmap: ImageBitmap): void;
  /** Sets whether the photo is mirrored horizontally. */
  setMirrored(mirrored: boolean): void;
  /** Enables the temporal filter, which reduces flicker in videos. Call it before `showAt`. */
  steady(): Promise<void>;
  /** Prepares `paint` at this size in pixels, and resizes the canvas to it. */
  showAt(width: number, height: number): Promise<void>;
  /** Draws the picture on the engine's canvas. The network runs only if photo or style has changed. */
  paint(): void;
  /** Returns the composited picture as RGBA pixels. It needs no canvas and no `paint`. */
  read(): Promise<Uint8Array>;
  /** Resolves when all submitted GPU work is done. */
  done(): Promise<void>;
  /** Releases the memory of the session. */
  free(): void;
}
