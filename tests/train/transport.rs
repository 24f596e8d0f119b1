//! Compares the transport loss of training with plain sums, and its gradient with differences.

use burn::tensor::Tensor;
use impasto::procedural::random::Random;
use impasto::train::FeatureMap;
use impasto::train::device::{cpu, read, tensor};
use impasto::train::losses::transport::TransportTarget;

use crate::adapter;

const CHANNELS: usize = 8;

type Rows = Vec<Vec<f64>>;

/// Features of `positions` positions, `[positions][channels]`.
fn rows(positions: usize, seed: u64) -> Rows {
    let mut random = Random::new(seed);
    let row = |_| (0..CHANNELS).map(|c| f64::from(random.unit()) + c as f64 * 0.1).collect();
    (0..positions).map(row).collect()
}

fn map(rows: &Rows, device: &burn::tensor::Device) -> Tensor<4> {
    let planes = (0..CHANNELS).flat_map(|c| rows.iter().map(move |row| row[c] as f32)).collect();
    tensor(planes, [1, CHANNELS, 1, rows.len()], device)
}

fn means(rows: &Rows) -> Vec<f64> {
    (0..CHANNELS).map(|c| rows.iter().map(|row| row[c]).sum::<f64>() / rows.len() as f64).collect()
}

fn covariances(rows: &Rows) -> Vec<f64> {
    let mean = means(rows);
    let pairs = (0..CHANNELS * CHANNELS).map(|i| (i / CHANNELS, i % CHANNELS));
    let sum = |(a, b): (usize, usize)| rows.iter().map(|row| (row[a] - mean[a]) * (row[b] - mean[b])).sum::<f64>();
    pairs.map(|pair| sum(pair) / rows.len() as f64).collect()
}

fn relative(found: &[f64], aim: &[f64]) -> f64 {
    found.iter().zip(aim).map(|(a, b)| (a - b).abs()).sum::<f64>() / aim.iter().map(|b| b.abs()).sum::<f64>()
}

fn expected(found: &Rows, aim: &Rows) -> f64 {
    let center = means(aim);
    let unit = |row: &Vec<f64>| {
        let off: Vec<f64> = row.iter().zip(&center).map(|(v, m)| v - m).collect();
        let length = off.iter().map(|v| v * v).sum::<f64>().sqrt();
        off.iter().map(|v| v / length).collect::<Vec<f64>>()
    };
    let [found_units, aim_units] = [found, aim].map(|rows| rows.iter().map(unit).collect::<Rows>());
    let far = |a: &Vec<f64>, b: &Vec<f64>| 1.0 - a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let one_way = |from: &Rows, to: &Rows| {
        let least = |a: &Vec<f64>| to.iter().map(|b| far(a, b)).fold(f64::INFINITY, f64::min);
        from.iter().map(least).sum::<f64>() / from.len() as f64
    };
    one_way(&found_units, &aim_units).max(one_way(&aim_units, &found_units))
        + 0.5 * (relative(&means(found), &means(aim)) + relative(&covariances(found), &covariances(aim)))
}

#[test]
fn the_loss_is_that_of_plain_sums_and_has_their_gradient() {
    for (positions, others) in [(12, 30), (30, 12)] {
        let (found, aim) = (rows(positions, 1), rows(others, 2));
        let loss = expected(&found, &aim);
        for device in [&cpu(), adapter()] {
            let target = TransportTarget::new(&[(FeatureMap::planar(map(&aim, device)), 2.0)], 0);
            let x = map(&found, device).autodiff().require_grad();
            let computed = target.loss(&FeatureMap::planar(x.clone()), 0);
            let gradients = computed.backward();
            let value = f64::from(pollster::block_on(read(computed.inner())).unwrap()[0]);
            assert!((value - loss).abs() < 1e-5 * loss, "{value} for {loss}");
            let gradient = pollster::block_on(read(x.grad(&gradients).unwrap())).unwrap();
            for (position, channel) in [(0, 0), (5, 3), (11, 7)] {
                let moved = |by: f64| {
                    let mut rows = found.clone();
                    rows[position][channel] += by;
                    expected(&rows, &aim)
                };
                let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                let found = f64::from(gradient[channel * positions + position]);
                assert!((found - slope).abs() < 1e-4 * slope.abs() + 1e-6, "{found} for {slope}");
            }
        }
    }
}

#[test]
fn many_positions_are_sampled_by_the_seed() {
    let (found, aim) = (rows(3000, 3), rows(2500, 4));
    let device = cpu();
    let (map, other) = (FeatureMap::planar(map(&found, &device)), FeatureMap::planar(map(&aim, &device)));
    let target = TransportTarget::new(&[(other.clone(), 1.0), (other, 0.0)], 0);
    let value = |seed| pollster::block_on(read(target.loss(&map, seed))).unwrap()[0];
    assert_eq!(value(1), value(1));
    assert_ne!(value(1), value(2));
    // The nearest of a sample are farther than the nearest of all.
    let all = expected(&found, &aim) as f32;
    assert!(value(1) > all && value(1) < 2.0 * all, "{} for {all}", value(1));
}
