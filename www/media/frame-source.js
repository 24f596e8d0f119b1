/**
 * The current frame of a video element as the browser displays it: rotated, with the correct aspect ratio, over a background.
 * Chooses the fastest correct way to capture it.
 */

/** The side of the copies that are compared. */
const LOOK = 16;
/** The interval of comparisons in frames while the result is unclear. */
const AGAIN = 8;

export class FrameSource {
  #video;
  #videoFrames;
  #ground;
  #transparent;
  /** Whether a bitmap of the element is upright: some browsers ignore the rotation. @type {boolean | undefined} */
  #upright;
  #frames = 0;
  /** @type {OffscreenCanvas | undefined} */
  #canvas;
  #looks = [0, 1].map(() => new OffscreenCanvas(LOOK, LOOK).getContext('2d', { willReadFrequently: true }));

  /**
   * @param {HTMLVideoElement} video
   * @param {() => boolean} videoFrames whether the engine takes `VideoFrame`s; otherwise bitmaps
   * @param {() => string} ground the background colour of transparent pixels
   * @param {boolean} transparent whether the file declares transparency
   */
  constructor(video, videoFrames, ground, transparent) {
    this.#video = video;
    this.#videoFrames = videoFrames;
    this.#ground = ground;
    this.#transparent = transparent;
  }

  /**
   * @returns {Promise<VideoFrame | ImageBitmap>}
   * @throws {unknown} if the video has no frame, for example between two sources
   */
  async take() {
    if (this.#transparent) return this.#drawn();
    if (!this.#videoFrames()) return this.#bitmap();
    const frame = new VideoFrame(this.#video);
    // Formats such as I420A have an alpha plane; BGRA may be opaque.
    if (!/^I4\d\dA/.test(frame.format ?? '')) return frame;
    frame.close();
    this.#transparent = true;
    return this.#drawn();
  }

  /** Uses the fast way if it is known to be correct. */
  async #bitmap() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    this.#frames += 1;
    if (this.#upright === undefined && this.#frames % AGAIN === 1) await this.#compare();
    if (!this.#upright) return this.#drawn();
    const bitmap = await createImageBitmap(this.#video);
    if (bitmap.width === width && bitmap.height === height) return bitmap;
    bitmap.close();
    return this.#drawn();
  }

  /** Draws the element as the page displays it. */
  #drawn() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    this.#canvas ??= new OffscreenCanvas(width, height);
    if (this.#canvas.width !== width || this.#canvas.height !== height) Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext('2d');
    if (!context) throw new Error('no memory for the picture');
    if (this.#transparent) {
      context.fillStyle = this.#ground();
      context.fillRect(0, 0, width, height);
    }
    context.drawImage(this.#video, 0, 0, width, height);
    return this.#canvas.transferToImageBitmap();
  }

  /** Compares a bitmap of the element with the element. A picture with vertical symmetry gives no result. */
  async #compare() {
    const { videoWidth, videoHeight } = this.#video;
    const bitmap = await createImageBitmap(this.#video);
    if (bitmap.width !== videoWidth || bitmap.height !== videoHeight) this.#upright = false;
    const [made, shown] = [bitmap, this.#video].map((source, i) => this.#look(source, i));
    bitmap.close();
    if (this.#upright === false || !made || !shown) return;
    this.#upright = isUpright(made, shown);
  }

  /** @param {CanvasImageSource} source @param {number} i */
  #look(source, i) {
    const context = this.#looks[i];
    context?.drawImage(source, 0, 0, LOOK, LOOK);
    return context?.getImageData(0, 0, LOOK, LOOK).data;
  }
}

/**
 * Whether the first picture has the orientation of the second one, and is not upside down.
 * @param {Uint8ClampedArray} made RGBA
 * @param {Uint8ClampedArray} shown RGBA, of the same size
 * @returns {boolean | undefined} undefined if the pictures do not tell
 */
export function isUpright(made, shown) {
  let [straight, turned] = [0, 0];
  const pixels = made.length / 4;
  for (let i = 0; i < pixels; i += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      straight += Math.abs(made[4 * i + channel] - shown[4 * i + channel]);
      turned += Math.abs(made[4 * (pixels - 1 - i) + channel] - shown[4 * i + channel]);
    }
  }
  // A video may advance by a frame between the copies: one result must be far closer than the other.
  if (turned > 3 * straight && turned > 6 * pixels) return true;
  if (straight > 3 * turned && straight > 6 * pixels) return false;
  return undefined;
}

/** How much of a file is searched for its track headers. */
const HEAD_BYTES = 65536;
/** The element AlphaMode with the value 1, which WebM tracks with transparency have. */
const ALPHA_MODE = [0x53, 0xc0, 0x81, 0x01];

/**
 * Whether a video file declares transparency.
 * @param {Blob} file
 */
export async function saysTransparent(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (bytes[0] !== 0x1a || bytes[1] !== 0x45) return false;
  for (let at = bytes.indexOf(ALPHA_MODE[0]); at >= 0; at = bytes.indexOf(ALPHA_MODE[0], at + 1)) {
    if (ALPHA_MODE.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}
