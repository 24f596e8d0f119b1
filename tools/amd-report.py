#!/usr/bin/env python3
"""Writes docs/amd.md: what AMD's compiler makes of every kernel, without a card.

    tools/amd-report.py [--impasto BINARY] [--shaders FOLDER]

Mesa's RADV driver compiles for a real chip with a null device (RADV_FORCE_FAMILY), and tells registers, spills, waves and the
machine code through VK_KHR_pipeline_executable_properties. The SPIR-V comes from `impasto shaders`, with the options that wgpu
uses. Needs Debian's `mesa-vulkan-drivers` and `libvulkan1`.
"""

import argparse
import ctypes as C
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The chips: what the table calls them, and the name that the driver knows.
CHIPS = {"RDNA2": "navi21", "RDNA3": "gfx1100", "Vega": "vega10"}
DRIVERS = [f"/usr/share/vulkan/icd.d/radeon_icd{arch}.json" for arch in (".x86_64", ".aarch64", "")]
# What a tiled kernel should have, on the chip that is judged: the share of multiply-adds, and waves.
SHARE, WAVES, JUDGED = 0.75, 8, "RDNA2"
MULTIPLY_ADD = re.compile(r"\bv_(pk_)?(fma|fmac|fmaak|fmamk|mac|mad|dot2)\w*_f(16|32)")

U, P, S = C.c_uint32, C.c_void_p, C.c_size_t


def record(*fields, chained=True):
    """A Vulkan structure; chained ones begin with their type and a pointer."""
    head = [("sType", U), ("pNext", P)] if chained else []
    return type("Record", (C.Structure,), {"_fields_": head + list(fields)})


Application = record(("name", C.c_char_p), ("version", U), ("engine", C.c_char_p), ("engine_version", U), ("api", U))
Instance = record(("flags", U), ("application", P), ("layers", U), ("layer_names", P), ("extensions", U), ("extension_names", P))
Queue = record(("flags", U), ("family", U), ("count", U), ("priorities", P))
Reporting = record(("enabled", U))
Device = record(("flags", U), ("queues", U), ("queue_infos", P), ("layers", U), ("layer_names", P), ("extensions", U),
                ("extension_names", P), ("features", P))
Module = record(("flags", U), ("size", S), ("code", P))
Binding = record(("binding", U), ("kind", U), ("count", U), ("stages", U), ("samplers", P), chained=False)
SetLayout = record(("flags", U), ("count", U), ("bindings", P))
Layout = record(("flags", U), ("sets", U), ("set_layouts", P), ("ranges", U), ("push_ranges", P))
Stage = record(("flags", U), ("stage", U), ("module", P), ("entry", C.c_char_p), ("specialization", P))
Pipeline = record(("flags", U), ("stage", Stage), ("layout", P), ("base", P), ("base_index", C.c_int32))
Executable = record(("pipeline", P), ("index", U))
Statistic = record(("name", C.c_char * 256), ("about", C.c_char * 256), ("format", U), ("value", C.c_uint64))
Text = record(("name", C.c_char * 256), ("about", C.c_char * 256), ("is_text", U), ("size", S), ("data", P))

# Types of structures, flags and kinds of descriptors, as the Vulkan specification numbers them.
REPORTING, EXECUTABLE, STATISTIC, TEXT = 1000269000, 1000269003, 1000269004, 1000269005
CAPTURE, COMPUTE = 0x40 | 0x80, 0x20
UNIFORM_CLASS, STORAGE_CLASS = 2, 12
SAMPLED_IMAGE, STORAGE_IMAGE, UNIFORM_BUFFER, STORAGE_BUFFER = 2, 3, 6, 7


def resources(code):
    """Binding and kind of every resource of descriptor set 0, and the entry point of a compute shader, from SPIR-V."""
    words = memoryview(code).cast("I")
    numbers, variables, pointers, images, entry = {}, {}, {}, {}, None
    at = 5
    while at < len(words):
        operation, length = words[at] & 0xFFFF, words[at] >> 16
        word = words[at : at + length]
        if operation == 71 and word[2] == 33:  # a decoration: the binding
            numbers[word[1]] = word[3]
        elif operation == 25:  # a type of images: whether they are sampled
            images[word[1]] = word[7]
        elif operation == 32:
            pointers[word[1]] = (word[2], word[3])
        elif operation == 59:
            variables[word[2]] = word[1]
        elif operation == 15 and word[1] == 5:  # an entry point of a compute shader
            entry = bytes(word[3:]).split(b"\0")[0]
        at += max(length, 1)

    def kind(variable):
        storage, target = pointers[variables[variable]]
        buffers = {STORAGE_CLASS: STORAGE_BUFFER, UNIFORM_CLASS: UNIFORM_BUFFER}
        return buffers.get(storage) or (STORAGE_IMAGE if images.get(target) == 2 else SAMPLED_IMAGE)

    return [(number, kind(variable)) for variable, number in numbers.items()], entry


class Compiler:
    """The driver, with a null device for the chip in RADV_FORCE_FAMILY."""

    def __init__(self):
        self.vulkan = C.CDLL("libvulkan.so.1")
        application = Application(0, None, b"impasto", 0, b"impasto", 0, (1 << 22) | (3 << 12))
        instance, self.adapter, self.device = P(), P(), P()
        self.call("vkCreateInstance", C.byref(Instance(1, None, 0, C.addressof(application), 0, None, 0, None)), None, C.byref(instance))
        count = U(1)
        self.vulkan.vkEnumeratePhysicalDevices(instance, C.byref(count), C.byref(self.adapter))
        if not count.value:
            sys.exit("RADV offers no device: is mesa-vulkan-drivers installed, and does it know this chip?")
        priority, reporting = C.c_float(1), Reporting(REPORTING, None, 1)
        names = (C.c_char_p * 1)(b"VK_KHR_pipeline_executable_properties")
        queue = Queue(2, None, 0, 0, 1, C.addressof(priority))
        info = Device(3, C.addressof(reporting), 0, 1, C.addressof(queue), 0, None, 1, C.addressof(names), None)
        self.call("vkCreateDevice", self.adapter, C.byref(info), None, C.byref(self.device))
        find = self.vulkan.vkGetDeviceProcAddr
        find.restype, find.argtypes = P, [P, C.c_char_p]
        kind = C.CFUNCTYPE(C.c_int, P, P, P, P)
        self.statistics, self.texts = (
            kind(find(self.device, name))
            for name in (b"vkGetPipelineExecutableStatisticsKHR", b"vkGetPipelineExecutableInternalRepresentationsKHR")
        )

    def call(self, name, *arguments):
        result = getattr(self.vulkan, name)(*arguments)
        if result:
            sys.exit(f"{name} failed with VkResult {result}")

    def name(self):
        properties = C.create_string_buffer(4096)
        self.vulkan.vkGetPhysicalDeviceProperties(self.adapter, properties)
        return properties.raw[20:276].split(b"\0")[0].decode()

    def compile(self, code):
        """Statistics and machine code of a compute shader; None if it has none."""
        found, entry = resources(code)
        if entry is None:
            return None
        module, set_layout, layout, pipeline = P(), P(), P(), P()
        held = C.create_string_buffer(code, len(code))
        self.call("vkCreateShaderModule", self.device, C.byref(Module(16, None, 0, len(code), C.addressof(held))), None, C.byref(module))
        bindings = (Binding * max(len(found), 1))(*[Binding(number, kind, 1, COMPUTE, None) for number, kind in found])
        info = SetLayout(32, None, 0, len(found), C.addressof(bindings))
        self.call("vkCreateDescriptorSetLayout", self.device, C.byref(info), None, C.byref(set_layout))
        info = Layout(30, None, 0, 1, C.addressof(set_layout), 0, None)
        self.call("vkCreatePipelineLayout", self.device, C.byref(info), None, C.byref(layout))
        stage = Stage(18, None, 0, COMPUTE, module, entry, None)
        info = Pipeline(29, None, CAPTURE, stage, layout, None, -1)
        self.vulkan.vkCreateComputePipelines.argtypes = [P, P, U, P, P, P]
        self.call("vkCreateComputePipelines", self.device, None, 1, C.byref(info), None, C.byref(pipeline))
        which = Executable(EXECUTABLE, None, pipeline, 0)

        def rows(read, row, kind):
            count = U(0)
            read(self.device, C.addressof(which), C.addressof(count), None)
            found = (row * count.value)(*[row(kind) for _ in range(count.value)])
            read(self.device, C.addressof(which), C.addressof(count), C.addressof(found))
            return found, lambda: read(self.device, C.addressof(which), C.addressof(count), C.addressof(found))

        numbers = {row.name.decode(): row.value for row in rows(self.statistics, Statistic, STATISTIC)[0]}
        texts, again = rows(self.texts, Text, TEXT)
        buffers = [C.create_string_buffer(text.size) for text in texts]
        for text, buffer in zip(texts, buffers):
            text.data = C.addressof(buffer)
        again()
        code = next((b.value.decode() for t, b in zip(texts, buffers) if t.name == b"Assembly"), "")
        return numbers, code


def hot_block(assembly):
    """Instructions and multiply-adds of the basic block with the most multiply-adds."""
    blocks = [[0, 0]]
    for line in assembly.splitlines():
        if re.match(r"\s*BB\d+:", line):
            blocks.append([0, 0])
        elif re.match(r"\s*[a-z]+_\w+", line):
            blocks[-1][0] += 1
            blocks[-1][1] += bool(MULTIPLY_ADD.search(line))
    return max(blocks, key=lambda block: block[1])


def compile_all(folder):
    """Compiles all shaders of `folder` for the chip of this process, and prints one line of JSON."""
    compiler = Compiler()
    found = {}
    for path in sorted(Path(folder).glob("*.spv")):
        compiled = compiler.compile(path.read_bytes())
        if compiled:
            numbers, assembly = compiled
            found[path.stem] = {
                "registers": numbers["VGPRs"],
                "spills": numbers["Spilled VGPRs"] + numbers["Spilled SGPRs"],
                "memory": numbers["LDS size"],
                "waves": numbers["Subgroups per SIMD"],
                "hot": hot_block(assembly),
            }
    json.dump({"device": compiler.name(), "kernels": found}, sys.stdout)


def driver_version():
    command = ["dpkg-query", "-W", "-f", "${Version}", "mesa-vulkan-drivers"]
    return subprocess.run(command, capture_output=True, text=True).stdout or "of an unknown version"


def cell(kernel):
    instructions, multiply_adds = kernel["hot"]
    share = f"{100 * multiply_adds / instructions:.0f} %" if multiply_adds > 8 else ""
    spills = f", {kernel['spills']} spilled" if kernel["spills"] else ""
    return f"{kernel['registers']}{spills} | {kernel['waves']} | {share}"


def report(chips):
    """The document."""
    first = next(iter(chips.values()))["kernels"]
    lines = [
        "# Kernels on AMD's chips",
        "",
        "Written by `tools/amd-report.py`: every compute kernel as Mesa's driver RADV compiles it, without a card, from the SPIR-V of",
        f"`impasto shaders`. Mesa {driver_version()}.",
        "",
        "For each chip: vector registers of a thread; waves that a SIMD holds at once, as the driver counts them; and, where a kernel has",
        "many multiply-adds, their share of the instructions of its hottest block. A packed multiply-add of two 16-bit numbers counts as",
        "one. The direct kernels are for adapters that are programs on the processor; cards do not run them.",
        "",
        summary(chips[JUDGED]),
        "",
        "| kernel | bytes of workgroup memory | " + " | ".join(f"{chip}: registers | waves | multiply-adds" for chip in chips) + " |",
        "|---|--:|" + "--:|" * (3 * len(chips)),
    ]
    for name, kernel in first.items():
        cells = [cell(chip["kernels"][name]) for chip in chips.values()]
        lines.append(f"| `{name}` | {kernel['memory']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def summary(chip):
    """How many of the tiled kernels, the ones for hardware, are as they should be."""
    tiled = [kernel for name, kernel in chip["kernels"].items() if name.startswith("conv_tiled")]
    spilling = sum(kernel["spills"] > 0 for kernel in tiled)
    waves = sum(kernel["waves"] >= WAVES for kernel in tiled)
    share = sum(kernel["hot"][1] >= SHARE * kernel["hot"][0] for kernel in tiled)
    return (
        f"Of the {len(tiled)} tiled kernels, the ones for hardware, {spilling or 'none'} spill registers on {JUDGED}, {waves} have at "
        f"least {WAVES} waves, and {share} have\nat least {100 * SHARE:.0f} % multiply-adds in their hottest block."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--impasto", help="the command-line tool; by default cargo builds it")
    parser.add_argument("--shaders", help="a folder that `impasto shaders` has written")
    parser.add_argument("--compile", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.compile:
        compile_all(arguments.compile)
        return
    driver = next((path for path in DRIVERS if os.path.exists(path)), None)
    if driver is None:
        sys.exit("RADV is not installed: install the package mesa-vulkan-drivers.")
    with tempfile.TemporaryDirectory() as folder:
        shaders = arguments.shaders or folder
        if not arguments.shaders:
            tool = [arguments.impasto] if arguments.impasto else ["cargo", "run", "-q", "--release", "--manifest-path", str(ROOT / "Cargo.toml"), "--"]
            subprocess.run([*tool, "shaders", folder], check=True, stdout=subprocess.DEVNULL)
        chips = {}
        for chip, family in CHIPS.items():
            environment = {**os.environ, "RADV_FORCE_FAMILY": family, "VK_ICD_FILENAMES": driver, "VK_DRIVER_FILES": driver}
            command = [sys.executable, __file__, "--compile", shaders]
            run = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
            if run.returncode:
                sys.exit(f"the kernels could not be compiled for {chip}")
            chips[chip] = json.loads(run.stdout)
    (ROOT / "docs/amd.md").write_text(report(chips))


if __name__ == "__main__":
    main()
