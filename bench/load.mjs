import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts processor time in hundredths of a second. */
const TICK = 10;

/**
 * What all processors and what this program with its browsers have used so far, in milliseconds.
 * @typedef {{ busy: number, idle: number, own: number }} Usage
 */

/**
 * @returns {Usage | null} null where there is no /proc to read
 */
export function usage() {
  const own = ownTime();
  if (own === null) return null;
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle, own };
}

/**
 * The share of the processors that other programs took between two moments.
 * @param {Usage | null} from
 * @param {Usage | null} to
 * @returns {number | null} 0..1; null where it cannot be known
 */
export function otherLoad(from, to) {
  if (!from || !to) return null;
  const all = to.busy - from.busy + to.idle - from.idle;
  const others = to.busy - from.busy - (to.own - from.own);
  return Math.min(1, Math.max(0, others / all));
}

/** Processor time of this process and everything that it started, which have ended or not. */
function ownTime() {
  /** @type {Map<number, { parent: number, time: number }>} */
  const processes = new Map();
  try {
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name)) addProcess(processes, Number(name));
    }
  } catch {
    return null;
  }
  let sum = 0;
  for (const { parent, time } of processes.values()) {
    let ancestor = parent;
    while (ancestor !== process.pid && processes.has(ancestor)) ancestor = processes.get(ancestor)?.parent ?? 0;
    if (ancestor === process.pid) sum += time;
  }
  return sum + (processes.get(process.pid)?.time ?? 0);
}

/**
 * @param {Map<number, { parent: number, time: number }>} processes
 * @param {number} id
 */
function addProcess(processes, id) {
  let text;
  try {
    text = readFileSync(`/proc/${id}/stat`, 'latin1');
  } catch {
    return; // It has ended since its name was read.
  }
  // The second field, the name, is in brackets and may hold anything: what is counted comes after the last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
  processes.set(id, { parent: Number(fields[1]), time: (user + system + endedUser + endedSystem) * TICK });
}
