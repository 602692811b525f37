/** A Supabase client for the unit tests. It has no tests of its own. */

import { mock } from 'node:test';

/** A session of the Supabase client. */
export function sessionOf(token, userId = 'user') {
  return { access_token: token, refresh_token: `refresh ${token}`, user: { id: userId } };
}

/** Nothing is measured, and nothing is reported. */
export const NO_REPORTS = {
  line: { read: async () => null },
  publishes: false,
  follow: async () => {},
};

/** A client with a session that can be refreshed, and queries that `answer` answers. */
export class FakeSupabase {
  session = sessionOf('first');
  sessionError = null;
  /** What `refreshSession()` answers next. @type {{ session: any, error?: any }[]} */
  refreshes = [];
  refreshed = 0;
  /** What was asked of the REST API. @type {any[]} */
  queries = [];
  /** Answers a query. @type {(query: any) => any} */
  answer = () => ({ data: [], error: null, status: 200, count: null });
  /** @type {((event: string, session: any) => void)[]} */
  listeners = [];

  auth = {
    getSession: async () => ({ data: { session: this.session }, error: this.sessionError }),
    refreshSession: async () => {
      this.refreshed += 1;
      await new Promise((resolve) => setImmediate(resolve));
      const { session, error = null } = this.refreshes.shift() ?? { session: sessionOf('second') };
      if (session) this.session = session;
      return { data: { session }, error };
    },
    onAuthStateChange: (listener) => this.listeners.push(listener),
  };

  /** Reports an event of the session, as supabase-js does. */
  tell(event, session) {
    this.session = session;
    for (const listener of this.listeners) listener(event, session);
  }

  from(table) {
    return this.#query({ table });
  }

  rpc(name, parameters) {
    return this.#query({ rpc: name, parameters });
  }

  /** A query builder that notes each method with its arguments. */
  #query(asked) {
    const builder = new Proxy(
      {},
      {
        get: (_target, name) => {
          if (name === 'url') return 'https://example.supabase.co/rest/v1/x';
          if (name !== 'then') {
            return (...given) => {
              asked[name] = given.length === 1 ? given[0] : given;
              return builder;
            };
          }
          return (resolve) => {
            const [, given] = asked.setHeader ?? [];
            const token = given?.replace('Bearer ', '') ?? this.session?.access_token;
            const query = { ...asked, token };
            this.queries.push(query);
            resolve(this.answer(query));
          };
        },
      },
    );
    return builder;
  }
}

/** The failure that a promise ends with, or null. */
export async function failureOfPromise(promise) {
  try {
    await promise;
  } catch (error) {
    return error.failure;
  }
  return null;
}

/** Makes pauses end at once. Call it in `beforeEach`; `mock.restoreAll()` ends it. */
export function withoutPauses() {
  const { setTimeout: wait } = globalThis;
  mock.method(globalThis, 'setTimeout', (action, ms, ...given) =>
    // Time limits stay, because they must not end what is asked.
    wait(action, ms >= 10_000 ? ms : 0, ...given),
  );
}
