/** Decodes the sound of a video file in advance, for recordings that are slower than real time. */

/** The limits of decoding in advance: decoded sound takes half a megabyte per second. */
const MOST_SECONDS = 1200;
const MOST_BYTES = 2 ** 29;
const RATE = 48_000;

/**
 * @param {Blob} file
 * @param {number} seconds the duration of the video
 * @returns {Promise<AudioBuffer | undefined>} undefined if there is no sound, or if it cannot be decoded
 */
export async function soundOfFile(file, seconds) {
  if (!(seconds <= MOST_SECONDS) || file.size > MOST_BYTES || typeof OfflineAudioContext === 'undefined') return undefined;
  try {
    return await new OfflineAudioContext(2, 1, RATE).decodeAudioData(await file.arrayBuffer());
  } catch {
    return undefined;
  }
}

/**
 * A part of a sound.
 * @param {AudioBuffer} sound
 * @param {number} from seconds
 * @param {number} seconds
 * @returns {AudioBuffer | undefined} undefined if the sound ends before `from`
 */
export function partOf(sound, from, seconds) {
  const { sampleRate, numberOfChannels } = sound;
  const first = Math.round(Math.max(0, from) * sampleRate);
  const length = Math.min(sound.length - first, Math.round(seconds * sampleRate));
  if (length <= 0) return undefined;
  const part = new AudioBuffer({ length, sampleRate, numberOfChannels });
  for (let channel = 0; channel < numberOfChannels; channel += 1) {
    part.copyToChannel(sound.getChannelData(channel).subarray(first, first + length), channel);
  }
  return part;
}
