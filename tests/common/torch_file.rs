//! Creates weight files as PyTorch writes them, byte by byte.

use std::collections::BTreeMap;

/// Name, shape, and numbers in row-major order.
pub type NamedTensor = (String, Vec<usize>, Vec<f32>);

/// A pickle of a state dict, with the persistent ids of `legacy` files or those of zip archives, and its storages in order.
fn state_dict(tensors: &[NamedTensor], legacy: bool) -> (Vec<u8>, Vec<Vec<f32>>) {
    let text = |text: &str| [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let int = |value: usize| [&b"J"[..], &(value as i32).to_le_bytes()].concat();
    let tuple = |values: &[usize]| [vec![b'('], values.iter().flat_map(|v| int(*v)).collect(), vec![b't']].concat();
    let mut storages = Vec::new();
    let mut out = b"\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01(".to_vec();
    for (name, shape, values) in tensors {
        let strides: Vec<usize> = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect();
        out.extend(text(name));
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        out.extend(text("storage"));
        out.extend(b"ctorch\nFloatStorage\n");
        out.extend(text(&storages.len().to_string()));
        out.extend(text("cpu"));
        out.extend(int(values.len()));
        out.extend(if legacy { &b"NtQK\x00"[..] } else { b"tQK\x00" });
        out.extend([tuple(shape), tuple(&strides)].concat());
        out.extend(b"\x89h\x00)RtR");
        storages.push(values.clone());
    }
    out.extend(b"u}");
    out.extend(text("_metadata"));
    out.extend(b"h\x00)Rsb.");
    (out, storages)
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// A zip archive that compresses nothing, as `torch.save` makes it.
pub fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let sizes = [0, data.len() as u32, data.len() as u32].map(u32::to_le_bytes).concat();
        let name_length = (name.len() as u16).to_le_bytes();
        let start = (out.len() as u32).to_le_bytes();
        // Eight bytes of padding, as PyTorch's alignment has it.
        out.extend([&b"PK\x03\x04"[..], &[0; 10], &sizes, &name_length, &[8, 0], name.as_bytes(), &[0; 8]].concat());
        out.extend(data);
        directory
            .extend([&b"PK\x01\x02"[..], &[0; 12], &sizes, &name_length, &[0; 12], &start, name.as_bytes()].concat());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let place = [(directory.len() as u32).to_le_bytes(), (out.len() as u32).to_le_bytes()].concat();
    out.extend(directory);
    out.extend([&b"PK\x05\x06"[..], &[0; 4], &count, &count, &place, &[0; 2]].concat());
    out
}

/// A file of today.
pub fn zipped(tensors: &[NamedTensor]) -> Vec<u8> {
    let (pickle, storages) = state_dict(tensors, false);
    let mut entries = vec![("net/data.pkl".to_string(), pickle), ("net/byteorder".to_string(), b"little".to_vec())];
    entries.extend(storages.iter().enumerate().map(|(i, values)| (format!("net/data/{i}"), bytes(values))));
    zip(&entries)
}

/// A file from before PyTorch 1.6.
pub fn legacy(tensors: &[NamedTensor]) -> Vec<u8> {
    let (pickle, storages) = state_dict(tensors, true);
    let mut out =
        b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00.".to_vec();
    out.extend(pickle);
    // Storages come in the order of their keys' texts.
    let sorted: BTreeMap<String, &Vec<f32>> = storages.iter().enumerate().map(|(i, s)| (i.to_string(), s)).collect();
    out.extend(b"\x80\x02](");
    for key in sorted.keys() {
        out.extend([&b"X"[..], &(key.len() as u32).to_le_bytes(), key.as_bytes()].concat());
    }
    out.extend(b"e.");
    for values in sorted.values() {
        out.extend((values.len() as u64).to_le_bytes());
        out.extend(bytes(values));
    }
    out
}
