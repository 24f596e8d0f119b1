/**
 * Messages between the page and the inference worker. The worker owns the engine. The page owns the user's choices and sends
 * them completely each time, so that a restarted worker needs no history: `start`, then `add-styles`, `photo` and `look`
 * restore any picture.
 */

/**
 * @import { AdapterKind } from '../common/webgpu.js'
 * @import { FrameTimes } from '../media/frame-scheduler.js'
 */

/**
 * RGBA pixels in row-major order. The colours of a photo are already composited over its background; the fourth channel is the
 * transparency that the result gets back.
 * @typedef {{ width: number, height: number, data: Uint8ClampedArray<ArrayBuffer> }} Pixels
 */

/**
 * A part of a picture in pixels.
 * @typedef {{ x: number, y: number, width: number, height: number }} Rectangle
 */

/**
 * A tile of a photo that is stylized in parts: the part of the photo that it needs, and that of the result that it yields.
 * @typedef {{ photo: Rectangle, result: Rectangle }} Tile
 */

/**
 * A photo at the size that it is rendered at. An opaque photo is a bitmap; its owner closes it. A photo that keeps its
 * transparency is pixels: a bitmap is premultiplied, which changes the colours of transparent pixels.
 * @typedef {ImageBitmap | Pixels} PhotoInput
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
 * `stroke` is the stroke size relative to the default. `brushwork`, 0..1, adds texture where the photo is flat, except for
 * `own-…` networks.
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
 * Which engine to use: the GPU, the processor, or the GPU if there is a working one (`auto`).
 * @typedef {'auto' | 'gpu' | 'cpu'} EnginePreference
 */

/**
 * Why the CPU engine was chosen automatically: there is no adapter, the adapter is a program, or the GPU does not work. Empty
 * if the user chose the engine, or if it runs on the GPU.
 * @typedef {'' | 'none' | 'software' | 'failed'} EngineFallback
 */

/**
 * `Engine.info()`, and what the worker knows: what WebGPU runs on (undefined: not known), `fallback`, and whether frames can be
 * sent as `VideoFrame`s instead of bitmaps.
 * @typedef {{ engine: 'gpu' | 'cpu', adapter: string, backend: string, software: boolean, half: boolean, styles: string[],
 *   webgpu: AdapterKind | undefined, fallback: EngineFallback, videoFrames: boolean }} EngineInfo
 */

/**
 * Times of frames in milliseconds: the first one with all preparations, the median of `frames` frames by themselves, and of frames
 * of which two are on their way; and the multiply-adds of a frame.
 * @typedef {{ firstMs: number, aloneMs: number, inARowMs: number, frames: number, multiplyAdds: number }} FrameMeasurement
 */

/**
 * Requests of the page. Each message has a `requestId`, which is unique, also across workers; each answer has the `requestId`
 * of its request. Only `client.js` and `worker.js` see these numbers.
 * - `start`: the first message, sent once. Without `canvas`, the worker sends each picture as `frame`. Answered by messages
 *   about the whole engine: `loading`, `ready`, `unsupported`, `rejected-styles`, `lost` and `stopped`.
 * - `photo`: a new photo, and a small square of it for the thumbnails (null: no thumbnails). The worker owns them until
 *   the next photo; the page keeps the decoded file and can make them again. Answered by `frame`, `rendered`,
 *   `thumbnail` and `failed`, until the next photo.
 * - `look`: a changed look; answered by `rendered` or `failed`. The previous `photo` or `look` request then gets no
 *   `rendered` any more.
 * - `set-video`: starts a video, or changes its settings. All messages of a video are one request, from the first `set-video` to
 *   `stop-video` or the next `photo`. Answered by `ready-for-frame`, `stats`, `recorded` and `failed`.
 * - `frame`: a video frame, sent at the start and after each `ready-for-frame`, with the number of frames that were missed since
 *   the previous one, and its times. The worker closes the frame.
 * - `stop-video`: ends the video. The photo is shown again with the next `photo` or `look`.
 * - `stylize`: stylizes a photo in the background; answered by `pixels` or `failed`.
 * - `save`: requests the picture at the size on the screen; answered by `pixels` or `failed`.
 * - `open-tiles`: prepares a photo of `width` x `height` pixels for `paint-tile`; `copy` is the photo at the size on the screen,
 *   which decides its contrast and its strokes. Answered by `tiles` or `failed`.
 * - `paint-tile`: stylizes a tile, given its part of the photo; answered by `pixels` or `failed`.
 * - `close-tiles`: ends the work on that photo.
 * - `add-styles`: adds styles, under the names that the page shows, or replaces those with the same id. Invalid packs are
 *   reported by `rejected-styles` once their network is loaded.
 * - `remove-style`: removes a style.
 * - `encode-style`: encodes a painting as a style under `id`; answered by `style` or `failed`.
 * - `inspect-pack`: reads the metadata of a pack; answered by `style` or `failed`.
 * - `import-pack`: adds the style of a pack under `id`; with `tried`, its network is loaded first. Answered by `style` or `failed`.
 * - `rename-style`: renames the pack of a style; answered by `style` or `failed`.
 * - `measure`: measures frames of a network at one size; answered by `measured` or `failed`.
 * @typedef {{ type: 'start', networks: Record<BuiltinNetwork, string>, engine: EnginePreference, choice?: string, canvas?: OffscreenCanvas }
 *   | { type: 'photo', photo: PhotoInput, thumb: PhotoInput | null, look: Look }
 *   | { type: 'look', look: Look }
 *   | { type: 'set-video', settings: VideoSettings }
 *   | { type: 'frame', frame: VideoFrame | ImageBitmap, missed: number, times: FrameTimes }
 *   | { type: 'stop-video' }
 *   | { type: 'stylize', photo: PhotoInput, look: Look }
 *   | { type: 'save' }
 *   | { type: 'open-tiles', width: number, height: number, copy: PhotoInput, look: Look }
 *   | { type: 'paint-tile', tile: number, photo: PhotoInput }
 *   | { type: 'close-tiles' }
 *   | { type: 'add-styles', styles: NamedPack[] }
 *   | { type: 'remove-style', id: string }
 *   | { type: 'encode-style', id: string, painting: Pixels, name: string, source: string, licence: string, thumbnail: Uint8Array }
 *   | { type: 'inspect-pack', pack: Uint8Array }
 *   | { type: 'import-pack', id: string, pack: Uint8Array, tried: boolean }
 *   | { type: 'rename-style', id: string, name: string }
 *   | { type: 'measure', network: BuiltinNetwork, width: number, height: number }} Command
 * @typedef {Command & { requestId: number }} ToWorker
 */

/**
 * Answers of the worker: results, progress and failures.
 * - `loading`: the downloaded bytes of a network's weights; `total` is 0 if it is unknown.
 * - `ready`: the engine runs. `files` are its files; `choice` is the kernel selection to store for the next `start`.
 * - `unsupported`: the GPU engine cannot run on this machine. The worker is of no further use.
 * - `rendered`: the GPU has finished the picture. `painting` is false if only the compositing ran, not the network.
 * - `frame`: the picture, for a page without an offscreen canvas.
 * - `thumbnail`: one of the 26 styles on the small square of the photo.
 * - `style`: the answer to `encode-style`, `inspect-pack`, `import-pack` and `rename-style`.
 * - `pixels`: the answer to `stylize`, `save` and `paint-tile`.
 * - `tiles`: the answer to `open-tiles`: the tiles, row by row.
 * - `measured`: the answer to `measure`.
 * - `rejected-styles`: the ids of styles of `add-styles` that cannot be used.
 * - `ready-for-frame`: requests another frame.
 * - `recorded`: a rendered frame for the recording, which closes it, and the times of its source frame.
 * - `stats`: frames per second, milliseconds per frame, the network's resolution in lines, and the size of the frames.
 * - `failed`: an operation failed, and the previous picture stays. `message` is for the user.
 * - `lost`: the graphics device is lost. A new worker gets another one.
 * - `stopped`: the engine has stopped, for example after a crash. Only a new worker helps.
 * @typedef {{ type: 'loading', loaded: number, total: number }
 *   | { type: 'ready', info: EngineInfo, files: string[], choice: string }
 *   | { type: 'unsupported', message: string }
 *   | { type: 'rendered', painting: boolean, milliseconds: number }
 *   | { type: 'frame', pixels: Pixels }
 *   | { type: 'thumbnail', style: string, pixels: Pixels }
 *   | { type: 'style', style: PackInfo }
 *   | { type: 'pixels', pixels: Pixels }
 *   | { type: 'tiles', tiles: Tile[] }
 *   | { type: 'measured', times: FrameMeasurement }
 *   | { type: 'rejected-styles', ids: string[] }
 *   | { type: 'ready-for-frame' }
 *   | { type: 'recorded', frame: VideoFrame, times: FrameTimes }
 *   | { type: 'stats', framesPerSecond: number, milliseconds: number, lines: number, width: number, height: number }
 *   | { type: 'failed', operation: 'photo' | 'look' | 'video' | 'save' | 'thumbnails' | 'style' | 'measure', message: string }
 *   | { type: 'lost', message: string }
 *   | { type: 'stopped', message: string }} Answer
 * @typedef {Answer & { requestId: number }} FromWorker
 */

/**
 * Answers one request of the page.
 * @typedef {(answer: Answer, transfer?: Transferable[]) => void} AnswerRequest
 */

export {};
