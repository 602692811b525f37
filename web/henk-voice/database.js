/**
 * @typedef {import('@supabase/supabase-js').SupabaseClient} SupabaseClient
 * @typedef {import('./requests.js').Requests} Requests
 */

/** The SQL functions answer this many rows at most. */
export const MOST_ROWS = 1000;

/** Reads rows over Supabase's REST API, whatever number of rows it answers at once. */
export class Database {
  #supabase;
  #requests;

  /**
   * @param {SupabaseClient} supabase
   * @param {Requests} requests
   */
  constructor(supabase, requests) {
    this.#supabase = supabase;
    this.#requests = requests;
  }

  /**
   * Every row of a table, whatever number of rows the REST API answers at most.
   *
   * @param {string} table
   * @param {string} columns
   * @param {Record<string, string>} filters what columns must be equal to
   * @param {{ signal?: AbortSignal | undefined, key?: string }} options `key`: a column that no two of
   *   these rows have in common
   * @returns {Promise<any[]>} in the order of the key
   */
  async table(table, columns, filters, { signal, key = 'id' }) {
    return this.every(
      (_from, count, last) => {
        let query = this.#supabase.from(table).select(columns, count).order(key);
        for (const [column, value] of Object.entries(filters)) query = query.eq(column, value);
        // Rows that come or go meanwhile do not shift the rows after them.
        return last === undefined ? query : query.gt(key, last[key]);
      },
      { signal, countsRest: true },
    );
  }

  /**
   * Reads on until there are no more rows: the REST API answers only so many at once, and does not say
   * so.
   *
   * @param {(from: number, count: { count: 'exact' }, last: any) => any} build the query for the rows
   *   after the first `from`, of which `last` is the last
   * @param {object} options
   * @param {AbortSignal | undefined} options.signal
   * @param {number} [options.wanted] how many rows are enough
   * @param {number} [options.most] a query is about this many rows at most
   * @param {boolean} [options.countsRest] whether a query counts only the rows after `last`
   * @returns {Promise<any[]>}
   */
  async every(build, { signal, wanted = Infinity, most = Infinity, countsRest = false }) {
    /** @type {any[]} */
    const found = [];
    for (;;) {
      const from = found.length;
      const { data, count } = await this.#requests.rest(
        () => build(from, { count: 'exact' }, found.at(-1)),
        { signal, tries: 'patiently' },
      );
      if (!data?.length) return found;
      found.push(...data);
      // Without a count, only an empty answer says that this was all.
      const all = count === null || count >= most ? Infinity : count + (countsRest ? from : 0);
      if (found.length >= Math.min(wanted, all)) return found;
    }
  }

  /**
   * @param {string} table
   * @param {string} columns
   * @param {Record<string, string>} filters what columns must be equal to
   * @returns {Promise<any>} a row, or null
   */
  async one(table, columns, filters) {
    const { data } = await this.#requests.rest(
      () => this.#supabase.from(table).select(columns).match(filters).limit(1),
      { tries: 'patiently' },
    );
    return data?.[0] ?? null;
  }
}
