/** Recordings as browsers make them have no duration and cannot be wound: written anew, packet by packet, they can. */
import { BlobSource, BufferTarget, Conversion, Input, MP4, Mp4OutputFormat, Output, WEBM, WebMOutputFormat } from 'mediabunny';

/**
 * @param {Blob} recording WebM or MP4
 * @returns {Promise<Blob>} the same frames and sound, with duration and index
 */
export async function remux(recording) {
  const input = new Input({ source: new BlobSource(recording), formats: [WEBM, MP4] });
  const mp4 = recording.type.startsWith('video/mp4');
  const target = new BufferTarget();
  const output = new Output({ format: mp4 ? new Mp4OutputFormat({ fastStart: 'in-memory' }) : new WebMOutputFormat(), target });
  const conversion = await Conversion.init({ input, output });
  await conversion.execute();
  if (!target.buffer) throw new Error('The recording could not be written.');
  return new Blob([target.buffer], { type: mp4 ? 'video/mp4' : 'video/webm' });
}
