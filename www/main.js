import { App } from './app.js';
import { showUnsupported } from './unsupported.js';

if (navigator.gpu) {
  new App(showUnsupported).begin();
} else if (!isSecureContext) {
  showUnsupported('This page came over an insecure connection, where browsers switch WebGPU off. Open it through https.');
} else {
  showUnsupported('This browser has no WebGPU, or has it switched off. Impasto paints with it on your own GPU.');
}
