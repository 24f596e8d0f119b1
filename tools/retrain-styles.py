#!/usr/bin/env python3
"""Trains the scales and shifts of the 26 built-in styles anew, so that they leave no grid in flat parts of a photo.

    pip install -r tools/retrain-styles.txt
    tools/retrain-styles.py OUT.safetensors --model multistyle26.onnx --photos PHOTO ... [--styles N ...] [--steps N] [--crops N]

The network enlarges its features twice by two, so what it adds to a flat part of a photo repeats a grid of 4 pixels. The mean of its
outputs for the 16 positions of the photo on that grid has no such grid, and its strokes stay. For each style, scales and shifts are
optimized so that one output resembles that mean (distillation; Hinton, Vinyals, Dean 2015). Losses: squared differences of pixels and of
4x4 means; differences of the standard deviations in squares of 8, 32 and 256 pixels, which keep the contrast; and the grid, measured as
`impasto judge` does. The convolutions stay, so style packs fit as before.

`multistyle26.onnx` has the published styles; `./build.sh weights` fetches it. OUT has the scales (`PREFIX.norm.gamma`) and shifts
(`PREFIX.norm.beta`) of all styles; `impasto weights build` takes them from weights/transfer26-styles.safetensors. OUT.part keeps the
styles that are done, so an interrupted run continues. weights/SOURCES.md says which photos were used. About 2 minutes a style on two
cores.
"""

import argparse
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnx.numpy_helper
import optax
from PIL import Image
from safetensors.numpy import load_file, save_file

SHIPPED = os.path.join(os.path.dirname(__file__), "..", "weights", "transfer26.safetensors")
STYLES = 26
# Red Weave consists of a grid, whose edges the mean would blur.
UNCHANGED = 17
# The side of the crops in pixels, and the longer sides of the photos that they are taken from.
CROP = 256
PHOTO_SIZES = (300, 384, 512)
# The period of the grid in pixels.
PERIOD = 4
# What a photo is continued by on each side before it is moved; the border of the network's output is not used.
MARGIN = 8
RATE = 0.02
# Weights of the losses beside that of the pixels.
MEANS, CONTRAST, GRID = 2.0, 4.0, 10.0
LUMA = (0.2126, 0.7152, 0.0722)


def dequantized(archive, name):
    """Returns the weights of a convolution as [height, width, input, output]."""
    weights = archive[f"{name}.w"].astype(np.float32) * archive[f"{name}.w.scale"][:, None, None, None]
    return jnp.asarray(weights.transpose(2, 3, 1, 0))


def network(weights, style, x):
    """Returns the output of the network of 26 styles for pictures [n, height, width, 3] in 0..1."""

    def block(x, name, stride=1, relu=True):
        kernel = weights[name]
        pad = kernel.shape[0] // 2
        x = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="reflect")
        x = jax.lax.conv_general_dilated(x, kernel, (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        mean = x.mean((1, 2), keepdims=True)
        variance = ((x - mean) ** 2).mean((1, 2), keepdims=True)
        x = (x - mean) / jnp.sqrt(variance + 1e-5) * style[f"{name}.norm.gamma"] + style[f"{name}.norm.beta"]
        return jax.nn.relu(x) if relu else x

    def enlarged(x):
        return jnp.repeat(jnp.repeat(x, 2, 1), 2, 2)

    x = block(block(block(x, "contract.0"), "contract.1", 2), "contract.2", 2)
    for i in range(6):
        x = x + block(block(x, f"res.{i}.0"), f"res.{i}.1", relu=False)
    return jax.nn.sigmoid(block(block(enlarged(block(enlarged(x), "expand.0")), "expand.1"), "expand.2", relu=False))


def noise(x, y, seed):
    """Returns the value noise of src/image/brushwork.rs."""
    factors = [np.uint32(v) for v in (0x9E3779B1, 0x85EBCA77, 0x2C1B3C6D, 0x297A2D39)]

    def crossing(x, y):
        h = (x.astype(np.uint32) * factors[0]) ^ (y.astype(np.uint32) * factors[1]) ^ np.uint32(seed * 0xC2B2AE3D & 0xFFFFFFFF)
        h = (h ^ (h >> np.uint32(15))) * factors[2]
        h = (h ^ (h >> np.uint32(12))) * factors[3]
        return ((h ^ (h >> np.uint32(15))) >> np.uint32(8)).astype(np.float64) / 16777216 - 0.5

    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    smooth = [t * t * (3 - 2 * t) for t in (x - left, y - top)]

    def row(y):
        return crossing(left, y) + (crossing(left + 1, y) - crossing(left, y)) * smooth[0]

    return row(top) + (row(top + 1) - row(top)) * smooth[1]


def brushed(crop, strength, corner):
    """Returns the crop with brushwork, as in a picture of 310 pixels or less, whose upper left corner is `corner`."""
    grain, flow = 2.0, 50.0
    y, x = np.mgrid[0:CROP, 0:CROP].astype(np.float64)
    x, y = x + corner[0], y + corner[1]
    angle = noise(x / flow, y / flow, 1) * 2 * np.pi
    along = [0.6 * (i - 3.5) for i in range(8)]
    streaks = sum(noise(x / grain + np.cos(angle) * a, y / grain + np.sin(angle) * a, 2) for a in along)
    return np.clip(crop + strength * 0.06 * streaks[..., None], 0, 1).astype(np.float32)


def crops(paths, count, random):
    """Returns `count` crops of the photos, three of four with brushwork at the default strength."""
    result = []
    for i in range(count):
        photo = Image.open(paths[i % len(paths)]).convert("RGB")
        scale = PHOTO_SIZES[i % len(PHOTO_SIZES)] / max(photo.size)
        photo = photo.resize([max(CROP, round(side * scale)) for side in photo.size], Image.LANCZOS)
        pixels = np.asarray(photo, np.float32) / 255
        y, x = (int(random.integers(side - CROP + 1)) for side in pixels.shape[:2])
        crop = pixels[y : y + CROP, x : x + CROP]
        crop = crop[:, ::-1] if random.random() < 0.5 else crop
        result.append(brushed(crop, 0.5 if i % 4 else 0.0, random.integers(5000, size=2)))
    return result


def mean_of_positions(run, style, crop):
    """Returns the mean of the outputs for the 16 positions of the crop on the grid."""
    padded = np.pad(crop, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="reflect")
    side = CROP + 2 * MARGIN - PERIOD
    total = np.zeros_like(crop)
    for dy in range(PERIOD):
        for dx in range(PERIOD):
            output = np.asarray(run(style, padded[None, dy : dy + side, dx : dx + side]))[0]
            total += output[MARGIN - dy : MARGIN - dy + CROP, MARGIN - dx : MARGIN - dx + CROP]
    return total / PERIOD**2


def means(x, side):
    """Returns the means of squares of `side` pixels that begin at each pixel."""
    window = (1, side, side, 1)
    return jax.lax.reduce_window(x, 0.0, jax.lax.add, window, window, "VALID") / side**2


def deviation(x, side):
    """Returns the standard deviations in squares of `side` pixels."""
    return jnp.sqrt(jnp.maximum(means(x * x, side) - means(x, side) ** 2, 0) + 1e-4)


def grid(output):
    """Returns the mean square of what the positions of the grid deviate from their average in differences of neighbours."""
    luma = (output * jnp.asarray(LUMA)).sum(-1)
    scale = 2 * jax.lax.stop_gradient(luma.var()) + 1e-4
    total = 0.0
    for difference in (luma[:, :, 1:] - luma[:, :, :-1], luma[:, 1:, :] - luma[:, :-1, :]):
        cells = CROP // PERIOD - 1
        squares = (difference**2)[:, : cells * PERIOD, : cells * PERIOD]
        positions = squares.reshape(-1, cells, PERIOD, cells, PERIOD).mean((0, 1, 3)) / scale
        total += ((positions - positions.mean()) ** 2).mean()
    return total


def retrained(weights, style, pairs, steps, random):
    """Returns scales and shifts whose outputs resemble the targets of `pairs`, and the mean losses of the first and last 25 steps."""

    def loss(style, crop, target):
        output = network(weights, style, crop)
        difference = output - target
        contrast = sum(((deviation(output, side) - deviation(target, side)) ** 2).mean() for side in (8, 32, CROP))
        return (difference**2).mean() + MEANS * (means(difference, 4) ** 2).mean() + CONTRAST * contrast + GRID * grid(output)

    optimizer = optax.adam(optax.cosine_decay_schedule(RATE, steps))

    @jax.jit
    def step(style, state, crop, target):
        value, gradient = jax.value_and_grad(loss)(style, crop, target)
        updates, state = optimizer.update(gradient, state)
        return optax.apply_updates(style, updates), state, value

    state, losses = optimizer.init(style), []
    for _ in range(steps):
        crop, target = pairs[random.integers(len(pairs))]
        style, state, value = step(style, state, crop[None], target[None])
        losses.append(float(value))
    return style, np.mean(losses[:25]), np.mean(losses[-25:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--model", required=True)
    parser.add_argument("--photos", nargs="+", required=True)
    parser.add_argument("--styles", nargs="+", type=int, default=[i for i in range(STYLES) if i != UNCHANGED])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--crops", type=int, default=20)
    arguments = parser.parse_args()
    archive = load_file(SHIPPED)
    weights = {name[:-2]: dequantized(archive, name[:-2]) for name in archive if name.endswith(".w")}
    initializers = onnx.load(arguments.model).graph.initializer
    published = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in initializers if ".norm." in tensor.name}
    part = arguments.out + ".part"
    result = load_file(part) if os.path.exists(part) else dict(published, done=np.zeros(STYLES, np.uint8))
    run = jax.jit(lambda style, x: network(weights, style, x))
    for number in arguments.styles:
        if result["done"][number]:
            continue
        begin, random = time.time(), np.random.default_rng(number)
        style = {name: jnp.asarray(values[number]) for name, values in published.items()}
        pairs = [(crop, mean_of_positions(run, style, crop)) for crop in crops(arguments.photos, arguments.crops, random)]
        style, first, last = retrained(weights, style, pairs, arguments.steps, random)
        result = {name: values.copy() for name, values in result.items()}
        for name, values in style.items():
            result[name][number] = np.asarray(values)
        result["done"][number] = 1
        save_file(result, part + ".new")
        os.replace(part + ".new", part)
        print(f"style {number}: loss {first:.4f}, at the end {last:.4f}; {time.time() - begin:.0f} s", flush=True)
    save_file({name: result[name] for name in sorted(published)}, arguments.out)


if __name__ == "__main__":
    sys.exit(main())
