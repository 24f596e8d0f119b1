//! `live.wasm`: state shared by the engine and its sessions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::backend::Canvas;
use crate::error::{self, Error};
use crate::style::Style;
use crate::stylize::{Device, StyleEncoder, StylizeModel};

/// State shared by the engine and its sessions.
pub struct Shared {
    pub device: Device,
    pub models: RefCell<BTreeMap<String, Rc<StylizeModel>>>,
    pub encoder: RefCell<Option<Rc<StyleEncoder>>>,
    pub predicting: Cell<bool>,
    /// The styles of all networks by their ids.
    pub styles: RefCell<BTreeMap<String, Style>>,
    /// The canvas that sessions paint on, once it is set.
    pub canvas: RefCell<Option<Canvas>>,
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
