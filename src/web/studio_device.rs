//! The device of long jobs: a graphics adapter in `studio.wasm`, the processor in `studio-cpu.wasm`.

use burn::tensor::Device;
use wasm_bindgen::JsValue;

use crate::error::Result;
use crate::settings::Limits;

/// Name and properties of a device.
pub struct Description {
    /// The name of the adapter or of the processor.
    pub adapter: String,
    /// The graphics interface or the instruction set.
    pub backend: String,
    /// Whether a program takes the place of a graphics adapter.
    pub software: bool,
}

#[cfg(feature = "gpu")]
mod kind {
    use js_sys::Reflect;

    use super::{Description, Device, JsValue, Limits, Result};
    use crate::settings::ASSUMED_MEMORY;
    use crate::train::device::Graphics;

    /// The fastest graphics adapter.
    pub struct JobDevice(Graphics);

    impl JobDevice {
        /// Opens the adapter.
        ///
        /// # Errors
        /// As [`Graphics::open`].
        pub async fn open() -> Result<Self> {
            Graphics::open().await.map(Self)
        }

        pub fn device(&self) -> &Device {
            &self.0.device
        }

        pub fn limits(&self) -> Limits {
            self.0.limits(ASSUMED_MEMORY)
        }

        pub fn describe(&self) -> Description {
            let info = self.0.info();
            let software = self.0.software();
            Description { adapter: info.name, backend: info.backend.to_string(), software }
        }

        /// Returns the browser's promise of the loss of the device.
        pub fn lost(&self) -> JsValue {
            let lost = self.0.browser_device().and_then(|device| Reflect::get(&device, &"lost".into()).ok());
            lost.unwrap_or(JsValue::UNDEFINED)
        }
    }
}

#[cfg(not(feature = "gpu"))]
mod kind {
    use js_sys::Promise;

    use super::{Description, Device, JsValue, Limits, Result};
    use crate::cpu::InstructionSet;
    use crate::settings::PROCESSOR_MEMORY;
    use crate::train::device::cpu;

    /// The processor.
    pub struct JobDevice(Device);

    impl JobDevice {
        #[expect(clippy::unused_async, reason = "a graphics adapter is opened asynchronously")]
        pub async fn open() -> Result<Self> {
            Ok(Self(cpu()))
        }

        pub fn device(&self) -> &Device {
            &self.0
        }

        pub fn limits(&self) -> Limits {
            Limits { total: PROCESSOR_MEMORY, buffer: PROCESSOR_MEMORY }
        }

        pub fn describe(&self) -> Description {
            let backend = InstructionSet::best().name().to_string();
            Description { adapter: "processor".to_string(), backend, software: true }
        }

        /// Returns a promise that stays pending: the processor is never lost.
        pub fn lost(&self) -> JsValue {
            Promise::new(&mut |_, _| {}).into()
        }
    }
}

pub use kind::JobDevice;
