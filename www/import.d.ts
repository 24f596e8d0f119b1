/**
 * Types of `import.js`, the wasm module that imports network files (src/web/import.rs). The build writes the real `import.js`
 * (glue code of wasm-bindgen) and `import_bg.wasm` next to `index.html`; this file lets the type checker run without a build.
 */
export default function init(options: { module_or_path: URL | string | BufferSource }): Promise<unknown>;

/**
 * Imports a network from the contents of a PyTorch or ONNX file. `label` names the file in error messages, `name` is the name of
 * the style, `source` describes its origin. `beside` maps names to the contents of external data files. `sample` is a square
 * picture, `side * side * 4` bytes of RGBA, that serves to compare quantizations. Rejects with an `Error` whose message is for
 * the user and begins with `label`.
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

/** An imported network. */
export class Imported {
  private constructor();
  /** Releases the memory. */
  free(): void;
  /** Returns the picture that the network has stylized: `side() * side() * 4` bytes of RGBA. */
  painted(): Uint8Array;
  /** Returns the side of that picture in pixels. */
  side(): number;
  /** Returns the style pack. `thumbnail` is a JPEG, PNG or WebP file. */
  pack(thumbnail: Uint8Array): Uint8Array<ArrayBuffer>;
}
