/** Divides groups of clips into train, val and test. Groups stay whole, so nothing leaks between the parts. */
import type { SplitName } from '../contract/common.ts';
import type { SplitRatio } from '../contract/splits.ts';
import { AppError } from '../errors/app-error.ts';
import { Random } from './random.ts';

export interface WeightedGroup {
  id: string;
  /** What the ratio measures, usually the number of clips. More than 0. */
  weight: number;
}

export interface SplitPlan {
  groups: readonly WeightedGroup[];
  ratio: SplitRatio;
  seed: number;
}

interface Part {
  name: SplitName;
  target: number;
  weight: number;
  members: WeightedGroup[];
}

const partNames: readonly SplitName[] = ['train', 'val', 'test'];

/**
 * Returns the part of each group. The same groups, ratio and seed give the same split, whatever the order of the groups.
 * Each part misses its share by at most the weight of the largest group (twice that where a part would have stayed empty),
 * and each part whose share is not 0 gets at least one group.
 * Throws AppError `too-few-groups`.
 */
export function assignSplits({ groups, ratio, seed }: SplitPlan): Map<string, SplitName> {
  const total = groups.reduce((sum, group) => sum + group.weight, 0);
  const shares = partNames.reduce((sum, name) => sum + ratio[name], 0);
  const parts: Part[] = partNames
    .filter((name) => ratio[name] > 0)
    .map((name) => ({ name, target: (ratio[name] / shares) * total, weight: 0, members: [] }));
  if (groups.length < parts.length) {
    throw new AppError('too-few-groups', { groups: groups.length, parts: parts.length });
  }

  const sorted = groups.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  for (const group of Random.seeded(seed, 'split').shuffle(sorted)) {
    move(group, neediest(parts));
  }
  for (const part of parts) {
    if (part.members.length > 0) continue;
    const donor = fullest(parts.filter((other) => other.members.length > 1));
    const smallest = donor.members.reduce((least, group) => (group.weight < least.weight ? group : least));
    donor.members.splice(donor.members.indexOf(smallest), 1);
    donor.weight -= smallest.weight;
    move(smallest, part);
  }
  return new Map(parts.flatMap((part) => part.members.map((group) => [group.id, part.name] as const)));
}

function move(group: WeightedGroup, part: Part): void {
  part.members.push(group);
  part.weight += group.weight;
}

const lack = (part: Part) => part.target - part.weight;
const neediest = (parts: readonly Part[]) =>
  parts.reduce((most, part) => (lack(part) > lack(most) ? part : most));
const fullest = (parts: readonly Part[]) =>
  parts.reduce((most, part) => (lack(part) < lack(most) ? part : most));
