/**
 * What the page uses of the engine. The build puts the real `live.js` (wasm-bindgen's glue) and `live_bg.wasm` beside
 * `index.html`; this file lets the type checker work without a build.
 */
export default function init(options: { module_or_path: URL | string }): Promise<unknown>;

/** JSON: name, network, source, licence, expense. Throws a sentence for what is no pack. */
export function readPack(pack: Uint8Array): string;
/** A JPEG, PNG or WebP file, or nothing. */
export function packThumbnail(pack: Uint8Array): Uint8Array<ArrayBuffer>;
/** The archive of the network that a pack brings, or nothing. */
export function packNetwork(pack: Uint8Array): Uint8Array<ArrayBuffer>;
export function renamePack(pack: Uint8Array, name: string): Uint8Array<ArrayBuffer>;

export class Engine {
  private constructor();
  /** Rejects with an Error whose message is a sentence for people. `choice` is what `choice()` returned here before. */
  static create(archive: Uint8Array, choice?: string): Promise<Engine>;
  choice(): string;
  /** JSON, see `EngineInfo` in inference/protocol.js. */
  info(): string;
  /** Resolves, with a sentence, when the GPU device is lost. */
  lost(): Promise<string>;
  /** Once, before any `paint`. */
  setCanvas(canvas: OffscreenCanvas): void;
  /** Resolves when everything submitted is done. */
  done(): Promise<void>;
  /** The browser's own GPUDevice. */
  device(): any;
  /** Loads another network. */
  addNetwork(archive: Uint8Array): Promise<void>;
  has(network: string): boolean;
  /** Forgets a network that a style brought. */
  removeNetwork(network: string): void;
  /** The network of the pack must be there. The same id again replaces. */
  addStyle(id: string, pack: Uint8Array): void;
  /** What `predict` said, as a style of the network `arbitrary`. */
  addVector(id: string, vector: Float32Array): void;
  removeStyle(id: string): void;
  /** The style vector of a picture, RGBA. One at a time. */
  predict(rgba: Uint8Array, width: number, height: number): Promise<Float32Array>;
  pack(vector: Float32Array, name: string, source: string, licence: string, thumbnail: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Width and height of a session for photos of that size, so that strokes are `stroke` times as large as usual. */
  workingSize(network: string, width: number, height: number, stroke: number): [number, number];
  /** A session that paints at this size; its photos have it too, unless `setFrameSize` says otherwise. */
  session(network: string, width: number, height: number): Promise<Session>;
}

export class Session {
  private constructor();
  /** RGBA, width * height * 4 bytes. */
  setPhoto(rgba: Uint8Array): void;
  /** A blend of styles of the session's network. */
  setStyle(ids: string[], weights: Float32Array): void;
  /** The photo shows left of `split` (0..1); 0 shows the painting alone. */
  setLook(strength: number, keepColors: boolean, split: number): void;
  /** How much the network finds to follow in what is flat, 0..1. */
  setBrushwork(strength: number): void;
  /** Photos and frames have this size from now on, and paintings that are read, unless `setReadSize` follows. `showAt` comes after it. */
  setFrameSize(width: number, height: number): Promise<void>;
  /** The size of paintings that are read. It precedes the first `read`. */
  setReadSize(width: number, height: number): void;
  setVideoFrame(frame: VideoFrame): void;
  setBitmap(bitmap: ImageBitmap): void;
  /** Left and right exchanged. */
  setMirrored(mirrored: boolean): void;
  /** Less flicker in moving pictures. `showAt` comes after it. */
  steady(): Promise<void>;
  /** Prepares for `paint` at this size, which the canvas gets. */
  showAt(width: number, height: number): Promise<void>;
  /** Onto the engine's canvas; the network runs only if picture or style has changed. */
  paint(): void;
  /** The painting as RGBA, with the look that is set; needs no canvas and no `paint`. */
  read(): Promise<Uint8Array>;
  done(): Promise<void>;
  free(): void;
}
