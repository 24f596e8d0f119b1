/**
 * `studio.wasm`, as wasm-bindgen makes it out of src/web/studio.rs and src/web/training.rs: optimization of pictures and training
 * of styles on burn. Errors are `Error`s with a sentence for the user. Between two calls of a `Studio`, `Masterpiece` or
 * `Training` the one before must have been answered.
 */

/** What a run is made of; what is missing has its usual value. */
export interface RunSettings {
  /** The photo's longer side in pixels at the end, 512. */
  size?: number;
  /** The first and smallest size, 128; sizes grow by the root of two. */
  smallest?: number;
  /** Steps at the smallest size, 300; larger sizes get half as many. */
  steps?: number;
  /** What looks at the pictures, `vgg16`: the archive that a run begins with must be of it. */
  network?: 'vgg16' | 'vgg19';
  pooling?: 'average' | 'max';
  /** Weights of the losses and of their layers (by names such as `relu4_2`). */
  content?: { weight?: number; layers?: Record<string, number> };
  style?: { weight?: number; layers?: Record<string, number> };
  variation?: number;
  /** What is compared of the features: Gram matrices, or means and covariances. */
  styleLoss?: 'gram' | 'covariance';
  /** Longer side of the paintings, relative to the photo's, 1: above that strokes come out larger. */
  styleScale?: number;
  optimizer?: 'adam' | 'sgd' | 'lbfgs';
  /** Step size, in brightness (0..1) for Adam; without it what suits the optimizer. */
  rate?: number;
  keepColors?: boolean;
}

/** What is known before anything is allocated. */
export interface RunPlan {
  scales: { width: number; height: number; steps: number }[];
  /** Bytes of graphics memory at the largest size, about. */
  peak: number;
  /** Multiply-adds of all steps, forward and backward. */
  multiplyAdds: number;
}

/** One step: losses before it, content and style before their weights. Those of different sizes do not compare. */
export interface StepReport {
  step: number;
  steps: number;
  width: number;
  height: number;
  total: number;
  content: number;
  style: number;
  variation: number;
}

export interface PaintedPicture {
  width: number;
  height: number;
  /** RGBA, row by row from the top left. */
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** How a style is trained; what is missing has its usual value. */
export interface TrainSettings {
  /** 150. */
  steps?: number;
  /** Pixels a side of the squares of photos that are painted, a multiple of 4 from 32 up, 224; and how many a step sees, 1. */
  crop?: number;
  batch?: number;
  /** Longer side of the paintings in pixels, 320: the larger, the larger the strokes. */
  painting?: number;
  /** 1: more keeps more of the photo, a lighter style. */
  contentWeight?: number;
  /** 6, and 12 for what begins near its painting. */
  styleWeight?: number;
  /** 1.5, and 6 for what begins near its painting: of having the paintings' colours. */
  paletteWeight?: number;
  variationWeight?: number;
  /** 0: of not changing with noise in the photo, of at most `noise`, 0.04. */
  stabilityWeight?: number;
  noise?: number;
  /** What a step changes a number of the style by at most, at first: 0.03, or 0.02 where training begins with packs. */
  rate?: number;
  seed?: number;
  /** What training begins with: the `mean` of the network's styles, the one `nearest` to the paintings, or the name of one. */
  start?: string;
}

/** What is known of a training before anything is allocated. */
export interface TrainPlan {
  /** Bytes of graphics memory, about. */
  peak: number;
  /** Multiply-adds of all steps, forward and backward. */
  multiplyAdds: number;
}

/** One step of training: losses before it, before their weights but for the total. */
export interface TrainReport {
  step: number;
  steps: number;
  total: number;
  content: number;
  style: number;
  palette: number;
  variation: number;
  stability: number;
}

/** A graphics device for burn. One in a worker. */
export class Studio {
  private constructor();
  /** Opens the fastest device. */
  static create(): Promise<Studio>;
  /** Which network an archive of VGG weights is of, `vgg16` or `vgg19`; throws a sentence for any other file. Needs no device. */
  static vggName(bytes: Uint8Array): string;
  /** JSON of `{ adapter, backend, software }`. */
  info(): string;
  /** Resolves with a sentence if the device is lost. */
  lost(): Promise<string>;
  /** JSON of a `RunPlan`, for `RunSettings` in JSON and a photo of this size; throws where it cannot fit, naming the largest size. */
  plan(settings: string, width: number, height: number): string;
  /**
   * Reads photo and paintings through VGG (the bytes of its archive) and prepares the first size, or the one that `checkpoint`
   * was made at, which must be of the same pictures and settings.
   */
  begin(vgg: Uint8Array, settings: string, input: OptimizationInput, checkpoint?: Uint8Array): Promise<OptimizationHandle>;
  /**
   * What VGG and the usual losses say, as numbers: activations of the first of three `pictures` (`[3][side][side]` each, RGB in
   * 0..1) at `layers`, under their names, `[channels][height][width]`; `losses` (total, content, style, variation) and `gradient`
   * of the third, where the first is the photo and the second the painting. With `maximum` or else average pooling.
   */
  inspect(vgg: Uint8Array, maximum: boolean, side: number, pictures: Float32Array, layers: string[]): Promise<Record<string, Float32Array>>;
  /** JSON of a `TrainPlan`, for `TrainSettings` in JSON; throws where it cannot fit. */
  plan_training(settings: string, network: string): string;
  /**
   * Prepares training of a style for a network (the bytes of its archive): that of 26 styles or that for paintings, which has no
   * styles of its own to begin with, so that lessons have to name one. From the beginning or from a `checkpoint`, which must be of
   * the same lessons and settings.
   */
  train(vgg: Uint8Array, network: Uint8Array, settings: string, input: TrainingInput, checkpoint?: Uint8Array): Promise<TrainingHandle>;
}

/** What a style is learnt from, RGBA each. */
export class TrainingInput {
  constructor();
  /** A painting; weights are relative to each other. */
  add_painting(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray, weight: number): void;
  /** A photo to paint while learning. */
  add_photo(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /** Training begins with the style of a pack of the same network, whatever the settings say; with several, with their blend. */
  start_from(pack: Uint8Array, weight: number): void;
  /** So many scenes drawn by arithmetic, as photos. */
  add_scenes(count: number): void;
  free(): void;
}

/** A style in training. */
export class TrainingHandle {
  private constructor();
  /** One step; `undefined` when all are done. After an error the style is as before. */
  step(): Promise<TrainReport | undefined>;
  /** A photo painted in the style so far; up to three rows and columns of it are cut off. */
  paint(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): Promise<PaintedPicture>;
  /** The style so far as a style pack. `thumbnail` is a small JPEG, PNG or WebP file, or empty. */
  pack(name: string, source: string, licence: string, thumbnail: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** What is needed to go on later, `undefined` when all is done. Some 13 KB. */
  checkpoint(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  free(): void;
}

/** The pictures of a run, RGBA each. */
export class OptimizationInput {
  constructor(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray);
  /** A painting whose style is wanted; weights are relative to each other. */
  add_painting(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray, weight: number): void;
  /** Where on the photo the style of the last painting applies: where this picture is white. It is stretched to the photo. */
  add_mask(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /** Which part of the last painting is the style: where this picture is white. It is stretched to the painting. */
  add_style_mask(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /** What painting begins with instead of the photo: another picture. */
  start_from(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /** ... or noise. */
  start_from_noise(seed: number): void;
  free(): void;
}

/** A painting in work. */
export class OptimizationHandle {
  private constructor();
  /** One step; `undefined` when all are done. After an error the picture is as before. */
  step(): Promise<StepReport | undefined>;
  /** The painting so far: the running average of the steps, at the size in work. */
  picture(): Promise<PaintedPicture>;
  /** What is needed to go on later, `undefined` when all is done. */
  checkpoint(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  free(): void;
}

export default function init(options: { module_or_path: BufferSource | Promise<Response> | Response | URL | string }): Promise<unknown>;
