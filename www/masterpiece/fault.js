import { sentenceOf } from '../protocol.js';

/** @import { Fault } from './protocol.js' */

/** What is wrong: some of the studio's errors have a name, all have a sentence. @param {unknown} error @returns {Fault} */
export function faultOf(error) {
  const name = error instanceof Error ? error.name : '';
  const sentence = sentenceOf(error);
  if (name === 'OutOfMemory' || name === 'TooLarge' || /out of memory|largest size that fits/i.test(sentence)) return 'memory';
  if (name === 'DeviceLost' || /device was lost/i.test(sentence)) return 'lost';
  return /checkpoint/i.test(sentence) ? 'checkpoint' : 'other';
}
