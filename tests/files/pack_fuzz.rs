//! Damaged and malicious style packs: reading them gives an error message or a valid pack, and never panics.

use std::sync::LazyLock;

use impasto::error::Error;
use impasto::net::custom::{self, Architecture};
use impasto::net::models::johnson::Johnson;
use impasto::style::{Pack, Parameters, StyleSpace};
use impasto::weights::{Archive, ArchiveBuilder};
use proptest::prelude::*;

fn valid(trained: bool) -> Vec<u8> {
    let parameters = if trained {
        Parameters::Norms { scales: vec![1.0; 24], shifts: vec![0.5; 24] }
    } else {
        Parameters::Vector((0..100).map(|i| i as f32 * 0.01).collect())
    };
    let pack = Pack {
        name: "A name".into(),
        network: "arbitrary".into(),
        network_sha256: "00ff".into(),
        source: "somewhere".into(),
        licence: "CC0".into(),
        parameters,
        thumbnail: b"\x89PNG\r\n\x1a\n and so on".to_vec(),
        archive: vec![],
    };
    pack.write().unwrap()
}

/// A pack that contains the smallest possible network.
static BRINGING: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let architecture = Architecture::Johnson(Johnson { contract: [1; 3], blocks: 1, expand: [1; 2], sigmoid: false });
    let mut builder = ArchiveBuilder::new();
    for c in architecture.network("").convolutions() {
        let shape = [c.outputs, c.inputs, c.kernel, c.kernel];
        builder.quantized(&c.weight, &shape, &vec![0.5; shape.iter().product()]);
    }
    builder.float(impasto::net::models::johnson::BIAS, &[3], &[0.5; 3]);
    let archive = custom::seal(&architecture, &mut builder).unwrap();
    let parsed = Archive::parse(&archive).unwrap();
    let net = custom::network(&parsed).unwrap();
    let space = StyleSpace::read(&parsed, net.tensors(), &net.norms).unwrap();
    let parameters = Parameters::Norms { scales: vec![1.0; net.norms.len()], shifts: vec![0.0; net.norms.len()] };
    Pack { archive, ..space.pack("Brought", parameters) }.write().unwrap()
});

/// One change of a file: a byte overwritten, some cut out, or some put in.
#[derive(Debug, Clone)]
enum Damage {
    Overwrite(usize, u8),
    Cut(usize, usize),
    Insert(usize, Vec<u8>),
}

impl Damage {
    fn apply(self, bytes: &mut Vec<u8>) {
        let at = |place: usize| place % (bytes.len() + 1);
        match self {
            Self::Overwrite(place, value) => {
                let place = at(place);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = value;
                }
            }
            Self::Cut(place, length) => {
                let place = at(place);
                bytes.drain(place..(place + length).min(bytes.len()));
            }
            Self::Insert(place, new) => {
                let place = at(place);
                bytes.splice(place..place, new);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = 0usize..4096;
    prop_oneof![
        (place.clone(), any::<u8>()).prop_map(|(place, value)| Damage::Overwrite(place, value)),
        (place.clone(), 1usize..40).prop_map(|(place, length)| Damage::Cut(place, length)),
        (place, proptest::collection::vec(any::<u8>(), 1..20)).prop_map(|(place, new)| Damage::Insert(place, new)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damaged_packs_are_refused_or_sound(
        trained in any::<bool>(),
        damages in proptest::collection::vec(damage(), 0..4),
    ) {
        let mut bytes = valid(trained);
        let untouched = damages.is_empty();
        damages.into_iter().for_each(|damage| damage.apply(&mut bytes));
        match Pack::read(&bytes) {
            Ok(pack) => prop_assert_eq!(Pack::read(&pack.write().unwrap()).unwrap(), pack),
            Err(Error::Pack(problem)) => prop_assert!(!untouched && !problem.is_empty()),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    /// The same for packs that contain a network: every change of the network is detected.
    #[test]
    fn damaged_networks_in_packs_are_refused(damages in proptest::collection::vec(damage(), 0..3)) {
        let mut bytes = BRINGING.clone();
        let untouched = damages.is_empty();
        damages.into_iter().for_each(|damage| damage.apply(&mut bytes));
        match Pack::read(&bytes) {
            Ok(pack) => {
                prop_assert_eq!(&Pack::read(&pack.write().unwrap()).unwrap(), &pack);
                let Some(archive) = pack.network_archive().unwrap() else { return Ok(()) };
                match custom::network(&archive) {
                    Ok(net) => prop_assert_eq!(Some(net.name.as_str()), archive.metadata("network")),
                    Err(Error::Pack(problem)) => prop_assert!(!untouched && !problem.is_empty()),
                    Err(other) => prop_assert!(false, "{}", other),
                }
            }
            Err(Error::Pack(problem)) => prop_assert!(!untouched && !problem.is_empty()),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    /// Damaged archives of networks: an error message, never a panic.
    #[test]
    fn damaged_archives_of_networks_are_refused(damages in proptest::collection::vec(damage(), 1..3)) {
        let mut bytes = Pack::read(&BRINGING).unwrap().archive;
        damages.into_iter().for_each(|damage| damage.apply(&mut bytes));
        if let Ok(archive) = Archive::parse(&bytes) {
            match custom::network(&archive) {
                Ok(_) | Err(Error::Pack(_)) => {}
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn random_bytes_are_no_packs(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(matches!(Pack::read(&bytes), Err(Error::Pack(_))));
    }
}
