/**
 * @param {string} url
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function fetchBytes(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The published network of 26 styles, float weights, as an ONNX file. */
export function fetchModel() {
  return fetchBytes('/models/multistyle26.onnx');
}
