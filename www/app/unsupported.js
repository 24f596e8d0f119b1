import '../components/picture-pair.js';

/**
 * Replaces the page by a gallery of examples with the reason why the page cannot run. Only before an engine has run.
 * @param {string} reason a sentence
 * @param {string} [title] replaces the default title, that the browser is too old
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
