/**
 * The message of an error as a sentence, with a capital letter and a full stop.
 * @param {unknown} error
 * @returns {string}
 */
export function messageOf(error) {
  const text = error instanceof Error ? error.message : String(error);
  const sentence = text.trim() || 'an unknown error occurred';
  return sentence[0].toUpperCase() + sentence.slice(1) + (/[.!?]$/.test(sentence) ? '' : '.');
}

/**
 * The message of a failed download, with advice if the browser is offline.
 * @param {string} what the subject, as `The engine`
 * @param {unknown} error
 * @returns {string}
 */
export function downloadFailure(what, error) {
  const advice = navigator.onLine ? '' : ' You are offline: connect to the internet, then try again.';
  return `${what} could not be downloaded: ${messageOf(error)}${advice}`;
}
