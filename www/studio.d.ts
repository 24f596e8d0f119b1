/**
 * Types of `studio.js`, the wasm module for optimization of pictures and training of styles (src/web/studio.rs and
 * src/web/training.rs, on burn).
 *
 * Pictures are RGBA, 8 bits per channel, in row-major order: `height * width * 4` bytes. Errors are `Error`s whose message is
 * for the user. Do not call a method while a promise of the same object is pending.
 */

/** Settings of an optimization. Missing fields have the stated defaults. */
export interface RunSettings {
  /** Final size: the photo's longer side in pixels. Default 512. */
  size?: number;
  /**
   * First size: the photo's longer side in pixels. Default 128. Each further size is larger by a factor of the square root of
   * two.
   */
  smallest?: number;
  /** Number of steps at the first size. Default 300. Each larger size gets half as many. */
  steps?: number;
  /** The VGG network of the losses. Default `vgg16`. `Studio.begin` needs an archive of the same network. */
  network?: 'vgg16' | 'vgg19';
  /** Pooling layers of the VGG network. Default `average`. */
  pooling?: 'average' | 'max';
  /** Weight of the content loss, and weights of its layers by names such as `relu4_2`. */
  content?: { weight?: number; layers?: Record<string, number> };
  /** Weight of the style loss, and weights of its layers. */
  style?: { weight?: number; layers?: Record<string, number> };
  /** Weight of the total variation. */
  variation?: number;
  /** Statistics of the features in the style loss: Gram matrices, or means and covariances. Default `gram`. */
  styleLoss?: 'gram' | 'covariance';
  /** Longer side of the paintings relative to the photo's. Default 1; larger values give larger strokes. */
  styleScale?: number;
  /** Default `adam`. */
  optimizer?: 'adam' | 'sgd' | 'lbfgs';
  /** Learning rate; for Adam in units of pixel values (0..1). Each optimizer has its own default. */
  rate?: number;
  /** Whether the result keeps the colours of the photo. Default false. */
  keepColors?: boolean;
}

/** Sizes and costs of an optimization, computed before anything is allocated. */
export interface RunPlan {
  /** Sizes in pixels with their number of steps, in order. */
  scales: { width: number; height: number; steps: number }[];
  /** Approximate graphics memory at the largest size, in bytes. */
  peak: number;
  /** Multiply-adds of all steps, forward and backward. */
  multiplyAdds: number;
}

/**
 * Report of one optimization step. The losses are those before the step; content and style loss are unweighted. Losses of
 * different sizes are not comparable.
 */
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

/** A picture. */
export interface PaintedPicture {
  width: number;
  height: number;
  /** RGBA in row-major order. */
  data: Uint8ClampedArray<ArrayBuffer>;
}

/** Settings of a training. Missing fields have the stated defaults; fine-tuning is training that starts from packs. */
export interface TrainSettings {
  /** Number of steps. Default 150. */
  steps?: number;
  /** Side of the square crops of photos in pixels: a multiple of 4, at least 32. Default 224. */
  crop?: number;
  /** Number of crops per step. Default 1. */
  batch?: number;
  /** Longer side of the paintings in pixels. Default 320; larger values give larger strokes. */
  painting?: number;
  /** Weight of the content loss. Default 1; larger values preserve more of the photo. */
  contentWeight?: number;
  /** Weight of the style loss. Default 6; 12 for fine-tuning. */
  styleWeight?: number;
  /** Weight of the colour loss. Default 1.5; 6 for fine-tuning. */
  paletteWeight?: number;
  /** Weight of the total variation. */
  variationWeight?: number;
  /** Weight of the stability loss, which penalizes changes of the result by noise in the photo. Default 0. */
  stabilityWeight?: number;
  /** Maximum amplitude of that noise, as a fraction of white. Default 0.04. */
  noise?: number;
  /** Initial learning rate. Default 0.03; 0.02 for fine-tuning. */
  rate?: number;
  /** Seed of crops and noise. Default 0. */
  seed?: number;
  /**
   * Initial style: the `mean` of the network's styles, the one `nearest` to the paintings, or the name of one. Default `mean`.
   */
  start?: string;
}

/** Costs of a training, computed before anything is allocated. */
export interface TrainPlan {
  /** Approximate graphics memory in bytes. */
  peak: number;
  /** Multiply-adds of all steps, forward and backward. */
  multiplyAdds: number;
}

/** Report of one training step. The losses are those before the step; all but the total are unweighted. */
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

/** A GPU device for burn. A worker creates one. */
export class Studio {
  private constructor();
  /** Opens the fastest device. Rejects if there is none. */
  static create(): Promise<Studio>;
  /**
   * Returns which network an archive of VGG weights contains: `vgg16` or `vgg19`. Throws for any other file. Needs no device.
   */
  static vggName(bytes: Uint8Array): string;
  /** Returns JSON of `{ adapter, backend, software }`; `software` is true for a software renderer. */
  info(): string;
  /** Resolves with a message for the user when the device is lost. */
  lost(): Promise<string>;
  /**
   * Returns JSON of a `RunPlan`. `settings` is JSON of `RunSettings`; the size is the photo's, in pixels. Throws for invalid
   * settings, and if the size does not fit into memory; the message then names the largest size that fits.
   */
  plan(settings: string, width: number, height: number): string;
  /**
   * Starts an optimization: computes the features of photo and paintings, and prepares the first size. `vgg` is an archive of VGG
   * weights. With `checkpoint`, the optimization continues there; a checkpoint of other pictures or settings is rejected.
   */
  begin(vgg: Uint8Array, settings: string, input: OptimizationInput, checkpoint?: Uint8Array): Promise<OptimizationHandle>;
  /**
   * Returns VGG features and losses, for tests. `pictures` are three pictures: photo, painting and current result, each
   * `[3][side][side]`, RGB in 0..1. The result maps each name in `layers` to the features of the photo,
   * `[channels][height][width]`, `losses` to total, content, style and variation loss of the current result with the default
   * weights but without total variation, and `gradient` to its gradient, `[3][side][side]`. `maximum` selects max pooling instead
   * of average pooling.
   */
  inspect(vgg: Uint8Array, maximum: boolean, side: number, pictures: Float32Array, layers: string[]): Promise<Record<string, Float32Array>>;
  /**
   * Returns JSON of a `TrainPlan`. `settings` is JSON of `TrainSettings`; `network` is the name of the network. Throws for invalid
   * settings, and if the training does not fit into memory.
   */
  plan_training(settings: string, network: string): string;
  /**
   * Prepares the training of a style. `vgg` and `network` are archives of VGG weights and of the network, `transfer26` or
   * `arbitrary`. `arbitrary` contains no styles: its initial style must be added to `input` with `start_from`. With `checkpoint`,
   * the training continues there; a checkpoint of other data or settings is rejected.
   */
  train(vgg: Uint8Array, network: Uint8Array, settings: string, input: TrainingInput, checkpoint?: Uint8Array): Promise<TrainingHandle>;
}

/** The data of a training: paintings, photos and initial styles. Methods throw for invalid pictures and packs. */
export class TrainingInput {
  constructor();
  /** Adds a painting as style target. Weights are relative to each other. */
  add_painting(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray, weight: number): void;
  /** Adds a photo to the dataset. */
  add_photo(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /**
   * Adds the style of a pack of the same network as initial style, instead of `TrainSettings.start`. Several are blended by
   * weight.
   */
  start_from(pack: Uint8Array, weight: number): void;
  /** Adds `count` procedural scenes to the dataset. */
  add_scenes(count: number): void;
  /** Releases the memory. */
  free(): void;
}

/** A running training of a style. */
export class TrainingHandle {
  private constructor();
  /** Runs one step. Resolves with `undefined` when all steps are done. An error leaves the style unchanged. */
  step(): Promise<TrainReport | undefined>;
  /** Stylizes a photo with the current style. The result is cropped to multiples of 4 pixels. */
  paint(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): Promise<PaintedPicture>;
  /** Returns the current style as a style pack. `thumbnail` is a small JPEG, PNG or WebP file, or empty. */
  pack(name: string, source: string, licence: string, thumbnail: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
  /** Returns a checkpoint to continue from, about 13 KB, or `undefined` when all steps are done. */
  checkpoint(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Releases the memory. */
  free(): void;
}

/** The input pictures of an optimization. Methods throw for invalid pictures, and for a mask before the first painting. */
export class OptimizationInput {
  /** Creates the input for a photo, which is also the initial picture. */
  constructor(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray);
  /** Adds a painting as style target. Weights are relative to each other. */
  add_painting(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray, weight: number): void;
  /**
   * Sets the mask of the last painting on the photo: its style applies where the mask is white. The mask is stretched to the
   * photo.
   */
  add_mask(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /**
   * Sets the mask of the last painting on the painting: its style is taken where the mask is white. The mask is stretched to
   * it.
   */
  add_style_mask(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /** Sets the initial picture, instead of the photo. */
  start_from(width: number, height: number, rgba: Uint8Array | Uint8ClampedArray): void;
  /** Sets noise as the initial picture. */
  start_from_noise(seed: number): void;
  /** Releases the memory. */
  free(): void;
}

/** A running optimization. */
export class OptimizationHandle {
  private constructor();
  /** Runs one step. Resolves with `undefined` when all steps are done. An error leaves the picture unchanged. */
  step(): Promise<StepReport | undefined>;
  /** Returns the current result at the current size: the running average of the steps. */
  picture(): Promise<PaintedPicture>;
  /** Returns a checkpoint to continue from, or `undefined` when all steps are done. */
  checkpoint(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Releases the memory. */
  free(): void;
}

export default function init(options: { module_or_path: BufferSource | Promise<Response> | Response | URL | string }): Promise<unknown>;
