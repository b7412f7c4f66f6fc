/** Whether takes are copies: the clip of the train split that is nearest to each, and how near is near. */
import { squaredDistance, type ClipSignature } from './clip-signature.ts';

export interface Nearest<Id> {
  readonly id: Id;
  /** As `signatureDistance` measures it. */
  readonly distance: number;
}

/**
 * Looks for the nearest of many clips, which are offered one after the other, to each of a few.
 *
 * @param mayBe says which clips count for which query
 */
export function createNearestSearch<Id>(
  queries: readonly ClipSignature[],
  mayBe: (query: number, id: Id) => boolean = () => true,
) {
  const best: (Nearest<Id> & { squares: number })[] = [];

  return {
    offer(id: Id, signature: ClipSignature): void {
      for (const [i, query] of queries.entries()) {
        const least = best[i]?.squares ?? Infinity;
        const squares = squaredDistance(query, signature, least);
        if (squares >= least || !mayBe(i, id)) continue;
        best[i] = { id, squares, distance: Math.sqrt(squares / query.length) / 255 };
      }
    },

    /** In the order of the queries; undefined where nothing was offered. */
    result: (): (Nearest<Id> | undefined)[] => queries.map((_, i) => best[i]),
  };
}

/**
 * How much a take looks like a copy, 0 … 1: 1 − distance / typical, not less than 0. `distance` is that to the nearest
 * training clip; `typical` the median of the same distance over held-out clips, which are no copies. So 0 says: as far from all
 * training clips as a clip that the model has never seen; 1: the same pictures.
 */
export function copyScore(distance: number, typical: number): number {
  return typical > 0 ? Math.min(1, Math.max(0, 1 - distance / typical)) : distance === 0 ? 1 : 0;
}
