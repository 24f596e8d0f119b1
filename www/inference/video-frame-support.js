/** Usage of a texture that is a copy target of external images: COPY_DST, TEXTURE_BINDING and RENDER_ATTACHMENT. */
const USAGE = 2 | 4 | 16;

/**
 * Whether this browser can copy a `VideoFrame` to a texture. Browsers that take bitmaps only throw a TypeError, which the
 * engine would not survive. The test uses a closed frame: supporting browsers report another error, and nothing reaches the
 * GPU. A software-made frame can crash the GPU process of Chromium. The CPU engine takes bitmaps: on a 2D canvas, a frame has
 * other colours than the player in Chromium, and no rotation in Firefox.
 * @param {any} device GPUDevice; undefined for the CPU engine
 */
export function supportsVideoFrames(device) {
  if (typeof VideoFrame === 'undefined' || !device) return false;
  const frame = new VideoFrame(new Uint8Array(16), { format: 'RGBX', codedWidth: 2, codedHeight: 2, timestamp: 0 });
  frame.close();
  const texture = device.createTexture({ size: [2, 2], format: 'rgba8unorm', usage: USAGE });
  try {
    device.queue.copyExternalImageToTexture({ source: frame }, { texture }, [2, 2]);
    return true;
  } catch (error) {
    return !(error instanceof TypeError);
  } finally {
    texture.destroy();
  }
}
