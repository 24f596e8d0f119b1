/** Usage of a texture that pictures of the browser are copied to: COPY_DST, TEXTURE_BINDING and RENDER_ATTACHMENT. */
const USAGE = 2 | 4 | 16;

/**
 * Whether this browser copies video frames to the GPU as they are. Some take bitmaps only, and say so by throwing, which
 * the engine would not survive.
 * @param {any} device GPUDevice
 */
export function takesVideoFrames(device) {
  if (typeof VideoFrame === 'undefined') return false;
  /** @type {VideoFrame | undefined} */
  let frame;
  const texture = device.createTexture({ size: [2, 2], format: 'rgba8unorm', usage: USAGE });
  try {
    frame = new VideoFrame(new Uint8Array(16), { format: 'RGBX', codedWidth: 2, codedHeight: 2, timestamp: 0 });
    device.queue.copyExternalImageToTexture({ source: frame }, { texture }, [2, 2]);
    return true;
  } catch {
    return false;
  } finally {
    frame?.close();
    texture.destroy();
  }
}
