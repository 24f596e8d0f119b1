/** Takes frames of the camera as training photos. */
import { Camera } from '../../media/camera.js';
import { storedPainting } from '../../styles/painting.js';

/** The interval between two frames in milliseconds, long enough to move the camera. */
const PAUSE_MS = 700;

/**
 * Opens the camera, takes frames one after the other, and closes it.
 * @param {number} count
 * @param {(frame: Blob, number: number) => void} taken
 * @param {AbortSignal} signal
 * @throws {Error} with a message for the user
 */
export async function takeFrames(count, taken, signal) {
  const camera = new Camera();
  const video = document.createElement('video');
  video.muted = true;
  video.playsInline = true;
  try {
    video.srcObject = (await camera.open(true, () => {})).stream;
    await video.play();
    for (let number = 1; number <= count; number += 1) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (signal.aborted || !camera.on) return;
      const bitmap = await createImageBitmap(video);
      const frame = await storedPainting(bitmap);
      bitmap.close();
      if (!signal.aborted) taken(frame, number);
    }
  } finally {
    camera.close();
    video.srcObject = null;
  }
}
