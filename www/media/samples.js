import { decodePhoto } from './decode.js';

/** Sample photos, all free to use: see assets/photos/CREDITS.md. */
export const SAMPLES = [
  { id: 'chelsea', name: 'Chelsea the cat', credit: 'Stéfan van der Walt, CC0' },
  { id: 'astronaut', name: 'Astronaut', credit: 'NASA, public domain' },
  { id: 'coffee', name: 'Coffee', credit: 'Rachel Michetti, CC0' },
];

/**
 * @param {string} id
 * @returns {Promise<import('./decode.js').Photo>}
 */
export async function openSample(id) {
  const sample = SAMPLES.find((candidate) => candidate.id === id) ?? SAMPLES[0];
  const response = await fetch(new URL(`../assets/photos/${sample.id}.webp`, import.meta.url));
  if (!response.ok) throw new Error(`The sample “${sample.name}” could not be downloaded (${response.status}). Try again.`);
  return decodePhoto(await response.blob(), sample.name, sample.credit);
}
