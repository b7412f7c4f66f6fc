/** Counts what a session gets from the machine's memory and gives back to it, and what it finds and leaves on its device. */
import { Session, type RuntimeTensor } from '#main/workers/runtime/session.ts';

/** Of one run. */
export interface Traffic {
  /** Names and bytes of the tensors that crossed to the device, and back. */
  up: Record<string, number>;
  down: Record<string, number>;
  /** Bytes that were fed from the memory of the device, and left there. */
  kept: number;
}

/** Records all runs of all sessions from now on, in order. */
export function recordTraffic(): Traffic[] {
  const record: Traffic[] = [];
  const run = Session.prototype.runTensors;
  Session.prototype.runTensors = async function (feeds, fetches) {
    const fed = sort(feeds);
    const results = await run.call(this, feeds, fetches);
    const given = sort(results);
    record.push({ up: fed.crossing, down: given.crossing, kept: fed.kept + given.kept });
    return results;
  };
  return record;
}

function sort(tensors: Readonly<Record<string, RuntimeTensor>>) {
  const crossing: Record<string, number> = {};
  let kept = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = 4 * tensor.size;
    if (tensor.location === 'gpu-buffer') kept += bytes;
    else crossing[name] = bytes;
  }
  return { crossing, kept };
}
