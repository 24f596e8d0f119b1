/** Packs several files into a zip file. */
import { zipSync } from 'fflate';

/**
 * @param {{ name: string, bytes: Uint8Array }[]} files pictures, stored without further compression
 * @returns {Blob}
 */
export function zip(files) {
  const packed = zipSync(Object.fromEntries(files.map(({ name, bytes }) => [name, [bytes, { level: 0 }]])));
  return new Blob([packed], { type: 'application/zip' });
}
