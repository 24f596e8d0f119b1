import { App } from './app/app.js';
import { showUnsupported } from './app/unsupported.js';
import { hasSimd } from './common/wasm-features.js';

if (window.top !== window) {
  // Hosts without headers allow other sites to embed the page in a frame (clickjacking).
  showUnsupported('It was opened inside another page. Open it in a tab of its own.', 'Impasto does not run in a frame');
} else if (navigator.gpu || hasSimd()) {
  new App(showUnsupported).begin();
} else if (!isSecureContext) {
  showUnsupported('Browsers allow WebGPU only on pages with a secure connection. Open this page through https.');
} else {
  showUnsupported('This browser has neither WebGPU nor WebAssembly with SIMD. Impasto needs one of them to paint on your device.');
}
