//! `live.wasm`: state shared by the engine and its sessions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use web_sys::OffscreenCanvas;

use crate::error::{self, Error};
use crate::gpu::Gpu;
use crate::gpu::conv::Variant;
use crate::style::Style;
use crate::stylize::{StyleEncoder, StylizeModel};

/// Format of the canvas. Firefox crashes when a worker's canvas is configured as rgba8unorm.
pub const CANVAS_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Bgra8Unorm;

/// State shared by the engine and its sessions.
pub struct Shared {
    pub gpu: Gpu,
    pub variant: Variant,
    pub models: RefCell<BTreeMap<String, Rc<StylizeModel>>>,
    pub encoder: RefCell<Option<Rc<StyleEncoder>>>,
    pub predicting: Cell<bool>,
    /// The styles of all networks by their ids.
    pub styles: RefCell<BTreeMap<String, Style>>,
    /// The canvas that sessions paint on, once it is set.
    pub surface: RefCell<Option<CanvasSurface>>,
}

impl Shared {
    /// Returns the model of `network`.
    pub fn model(&self, network: &str) -> error::Result<Rc<StylizeModel>> {
        let missing = || Error::Style(format!("The network {network} has not been loaded yet."));
        self.models.borrow().get(network).cloned().ok_or_else(missing)
    }

    /// Adds a network, and its own styles under their names.
    pub fn add(&self, model: StylizeModel) {
        let mut styles = self.styles.borrow_mut();
        for style in (0..model.styles().len()).filter_map(|i| model.styles().get(i)) {
            styles.insert(style.name.clone(), style.clone());
        }
        self.models.borrow_mut().insert(model.space().network().to_string(), Rc::new(model));
    }

    /// Returns the blend of the styles `ids` of `network`.
    pub fn blend(&self, network: &str, ids: &[String], weights: &[f32]) -> error::Result<Style> {
        if ids.len() != weights.len() {
            let (ids, weights) = (ids.len(), weights.len());
            return Err(Error::Style(format!(
                "A blend needs one weight for each style, but {ids} styles and {weights} weights were given."
            )));
        }
        let styles = self.styles.borrow();
        let find = |id: &String| {
            let style = styles.get(id).filter(|style| style.network == network);
            style.ok_or_else(|| Error::Style(format!("There is no style {id} of the network {network}.")))
        };
        let parts: Vec<(&Style, f32)> =
            ids.iter().zip(weights).map(|(id, weight)| Ok((find(id)?, *weight))).collect::<error::Result<_>>()?;
        Style::blend(&parts)
    }
}

/// A canvas, its surface, and its current size.
pub struct CanvasSurface {
    canvas: OffscreenCanvas,
    pub surface: wgpu::Surface<'static>,
    size: (usize, usize),
}

impl CanvasSurface {
    /// Creates the surface of `canvas`, which has no size yet.
    ///
    /// # Errors
    /// [`Error::Gpu`] when the surface cannot be created.
    pub fn new(gpu: &Gpu, canvas: OffscreenCanvas) -> error::Result<Self> {
        let target = wgpu::SurfaceTarget::OffscreenCanvas(canvas.clone());
        let surface = gpu.instance().create_surface(target).map_err(|e| Error::Gpu(e.to_string()))?;
        Ok(Self { canvas, surface, size: (0, 0) })
    }

    /// Resizes the canvas to `size`, if its size differs.
    pub fn fit(&mut self, gpu: &Gpu, size: (usize, usize)) {
        if self.size == size {
            return;
        }
        self.size = size;
        let (width, height) = (size.0 as u32, size.1 as u32);
        self.canvas.set_width(width);
        self.canvas.set_height(height);
        let configuration = wgpu::SurfaceConfiguration {
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT,
            format: CANVAS_FORMAT,
            color_space: Default::default(),
            width,
            height,
            present_mode: wgpu::PresentMode::Fifo,
            desired_maximum_frame_latency: 2,
            alpha_mode: wgpu::CompositeAlphaMode::Opaque,
            view_formats: vec![],
        };
        self.surface.configure(&gpu.device, &configuration);
    }
}
