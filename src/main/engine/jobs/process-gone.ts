/** Waits for a process of an earlier life to end. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Returns when no process has this id any more, when `givenUp`, or after `withinMs` (the id may be somebody else's by now). */
export async function processGone(pid: number, withinMs: number, givenUp: () => boolean): Promise<void> {
  const until = performance.now() + withinMs;
  while (isAlive(pid) && !givenUp() && performance.now() < until) await sleep(100);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // EPERM: it lives but belongs to another user, so it is none of our workers.
    return false;
  }
}
