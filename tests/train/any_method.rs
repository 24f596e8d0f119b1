//! An optimization with either method behind one interface, as the page runs it from JSON.

use impasto::error::Result;
use impasto::image::Image;
use impasto::procedural::Kind;
use impasto::train::device::cpu;
use impasto::train::{AnyOptimization, OptimizeConfig, StyleTarget};
use impasto::weights::Archive;

/// Two sizes of one step, or one size with one step of feature splitting.
const GRAM: &str = r#"{ "size": 32, "smallest": 23, "steps": 1 }"#;
const NEIGHBOURS: &str = r#"{ "method": "neighbours", "size": 32, "steps": 1, "strength": 1 }"#;

fn picture(name: &str) -> Image {
    Kind::named(name).unwrap().paint(32, 1).unwrap()
}

fn begin(settings: &str, start: Option<Image>, checkpoint: Option<&[u8]>) -> Result<AnyOptimization> {
    let vgg = Archive::parse(include_bytes!("../../weights/vgg16-to-relu4_3.safetensors"))?;
    let settings = OptimizeConfig::parse(settings)?.settings()?;
    let paintings = vec![StyleTarget::new(picture("waves"), 1.0)];
    pollster::block_on(AnyOptimization::new(&vgg, settings, picture("glass"), paintings, start, checkpoint, &cpu()))
}

/// Runs one step; returns its number, that of all, and its stage.
fn step(run: &mut AnyOptimization) -> Option<(usize, usize, usize)> {
    let report = pollster::block_on(run.step()).unwrap();
    report.map(|(progress, stage)| (progress.step, progress.steps, stage))
}

fn checkpoint(run: &AnyOptimization) -> Option<Vec<u8>> {
    pollster::block_on(run.checkpoint()).unwrap()
}

#[test]
fn both_methods_report_stages_resume_and_refuse_checkpoints_of_the_other() {
    for (settings, other) in [(GRAM, NEIGHBOURS), (NEIGHBOURS, GRAM)] {
        let mut run = begin(settings, None, None).unwrap();
        assert_eq!(step(&mut run), Some((1, 2, 0)));
        let bytes = checkpoint(&run).unwrap();
        assert_eq!(step(&mut run), Some((2, 2, 1)));
        assert_eq!((step(&mut run), checkpoint(&run)), (None, None));
        let whole = pollster::block_on(run.picture()).unwrap();

        let mut resumed = begin(settings, None, Some(&bytes)).unwrap();
        assert_eq!((step(&mut resumed), step(&mut resumed)), (Some((2, 2, 1)), None));
        assert_eq!(pollster::block_on(resumed.picture()).unwrap(), whole);

        let refused = begin(other, None, Some(&bytes)).err().unwrap().to_string();
        assert!(refused.contains("is not of the kind") && refused.contains("start without one"), "{refused}");
    }
}

#[test]
fn neighbour_matching_takes_no_other_initial_picture() {
    assert!(begin(GRAM, Some(picture("waves")), None).is_ok());
    let refused = begin(NEIGHBOURS, Some(picture("waves")), None).err().unwrap().to_string();
    assert!(refused.contains("starts from the photo"), "{refused}");
}
