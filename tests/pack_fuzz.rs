//! Damaged and hostile style packs: a sentence or a sound pack, never a panic.

use impasto::error::Error;
use impasto::style::{Pack, Parameters};
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
    };
    pack.write().unwrap()
}

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

    #[test]
    fn random_bytes_are_no_packs(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(matches!(Pack::read(&bytes), Err(Error::Pack(_))));
    }
}
