/** Finds clips by words in their names and captions, in any language. */
import { sql, type Expression, type SqlBool } from 'kysely';

/** The index knows runs of three characters; shorter words (most Chinese ones) are looked for one by one. */
const INDEXED_LENGTH = 3;

/** The condition that a clip (table `clips`) has every word of the query; null for an empty query. */
export function matchesQuery(query: string): Expression<SqlBool> | null {
  const words = query.split(/\s+/u).filter((word) => word !== '');
  if (words.length === 0) return null;
  const long = words.filter((word) => [...word].length >= INDEXED_LENGTH);
  const short = words.filter((word) => [...word].length < INDEXED_LENGTH);
  const conditions = short.map((word) => {
    const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
    return sql<SqlBool>`(name LIKE ${pattern} ESCAPE '\\' OR caption LIKE ${pattern} ESCAPE '\\')`;
  });
  if (long.length > 0) {
    const phrases = long.map((word) => `"${word.replaceAll('"', '""')}"`).join(' AND ');
    conditions.push(sql<SqlBool>`clip_search MATCH ${phrases}`);
  }
  return sql<SqlBool>`clips.key IN (SELECT rowid FROM clip_search WHERE ${sql.join(conditions, sql` AND `)})`;
}
