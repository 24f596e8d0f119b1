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
