/** Usage of a texture that pictures of the browser are copied to: COPY_DST, TEXTURE_BINDING and RENDER_ATTACHMENT. */
const USAGE = 2 | 4 | 16;

/**
 * Whether this browser copies video frames to the GPU as they are. Some take bitmaps only, and say so by throwing, which
 * the engine would not survive. It is asked with a frame that is closed already: a browser that knows what it is finds
 * fault with that, and nothing reaches the GPU, which in Chromium a frame of the processor's making can bring down.
 * @param {any} device GPUDevice
 */
export function supportsVideoFrames(device) {
  if (typeof VideoFrame === 'undefined') return false;
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
