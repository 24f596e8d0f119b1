import { messageOf } from '../common/errors.js';

/** @import { ErrorCode } from './protocol.js' */

/**
 * A lost device makes pending operations fail, and their errors may arrive before the loss is reported: how long to wait for
 * that report.
 */
const LOSS_GRACE_MS = 1000;

/**
 * The code of an error. Some errors of the wasm module have a name; the others are recognized by their message.
 * @param {unknown} error
 * @returns {ErrorCode}
 */
function codeOf(error) {
  const name = error instanceof Error ? error.name : '';
  const message = messageOf(error);
  if (name === 'OutOfMemory' || name === 'TooLarge' || /out of memory|largest size that fits/i.test(message)) return 'memory';
  if (name === 'DeviceLost' || /device was lost/i.test(message)) return 'lost';
  return /checkpoint/i.test(message) ? 'checkpoint' : 'other';
}

/**
 * Describes an error of a running job.
 * @param {unknown} error
 * @param {Promise<string>} lost resolves when the device is lost
 * @returns {Promise<{ code: ErrorCode, message: string }>}
 */
export async function describeFailure(error, lost) {
  const late = new Promise((resolve) => setTimeout(() => resolve(undefined), LOSS_GRACE_MS));
  const message = await Promise.race([lost, late]);
  return message === undefined ? { code: codeOf(error), message: messageOf(error) } : { code: 'lost', message };
}
