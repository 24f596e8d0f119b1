//! `studio.wasm`: types of the objects that it exchanges with JavaScript, as JSON or as plain objects. They are
//! TypeScript, since wasm-bindgen types only functions and classes.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/**
 * Settings of an optimization. Missing fields have the stated defaults; fields that have no effect with the method are refused.
 */
export interface RunSettings {
  /**
   * Method: `gram` matches statistics of features, `neighbours` gives each position the features of its nearest position in the
   * painting. Default `gram`, the only method of earlier versions, whose saved settings have no such field.
   */
  method?: 'gram' | 'neighbours';
  /** Final size: the photo's longer side in pixels. Default 512. */
  size?: number;
  /**
   * With `gram`, the number of steps at the first size, default 300, and each larger size gets half as many. With `neighbours`, the
   * number of steps at each size up to 512 pixels, default 100; larger sizes get fewer.
   */
  steps?: number;
  /** Longer side of the paintings relative to the photo's. Default 1; larger values give larger strokes. */
  styleScale?: number;
  /** Whether the result keeps the colours of the photo. Default false. */
  keepColors?: boolean;
  /** `neighbours`: how much of the painting the result has, 0..1. Default 0.5. */
  strength?: number;
  /** `neighbours`: whether the result gets the mean and the covariance of the paintings' colours. Default true, unless colours are kept. */
  matchColors?: boolean;
  /**
   * `gram`, as all that follows: first size, the photo's longer side in pixels. Default 128. Each further size is larger by a factor
   * of the square root of two.
   */
  smallest?: number;
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
  /**
   * Statistics of the features in the style loss: Gram matrices, means and covariances, or both as normal distributions with
   * their Wasserstein distance. Default `gram`.
   */
  styleLoss?: 'gram' | 'covariance' | 'wasserstein';
  /** Default `adam`. */
  optimizer?: 'adam' | 'sgd' | 'lbfgs';
  /** Learning rate; for Adam in units of pixel values (0..1). Each optimizer has its own default. */
  rate?: number;
}

/** Stages and costs of an optimization, computed before anything is allocated. */
export interface RunPlan {
  /** Sizes in pixels with their number of steps, in order. With `neighbours`, the last size is there twice. */
  scales: { width: number; height: number; steps: number }[];
  /** Approximate graphics memory at the largest size, in bytes. */
  peak: number;
  /** Multiply-adds of all steps, forward and backward. */
  multiplyAdds: number;
}

/** A measured optimization step of a picture. */
export interface MeasuredStep {
  width: number;
  height: number;
  milliseconds: number;
}

/** The steps of an optimization that takes a chosen time. */
export interface TimedSteps {
  /** The number of steps, as in `RunSettings`, within limits. */
  steps: number;
  /** The estimated time of a step in milliseconds at each of the scales of the plan. */
  stepTimes: number[];
  /** The estimated time of the preparation in milliseconds before each of the scales. */
  preparationTimes: number[];
}

/**
 * Report of one optimization step. The losses are those before the step; content and style loss are unweighted. Losses of
 * different stages are not comparable. With `neighbours` there is one loss, the total.
 */
export interface StepReport {
  step: number;
  steps: number;
  /** The index of the stage in the scales of the plan. */
  stage: number;
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
  /** Whether all weights are trained, for a network of its own, and not only scales and shifts. Default false. */
  allWeights?: boolean;
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
"#;
