//! Compares VGG16 on the plain executor with values that onnxruntime and JAX computed from the float weights
//! (`tests/fixtures/vgg16`), and measures the effect of 8-bit weights on its features.

use crate::common::{cosine, float_vgg16, relative_distance, shipped_vgg16, vgg_reference, vgg_reference_picture};
use impasto::image::Image;
use impasto::net::models::vgg::{VGG16, Vgg};
use impasto::net::{Network, Operation, Pooling, Shape};
use impasto::reference;
use impasto::style::Style;
use impasto::weights::Archive;

/// Layers of the fixture: name, the side of the activation, every how many pixels it was kept.
const KEPT: [(&str, usize, usize); 4] = [("relu1_2", 64, 4), ("relu2_2", 32, 4), ("relu3_3", 16, 2), ("relu4_3", 8, 2)];

/// The outputs of all ReLUs up to `last`, CHW, in the order of [`Vgg::layers`].
fn features(vgg: Vgg, pooling: Pooling, last: &str, archive: &Archive, photo: &Image) -> Vec<(Vec<f32>, Shape)> {
    let net: Network = vgg.network(pooling, vgg.layer(last).unwrap());
    let shapes = net.shapes(photo.height(), photo.width()).unwrap();
    let style = Style::default();
    let mut tensors = reference::tensors(&net, archive, &style, photo, &shapes).unwrap();
    let relus = net.layers.iter().filter(|layer| layer.operation == Operation::Relu);
    relus.map(|layer| (std::mem::take(&mut tensors[layer.output]), shapes[layer.output])).collect()
}

/// The pixels that the fixture keeps, HWC.
fn kept(x: &[f32], shape: Shape, step: usize) -> Vec<f32> {
    let (rows, columns) = ((0..shape.height).step_by(step), (0..shape.width).step_by(step));
    let pixels = rows.flat_map(|y| columns.clone().map(move |x| y * shape.width + x));
    pixels.flat_map(|p| (0..shape.channels).map(move |c| x[c * shape.height * shape.width + p])).collect()
}

#[test]
fn float_weights_give_the_reference_activations() {
    let (archive, reference) = (float_vgg16(), vgg_reference());
    let photo = vgg_reference_picture(&reference, "input");
    for (pooling, name) in [(Pooling::Max, "max"), (Pooling::Average, "avg")] {
        let found = features(VGG16, pooling, "relu4_3", &archive, &photo);
        for (layer, side, step) in KEPT {
            let number = VGG16.layers().position(|l| l.name() == layer).unwrap();
            let (x, shape) = &found[number];
            let expected = [side / step, side / step, shape.channels];
            let expected = reference.tensor(&format!("{name}_{layer}"), &expected).unwrap();
            let distance = relative_distance(&kept(x, *shape, step), &expected);
            assert!(distance <= 1e-5, "{name} {layer}: {distance}");
        }
    }
}

/// Gatys' losses read features, so that these must survive 8 bits: each layer reads the output of quantized layers.
#[test]
fn quantized_weights_keep_every_feature() {
    let reference = vgg_reference();
    let photo = vgg_reference_picture(&reference, "style");
    let [exact, quantized] =
        [float_vgg16(), shipped_vgg16()].map(|archive| features(VGG16, Pooling::Average, "relu5_3", &archive, &photo));
    for (layer, ((e, _), (q, _))) in VGG16.layers().zip(exact.iter().zip(&quantized)) {
        let cosine = cosine(e, q);
        println!("{}: {cosine:.6}", layer.name());
        assert!(cosine >= 0.999, "{}: {cosine}", layer.name());
    }
}
