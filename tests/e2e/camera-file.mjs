import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The picture of Chromium's camera: a red half, a blue half, and a bright square that crosses them, in video colours. */
const CAMERA = { width: 640, height: 360, frames: 20, framesPerSecond: 15 };
const LEFT = [82, 90, 240];
const RIGHT = [41, 240, 110];
const SQUARE = [210, 128, 128];

/** @type {string | undefined} */
let written;

/** @returns {string} the path of a Y4M file, written once for all browsers of this process */
export function cameraFile() {
  if (written) return written;
  const { width, height, frames, framesPerSecond } = CAMERA;
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < frames; frame += 1) {
    parts.push(Buffer.from('FRAME\n'));
    for (const plane of [0, 1, 2]) parts.push(drawPlane(plane, frame));
  }
  written = join(mkdtempSync(join(tmpdir(), 'impasto-camera-')), 'camera.y4m');
  writeFileSync(written, Buffer.concat(parts));
  return written;
}

/**
 * One plane of a frame: brightness at full size, colours at half of it.
 * @param {number} plane
 * @param {number} frame
 */
function drawPlane(plane, frame) {
  const scale = plane === 0 ? 1 : 2;
  const [width, height] = [CAMERA.width / scale, CAMERA.height / scale];
  const side = 120 / scale;
  const left = Math.round((frame / CAMERA.frames) * (width - side));
  const top = (height - side) / 2;
  const bytes = Buffer.alloc(width * height, LEFT[plane]);
  for (let y = 0; y < height; y += 1) {
    bytes.fill(RIGHT[plane], y * width + width / 2, (y + 1) * width);
    if (y >= top && y < top + side) bytes.fill(SQUARE[plane], y * width + left, y * width + left + side);
  }
  return bytes;
}
