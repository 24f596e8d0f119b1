//! The forms in which exporters write an instance normalization.

use super::*;

/// The graph with each normalization written as `write` has it: of a picture, with scale, shift and channels, into a name.
fn normalized(write: impl Fn(&str, [&str; 2], i64, &str, &mut Vec<TensorProto>) -> Vec<NodeProto>) -> GraphProto {
    rewritten(new(), |n, constants| {
        if n.op_type() != "InstanceNormalization" {
            return vec![n];
        }
        let channels = constants.iter().find(|tensor| tensor.name() == n.input[1]).unwrap().dims[0];
        write(&n.input[0], [&n.input[1], &n.input[2]], channels, &n.output[0], constants)
    })
}

fn batch_norm(x: &str, [scale, shift]: [&str; 2], channels: i64, output: &str) -> Vec<NodeProto> {
    let named = |what: &str| format!("{output}/{what}");
    let fixed =
        |what: &str, value: f32| constant(&named(what), floats("", &[channels], &vec![value; channels as usize]));
    let inputs = [x, scale, shift, &named("mean"), &named("variance")];
    let mut norm =
        node("BatchNormalization", &inputs, output).with(int("training_mode", 1)).with(float("epsilon", 1e-5));
    norm.output.extend(["new_mean", "new_variance"].map(named));
    vec![fixed("mean", 0.0), fixed("variance", 1.0), norm]
}

#[test]
fn normalizations_over_a_view() {
    // The shape of the view, as a constant and computed of the picture's.
    let views: [fn(i64) -> Vec<i64>; 3] = [|c| vec![1, c, -1], |c| vec![1, c, 0, 0], |_| vec![0, 0, -1]];
    for view in views {
        let graph = normalized(|x, norm, channels, output, constants| {
            let named = |what: &str| format!("{output}/{what}");
            constants.push(longs(&named("view"), &view(channels)));
            let mut nodes = vec![node("Shape", &[x], &named("shape"))];
            nodes.push(node("Reshape", &[x, &named("view")], &named("seen")));
            nodes.extend(batch_norm(&named("seen"), norm, channels, &named("normalized")));
            nodes.push(node("Reshape", &[&named("normalized"), &named("shape")], output));
            nodes
        });
        paints_as_new(&graph, 80.0);
    }
    let computed = normalized(|x, norm, channels, output, constants| {
        let named = |what: &str| format!("{output}/{what}");
        constants.push(longs(&named("rest"), &[-1]));
        constants.push(longs(&named("times"), &[1]));
        let part = |what: &str, start: i64| {
            node("Shape", &[x], &named(what)).with(int("start", start)).with(int("end", start + 1))
        };
        let mut nodes = vec![part("batch", 0), part("channels", 1)];
        nodes.push(node("Mul", &[&named("batch"), &named("channels")], &named("product")));
        let sides = [named("times"), named("product"), named("rest")];
        nodes.push(node("Concat", &sides.each_ref().map(String::as_str), &named("view")).with(int("axis", 0)));
        nodes.push(node("Reshape", &[x, &named("view")], &named("seen")));
        // Scales and shifts once for each picture of the batch.
        for (part, what) in norm.iter().zip(["scales", "shifts"]) {
            nodes.push(node("Tile", &[part, &named("batch")], &named(what)));
        }
        nodes.extend(batch_norm(&named("seen"), [&named("scales"), &named("shifts")], channels, &named("normalized")));
        nodes.push(node("Shape", &[x], &named("shape")));
        nodes.push(node("Reshape", &[&named("normalized"), &named("shape")], output));
        nodes
    });
    paints_as_new(&computed, 80.0);
    // Scales and shifts after a normalization without any.
    let behind = normalized(|x, [scale, shift], channels, output, constants| {
        let named = |what: &str| format!("{output}/{what}");
        constants.push(longs(&named("view"), &[0, channels, -1]));
        constants.push(floats(&named("ones"), &[channels], &vec![1.0; channels as usize]));
        constants.push(floats(&named("zeros"), &[channels], &vec![0.0; channels as usize]));
        constants.push(longs(&named("axes"), &[1, 2]));
        let norm = [named("seen"), named("ones"), named("zeros")];
        vec![
            node("Shape", &[x], &named("shape")),
            node("Reshape", &[x, &named("view")], &named("seen")),
            node("InstanceNormalization", &norm.each_ref().map(String::as_str), &named("plain")),
            node("Reshape", &[&named("plain"), &named("shape")], &named("back")),
            node("Unsqueeze", &[scale, &named("axes")], &named("scales")),
            node("Mul", &[&named("back"), &named("scales")], &named("scaled")),
            node("Unsqueeze", &[shift, &named("axes")], &named("shifts")),
            node("Add", &[&named("shifts"), &named("scaled")], output),
        ]
    });
    paints_as_new(&behind, 80.0);
    let groups = normalized(|x, [scale, shift], channels, output, _| {
        vec![node("GroupNormalization", &[x, scale, shift], output).with(int("num_groups", channels))]
    });
    paints_as_new(&groups, 80.0);
}

#[test]
fn normalizations_step_by_step() {
    for (as_input, by_power, by_root) in [(false, true, false), (true, false, true), (true, true, true)] {
        let graph = normalized(|x, [scale, shift], _, output, constants| {
            let named = |what: &str| format!("{output}/{what}");
            constants.push(longs(&named("axes"), &[2, 3]));
            constants.push(longs(&named("spread"), &[0, 2, 3]));
            constants.push(floats(&named("two"), &[], &[2.0]));
            constants.push(floats(&named("epsilon"), &[], &[1e-5]));
            let mean = |x: &str, output: &str| match as_input {
                true => node("ReduceMean", &[x, &named("axes")], output),
                false => node("ReduceMean", &[x], output).with(ints("axes", &[-2, -1])),
            };
            let mut nodes = vec![
                mean(x, &named("mean")),
                node("Sub", &[x, &named("mean")], &named("centred")),
                match by_power {
                    true => node("Pow", &[&named("centred"), &named("two")], &named("squares")),
                    false => node("Mul", &[&named("centred"), &named("centred")], &named("squares")),
                },
                mean(&named("squares"), &named("variance")),
                node("Add", &[&named("variance"), &named("epsilon")], &named("sum")),
                node("Sqrt", &[&named("sum")], &named("root")),
            ];
            match by_root {
                true => {
                    nodes.push(node("Reciprocal", &[&named("root")], &named("inverse")));
                    nodes.push(node("Mul", &[&named("inverse"), &named("centred")], &named("plain")));
                }
                false => nodes.push(node("Div", &[&named("centred"), &named("root")], &named("plain"))),
            }
            for (part, what) in [(scale, "scale"), (shift, "shift")] {
                nodes.push(node("Unsqueeze", &[part, &named("spread")], &named(what)));
            }
            nodes.push(node("Mul", &[&named("plain"), &named("scale")], &named("scaled")));
            nodes.push(node("Add", &[&named("scaled"), &named("shift")], output));
            nodes
        });
        // Not every form uses all constants.
        let used: Vec<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
        let initializer =
            graph.initializer.iter().filter(|tensor| used.iter().any(|name| *name == tensor.name())).cloned().collect();
        paints_as_new(&GraphProto { initializer, ..graph.clone() }, 80.0);
    }
}

#[test]
fn what_normalizes_otherwise_is_refused() {
    let refused = |write: &WriteNorm<'_>| refusal(&normalized(write));
    let fixed = refused(&|x, norm, channels, output, _| {
        let mut nodes = batch_norm(x, norm, channels, output);
        nodes.iter_mut().for_each(|node| node.attribute.retain(|a| a.name() != "training_mode"));
        nodes
    });
    assert!(fixed.contains("by statistics of the training"), "{fixed}");
    let together = refused(&|x, [scale, shift], _, output, _| {
        vec![node("GroupNormalization", &[x, scale, shift], output).with(int("num_groups", 2))]
    });
    assert!(together.contains("several channels together"), "{together}");
    let mixed = refused(&|x, norm, channels, output, constants| {
        let named = |what: &str| format!("{output}/{what}");
        constants.push(longs(&named("view"), &[1, -1, channels]));
        let mut nodes = vec![node("Reshape", &[x, &named("view")], &named("seen"))];
        nodes.extend(batch_norm(&named("seen"), norm, channels, output));
        nodes
    });
    assert!(mixed.contains("mixes the channels"), "{mixed}");
    let left = refused(&|x, norm, channels, output, constants| {
        let named = |what: &str| format!("{output}/{what}");
        constants.push(longs(&named("view"), &[1, channels, -1]));
        let mut nodes = vec![node("Reshape", &[x, &named("view")], &named("seen"))];
        nodes.extend(batch_norm(&named("seen"), norm, channels, output));
        nodes
    });
    assert!(left.contains("in a changed shape"), "{left}");
    let one_side = refused(&|x, _, _, output, _| {
        vec![
            node("ReduceMean", &[x], &format!("{output}/mean")).with(ints("axes", &[2])),
            node("Sub", &[x, &format!("{output}/mean")], output),
        ]
    });
    assert!(one_side.contains("(ReduceMean)"), "{one_side}");
}
