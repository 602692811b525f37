/**
 * A value for the database, without what it cannot store in a text: NUL (PDF files copy with it) and
 * halves of surrogate pairs.
 *
 * @template T
 * @param {T} value what JSON can hold
 * @returns {T}
 */
export function storable(value) {
  if (typeof value === 'string') return /** @type {T} */ (value.replace(/[\0\p{Surrogate}]/gu, ''));
  if (Array.isArray(value)) return /** @type {T} */ (value.map(storable));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, storable(inner)]);
  return /** @type {T} */ (Object.fromEntries(entries));
}
