// Errors of the database, as PostgREST answers them. Supabase Lite answers some with a bare 500.
// Source: https://docs.postgrest.org/en/stable/references/errors.html

const STATUS_OF_SQLSTATE = {
  P0001: 400, 23502: 400, 23514: 400, "57P01": 503, "57P02": 503, "57P03": 503,
};
// By the first two characters of an SQLSTATE.
const STATUS_OF_CLASS = {
  "08": 503, 40: 500, 53: 503, 54: 500, 55: 500, 57: 500, 58: 500, P0: 500, XX: 500,
};
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED))$/;
const UNAVAILABLE = {
  code: "PGRST001", message: "Database client error. Retrying the connection.",
};

export const codeOf = (error) => String(error?.code ?? error?.cause?.code ?? "");

/** Whether the driver could not reach the database. */
export const isUnreachable = (code) => UNREACHABLE.test(code);

/** Whether the connection to the database is gone: 57P01 to 57P03 are shutdown, crash and startup. */
export const isConnectionLost = (code) => isUnreachable(code) || code.startsWith("57P0");

/** The error that Lite answers as PostgREST would; undefined if Lite answers it right by itself. */
export function postgrestError(error) {
  const code = codeOf(error);
  if (isUnreachable(code)) return answeredAs(503, { ...UNAVAILABLE, details: error.message });
  const status = STATUS_OF_SQLSTATE[code] ?? STATUS_OF_CLASS[code.slice(0, 2)];
  if (code.length !== 5 || status === undefined) return undefined;
  const { message, detail: details, hint } = error;
  return answeredAs(status, { code, message, details, hint });
}

/** The answer to a request while the database does not answer. */
export const unavailable = () => Response.json(UNAVAILABLE, { status: 503 });

// Lite takes status and body from an error with the code PGRST, which SQL can raise for PostgREST:
// https://docs.postgrest.org/en/stable/references/errors.html
function answeredAs(status, body) {
  const detail = JSON.stringify({ status, headers: {} });
  return Object.assign(new Error(JSON.stringify(body)), { code: "PGRST", detail });
}
