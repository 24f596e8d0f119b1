import './elements/picture-pair.js';

/**
 * Replaces the studio by a small exhibition that says why there is no studio here.
 * @param {string} reason a sentence
 */
export function showUnsupported(reason) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('unsupported'));
  document.getElementById('room')?.replaceWith(document.importNode(template.content, true));
  document.querySelector('.actions')?.remove();
  const text = document.getElementById('reason');
  if (text) text.textContent = reason;
  document.documentElement.dataset.state = 'unsupported';
}
