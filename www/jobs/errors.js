import { messageOf } from '../common/errors.js';

/** @import { Fault } from './protocol.js' */

/** A lost device makes what is under way fail, and that may be heard of before the loss: for so long it is waited for. */
const LATE_MS = 1000;

/** What is wrong: some of the studio's errors have a name, all have a sentence. @param {unknown} error @returns {Fault} */
function faultOf(error) {
  const name = error instanceof Error ? error.name : '';
  const sentence = messageOf(error);
  if (name === 'OutOfMemory' || name === 'TooLarge' || /out of memory|largest size that fits/i.test(sentence)) return 'memory';
  if (name === 'DeviceLost' || /device was lost/i.test(sentence)) return 'lost';
  return /checkpoint/i.test(sentence) ? 'checkpoint' : 'other';
}

/**
 * What went wrong while a studio was at work.
 * @param {unknown} error
 * @param {Promise<string>} lost tells of the loss of its device
 * @returns {Promise<{ fault: Fault, sentence: string }>}
 */
export async function failureOf(error, lost) {
  const late = new Promise((resolve) => setTimeout(() => resolve(undefined), LATE_MS));
  const sentence = await Promise.race([lost, late]);
  return sentence === undefined ? { fault: faultOf(error), sentence: messageOf(error) } : { fault: 'lost', sentence };
}
