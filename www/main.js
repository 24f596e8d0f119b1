import { App } from './app/app.js';
import { showUnsupported } from './app/unsupported.js';

if (window.top !== window) {
  // Hosts without headers allow other sites to embed the page in a frame (clickjacking).
  showUnsupported('It was opened inside another page. Open it in a tab of its own.', 'Impasto does not run in a frame');
} else if (navigator.gpu) {
  new App(showUnsupported).begin();
} else if (!isSecureContext) {
  showUnsupported('Browsers allow WebGPU only on pages with a secure connection. Open this page through https.');
} else {
  showUnsupported('This browser has no WebGPU, or WebGPU is switched off. Impasto uses it to paint on your own GPU.');
}
