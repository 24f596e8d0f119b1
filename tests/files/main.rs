//! Files that users bring: pictures, style packs, weights and networks of other programs.

mod archive_fuzz;
#[path = "../common/mod.rs"]
mod common;
mod hostile_files;
mod image_file;
mod image_file_color;
mod image_file_fuzz;
mod import_onnx;
mod import_vgg;
mod pack_fuzz;
mod weights;

use common::memory::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;
