/**
 * What the page uses of the reader of networks. The build puts the real `import.js` (wasm-bindgen's glue) and `import_bg.wasm`
 * beside `index.html`; this file lets the type checker work without a build.
 */
export default function init(options: { module_or_path: URL | string | BufferSource }): Promise<unknown>;

/**
 * Rejects with an Error whose message is a sentence for people that begins with `label`. `beside` has the files that the network
 * keeps numbers in, by their names; `sample` is RGBA, `side` pixels on a side.
 */
export function importNetwork(
  label: string,
  bytes: Uint8Array,
  name: string,
  source: string,
  beside: Map<string, Uint8Array>,
  sample: Uint8Array,
  side: number,
): Promise<Imported>;

export class Imported {
  private constructor();
  free(): void;
  /** What the network has painted: RGBA. */
  painted(): Uint8Array;
  side(): number;
  /** The file of the style pack. */
  pack(thumbnail: Uint8Array): Uint8Array<ArrayBuffer>;
}
