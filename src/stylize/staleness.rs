//! What a session must compute again.

/// Whether the output of a session shows its inputs.
pub struct Staleness {
    /// Whether picture, style or frame have changed since the output was computed.
    stale: bool,
    /// Whether the output shows the same scene in the same style as the next one will.
    settled: bool,
}

impl Staleness {
    /// Returns the state of a session without an output.
    pub fn new() -> Self {
        Self { stale: true, settled: false }
    }

    /// The next output shows another picture of the same scene.
    pub fn picture_changed(&mut self) {
        self.stale = true;
    }

    /// The next output has nothing to do with the previous one: style, mirroring or brushwork have changed.
    pub fn scene_changed(&mut self) {
        *self = Self::new();
    }

    /// Returns whether there is something to compute.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Returns whether the previous output shows the same scene in the same style.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The output has been computed.
    pub fn computed(&mut self) {
        *self = Self { stale: false, settled: true };
    }
}
