/**
 * Messages between the page and the inference worker. The worker owns the engine. The page owns the user's choices and sends
 * them completely each time, so that a restarted worker needs no history: `start`, then `add-styles`, `photo` and `look`
 * restore any picture.
 */

/** @import { FrameTimes } from '../media/frame-scheduler.js' */

/**
 * RGBA pixels in row-major order. The colours of a photo are already composited over its background; the fourth channel is the
 * transparency that the result gets back.
 * @typedef {{ width: number, height: number, data: Uint8ClampedArray<ArrayBuffer> }} Pixels
 */

/**
 * A network. `transfer26` has 26 styles, whose ids are their names; `arbitrary` takes the style of any painting; `own-…`
 * networks come with style packs.
 * @typedef {'transfer26' | 'arbitrary'} BuiltinNetwork
 * @typedef {BuiltinNetwork | `own-${string}`} Network
 * @typedef {{ id: string, weight: number }} Part
 */

/**
 * How a picture is stylized. `parts` are styles of `network` with weights that sum to 1. `strength` and `split` are 0..1; the
 * photo shows left of `split`. A `gentle` look of `arbitrary` blends with the photo's own style instead of with the photo.
 * `stroke` is the stroke size relative to the default. `brushwork`, 0..1, adds texture where the photo is flat (`arbitrary`
 * only).
 * @typedef {{ network: Network, parts: Part[], gentle: boolean, strength: number, keepColors: boolean, split: number,
 *   stroke: number, brushwork: number }} Look
 */

/**
 * A style pack with its metadata. `thumbnail` is the file of a small picture, or empty. `expense` is a warning if the network
 * needs far more computation than usual, else empty.
 * @typedef {{ pack: Uint8Array<ArrayBuffer>, name: string, network: Network, source: string, licence: string,
 *   thumbnail: Uint8Array<ArrayBuffer>, expense: string }} PackInfo
 */

/**
 * A style pack under an id, with the name that the page shows.
 * @typedef {{ id: string, name: string, pack: Uint8Array }} NamedPack
 */

/**
 * How a video is stylized. `lines` is the network's resolution (the shorter side), or 0 to adapt it to `framesPerSecond`,
 * starting from `startLines`. `steady` reduces flicker. With `recording`, each rendered frame is sent back.
 * @typedef {{ look: Look, mirrored: boolean, steady: boolean, lines: number, startLines: number, framesPerSecond: number,
 *   recording: boolean }} VideoSettings
 */

/**
 * `Engine.info()`, and whether frames can be sent as `VideoFrame`s instead of bitmaps.
 * @typedef {{ adapter: string, backend: string, software: boolean, half: boolean, styles: string[],
 *   videoFrames: boolean }} EngineInfo
 */

/**
 * From the page. `serial` numbers the page's requests: `rendered` answers with the last one that the picture includes.
 * - `start`: comes first and once. Without `canvas` the worker sends every picture as `frame`.
 * - `photo`: a new picture, and a small square of it for the style list (none: no thumbnails).
 * - `look`: a new style or another strength, colours, split.
 * - `set-video`: from now on `frame`s come, and are painted in this way; sent again with every change of it.
 * - `frame`: a frame, to be sent when the worker is `ready-for-frame`, and at first, with the number of those that were there since
 *   the one before, and the times at which it is seen. The worker closes it.
 * - `stop-video`: no more frames come; the photo is shown again with the next `photo` or `look`.
 * - `stylize`: a photo to be painted beside the one in the viewer, answered as `save` is.
 * - `save`: asks for the painting at full size, answered by `pixels` with the same requestId or by `failed`.
 * - `add-styles`: styles that looks may name from now on, under the names that the page shows. The same id again replaces. Those that
 *   cannot be read are answered by `rejected-styles`.
 * - `remove-style`: such a style is named no more.
 * - `encode-style`: a painting becomes a style under `id`, which is kept; answered by `style` or by `failed`.
 * - `inspect-pack`: what a pack says about itself, before anything is done with it; answered likewise.
 * - `import-pack`: a pack becomes a style under `id`, after it has been tried with its network if `tried`; answered likewise.
 * - `rename-style`: the pack of the style under `id` with another name; answered likewise.
 * @typedef {{ type: 'start', networks: Record<BuiltinNetwork, string>, choice?: string, canvas?: OffscreenCanvas }
 *   | { type: 'photo', serial: number, photo: Pixels, thumb: Pixels | null, look: Look }
 *   | { type: 'look', serial: number, look: Look }
 *   | { type: 'set-video', settings: VideoSettings }
 *   | { type: 'frame', frame: VideoFrame | ImageBitmap, missed: number, times: FrameTimes }
 *   | { type: 'stop-video' }
 *   | { type: 'stylize', requestId: number, photo: Pixels, look: Look }
 *   | { type: 'save', requestId: number }
 *   | { type: 'add-styles', styles: NamedPack[] }
 *   | { type: 'remove-style', id: string }
 *   | { type: 'encode-style', requestId: number, id: string, painting: Pixels, name: string, source: string, licence: string,
 *       thumbnail: Uint8Array }
 *   | { type: 'inspect-pack', requestId: number, pack: Uint8Array }
 *   | { type: 'import-pack', requestId: number, id: string, pack: Uint8Array, tried: boolean }
 *   | { type: 'rename-style', requestId: number, id: string, name: string }} ToWorker
 */

/**
 * From the worker.
 * - `loading`: bytes of a network's weights so far; `total` is 0 where the server does not tell.
 * - `ready`: the engine stands. `choice` is to be kept for the next `start` on this machine.
 * - `unsupported`: there is no engine on this machine, for the reason given; the worker is of no further use.
 * - `rendered`: the GPU has finished the picture. `pixels` says whether the network ran (not only the last step).
 * - `frame`: the picture, for a page that could not hand over a canvas.
 * - `thumbnail`: one built-in style on the small square of the photo with that serial.
 * - `style`: the answer to `encode-style`, `inspect-pack`, `import-pack` and `rename-style`.
 * - `rejected-styles`: of the styles that came with `add-styles`, those that cannot be used.
 * - `ready-for-frame`: another frame can be taken.
 * - `recorded`: a painted frame, for the recording, which closes it, and the times of the frame that it is painted of.
 * - `stats`: how moving pictures come along: frames a second, milliseconds that one takes, the network's lines, and the
 *   size of what is shown.
 * - `failed`: an operation failed and the old picture stands; the sentence is for people. For `save` and `style` the
 *   serial is the requestId.
 * - `lost`: the graphics device is gone; a new worker finds another one.
 * - `stopped`: the engine is gone (crash, no network). Only a new worker helps.
 * @typedef {{ type: 'loading', loaded: number, total: number }
 *   | { type: 'ready', info: EngineInfo, choice: string }
 *   | { type: 'unsupported', message: string }
 *   | { type: 'rendered', serial: number, painting: boolean, milliseconds: number }
 *   | { type: 'frame', pixels: Pixels }
 *   | { type: 'thumbnail', serial: number, style: string, pixels: Pixels }
 *   | { type: 'style', requestId: number, style: PackInfo }
 *   | { type: 'pixels', requestId: number, pixels: Pixels }
 *   | { type: 'rejected-styles', ids: string[] }
 *   | { type: 'ready-for-frame' }
 *   | { type: 'recorded', frame: VideoFrame, times: FrameTimes }
 *   | { type: 'stats', framesPerSecond: number, milliseconds: number, lines: number, width: number, height: number }
 *   | { type: 'failed', operation: 'photo' | 'look' | 'video' | 'save' | 'thumbnails' | 'style', serial: number, message: string }
 *   | { type: 'lost', message: string }
 *   | { type: 'stopped', message: string }} FromWorker
 */

export {};
