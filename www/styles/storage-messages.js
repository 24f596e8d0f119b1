/** Messages about styles that the browser does not keep, or that cannot be read. */

/** @param {number} count of styles in the database that cannot be read */
export function unreadableMessage(count) {
  const many = count > 1;
  return (
    `${many ? `${count} of your styles` : 'One of your styles'} can’t be read, and ${many ? 'are' : 'is'} not in the style list. ` +
    `${many ? 'Their' : 'Its'} stored data is unchanged. Update Impasto, or remove ${many ? 'them' : 'it'}.`
  );
}

/** @param {string[]} names of styles that the engine rejects */
export function unusableMessage(names) {
  const list = names.map((name) => `“${name}”`).join(', ');
  return `${list} can’t be used: ${names.length > 1 ? 'their files are' : 'its file is'} damaged or too large.`;
}

/**
 * @param {string} name of a style that the browser does not store
 * @param {unknown} error of the database
 */
export function notSavedMessage(name, error) {
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  return (
    `${full ? 'The browser’s storage is full' : 'The browser does not allow this page to store data'}: ` +
    `“${name}” works, but will be gone when this tab is closed. Export it to a file (…), ` +
    `or ${full ? 'free some space' : 'leave the private window'} and add it again.`
  );
}
