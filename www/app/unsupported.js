import '../components/picture-pair.js';

/**
 * Replaces the studio by a small exhibition that says why there is no studio here. Only before there has been one.
 * @param {string} reason a sentence
 * @param {string} [title] instead of the usual one, that WebGPU is needed
 */
export function showUnsupported(reason, title) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('unsupported'));
  document.getElementById('layout')?.replaceWith(document.importNode(template.content, true));
  document.querySelector('.actions')?.remove();
  const heading = document.querySelector('.notice h1');
  if (heading && title) heading.textContent = title;
  const text = document.getElementById('reason');
  if (text) text.textContent = reason;
  document.documentElement.dataset.state = 'unsupported';
}
