import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What share of the processors other programs use, watched for a second in which this one does nothing.
 * @returns {Promise<number>} 0..1
 */
export async function otherLoad() {
  const before = times();
  await sleep(1000);
  const after = times();
  return (after.busy - before.busy) / (after.busy - before.busy + after.idle - before.idle);
}

function times() {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle };
}
