//! Settings of image optimization and style training, and estimates of their memory and time, without burn: the page
//! asks for them before it loads `studio.wasm`.
//!
//! [`OptimizeConfig`] and [`TrainConfig`] parse settings from JSON; [`MethodSettings`] plans an optimization and estimates its
//! time. [`MemoryEstimate`] estimates memory, [`training_duration`] time, and [`TrainChoices`] turns the choices of the page's
//! dialog into settings.

mod losses;
mod memory;
mod neighbour_work;
mod neighbours;
mod optimize_config;
mod optimize_plan;
mod optimize_settings;
mod optimizer;
mod schedule;
mod tiles;
mod time;
mod train_choices;
mod train_config;
mod train_settings;

pub use losses::{StyleLoss, Term, Terms, TrainLoss, TrainStyleLoss, check_weight};
pub use memory::{Convolutions, Limits, MemoryEstimate};
pub use neighbours::NeighbourSettings;
#[cfg(feature = "train")]
pub(crate) use neighbours::{FOUND_AGAIN, ORIENTATIONS, SAMPLED, STEP};
pub use optimize_config::OptimizeConfig;
pub use optimize_plan::{MethodSettings, Plan, PlannedScale, SizeEstimate, TimedSteps};
pub use optimize_settings::{STYLE_SCALES, Settings, scaled};
pub use optimizer::{LARGEST_RATE, Optimizer};
pub use schedule::{Scale, coarse_to_fine};
pub use tiles::{Span, TILE, Tile};
pub use time::{MeasuredStep, training_duration};
pub use train_choices::{ChosenSettings, Strength, TrainChoices, Trained, smaller_training};
pub use train_config::{Init, TrainConfig, TrainEstimate, trainable};
pub use train_settings::{TrainSettings, photo_scale};

/// Assumed memory of the graphics adapter in bytes, that of a small card: browsers do not report it.
pub const ASSUMED_MEMORY: u64 = 4_000_000_000;
/// Memory of a job on the processor in a browser, in bytes. WebAssembly addresses 4 GiB, of which files and pictures take a part.
pub const PROCESSOR_MEMORY: u64 = 3_000_000_000;
