// Serves the Supabase REST and Auth APIs (Supabase Lite) over the stack's own Postgres.
//
// Embedded rather than started by Lite's command line, because that one sizes its pool at ten
// connections, creates objects in the database and grants `anon` every table on the first request.
import { serve } from "@hono/node-server";
import { App } from "@supabase/lite";
import { PostgresConnection } from "@supabase/lite/postgres";
import { SignJWT, decodeJwt } from "jose";

const {
  LITE_DATABASE_URL, LITE_JWT_SECRET, LITE_POOL_SIZE, LITE_PORT, LITE_PUBLISHABLE_KEY,
  LITE_SECRET_KEY, LITE_URL,
} = process.env;

// HTTP statuses as PostgREST gives them to SQLSTATEs, for those that Lite answers with a bare 500.
const STATUS_OF_STATE = {
  P0001: 400, 23502: 400, 23514: 400, "57P01": 503, "57P02": 503, "57P03": 503,
};
const STATUS_OF_CLASS = {
  "08": 503, 40: 500, 53: 503, 54: 500, 55: 500, 57: 500, 58: 500, P0: 500, XX: 500,
};
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED))$/;

const UNAVAILABLE = {
  code: "PGRST001", message: "Database client error. Retrying the connection.",
};

// An error whose body and status Lite takes as they are, the way SQL can raise one for PostgREST.
function answeredAs(status, body) {
  const detail = JSON.stringify({ status, headers: {} });
  return Object.assign(new Error(JSON.stringify(body)), { code: "PGRST", detail });
}

// Once its database went away, the driver cannot be trusted: it has connections that never send again
// and errors that nobody can catch (porsager/postgres#1208). So all of it is made anew.
class Connection extends PostgresConnection {
  lost = new Promise((resolve) => {
    this.lose = resolve;
  });

  // Lite's own version creates the API roles and grants them all tables: both are the migrations' job.
  async ensureRlsContext() {
    return true;
  }

  // Lite answers from an empty schema, so with 404s, where the database could not be asked.
  async introspect(options) {
    const schema = await super.introspect(options);
    if (schema.tables.length > 0) return schema;
    this.lose();
    throw new Error("The schema cannot be read.");
  }

  normalizeDbError(error) {
    const code = String(error?.code ?? error?.cause?.code ?? "");
    if (UNREACHABLE.test(code) || code.startsWith("57P0")) this.lose();
    if (UNREACHABLE.test(code)) {
      return answeredAs(503, { ...UNAVAILABLE, details: error.message });
    }
    const status = STATUS_OF_STATE[code] ?? STATUS_OF_CLASS[code.slice(0, 2)];
    if (code.length !== 5 || status === undefined) return super.normalizeDbError(error);
    const { message, detail: details, hint } = error;
    return answeredAs(status, { code, message, details, hint });
  }
}

// Lite hands over JSON that it has already written as text; written once more it would arrive as a
// JSON string. A string that is no JSON is one that the client sent.
function writeJson(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    return JSON.stringify(value);
  }
}

function connect() {
  const connection = new Connection({
    url: LITE_DATABASE_URL,
    postgresOptions: {
      max: Number(LITE_POOL_SIZE),
      // Seconds between attempts to connect; by default they grow to 20, and requests wait for them.
      backoff: () => 0.1,
      // Seconds for which one that does not send is waited for.
      connect_timeout: 4,
      // Notices of the database would fill the log; errors reach the client and the log as they are.
      onnotice: () => {},
      types: {
        json: { to: 114, from: [114], serialize: writeJson, parse: JSON.parse },
        jsonb: { to: 3802, from: [3802], serialize: writeJson, parse: JSON.parse },
      },
    },
  });
  const app = new App({
    connection,
    api: { enabled: true, port: Number(LITE_PORT), schemas: ["public"], external_url: LITE_URL },
    auth: {
      enabled: true,
      jwt_secret: LITE_JWT_SECRET,
      publishable_key: LITE_PUBLISHABLE_KEY,
      secret_key: LITE_SECRET_KEY,
      site_url: LITE_URL,
    },
    db: { migrations: { enabled: false }, seed: { enabled: false } },
    studio: { enabled: false },
    options: { server: { admin: false } },
  });
  return { app, connection };
}

// Requests under way, which are told when the connection is lost: the driver may never tell them.
const unanswered = new Set();
const unavailable = () => Response.json(UNAVAILABLE, { status: 503 });

// Serves over this connection until it is lost, and then over the first new one that works.
async function serveOver({ app, connection }) {
  serving = { app, connection };
  followMigrations(connection);
  await connection.lost;
  serving = null;
  for (const answer of unanswered) answer(unavailable());
  unanswered.clear();
  for (;;) {
    connection.driver.end({ timeout: 0 });
    ({ app, connection } = connect());
    try {
      await connection.introspect();
      return serveOver({ app, connection });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

// As PostgREST does: `notify pgrst, 'reload schema'` shows it what was created since.
function followMigrations(connection) {
  const reload = () => connection.clearSchemaCache();
  connection.driver.listen("pgrst", reload, reload).catch(() => connection.lose());
}

// What a driver that lost its database throws where nobody waits for it.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => {
    console.error(error);
    if (!UNREACHABLE.test(error?.code) && !/null \(reading 'write'\)/.test(error?.message)) {
      process.exit(1);
    }
    serving?.connection.lose();
  });
}

let serving = connect();
await serving.connection.introspect();
serveOver(serving);

const jwtKey = new TextEncoder().encode(LITE_JWT_SECRET);

// The claims that hosted Auth always puts in and Lite leaves out, so that what verifies tokens here
// verifies the same tokens as there.
async function withHostedClaims(accessToken) {
  const claims = decodeJwt(accessToken);
  const hosted = {
    iss: `${LITE_URL}/auth/v1`,
    phone: "",
    app_metadata: { provider: "email", providers: ["email"] },
    user_metadata: {},
    aal: "aal1",
    amr: [{ method: "password", timestamp: claims.iat }],
    is_anonymous: false,
  };
  return new SignJWT({ ...hosted, ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(jwtKey);
}

// Lite takes `phone_number=eq.+1415…` for the number 1415…; in quotes it stays the text it is.
function withQuotedPhoneNumbers(request) {
  const url = new URL(request.url);
  const filters = [...url.searchParams].map(([name, value]) => [
    name,
    value.replace(/(?<=\b(?:eq|neq|gte?|lte?)\.|[(,])\+\d+(?=[,)]|$)/g, '"$&"'),
  ]);
  const search = new URLSearchParams(filters).toString();
  if (search === url.searchParams.toString()) return request;
  url.search = search;
  return new Request(url, request);
}

async function answer(request, peerAddress) {
  if (serving === null) return unavailable();
  const { app } = serving;
  const response = await new Promise((resolve, reject) => {
    unanswered.add(resolve);
    Promise.resolve(app.fetch(withQuotedPhoneNumbers(request), { peerAddress }))
      .then(resolve, reject)
      .finally(() => unanswered.delete(resolve));
  });
  const path = new URL(request.url).pathname;
  if (!response.ok || !["/auth/v1/token", "/auth/v1/signup"].includes(path)) return response;
  const session = await response.json();
  if (session?.access_token) session.access_token = await withHostedClaims(session.access_token);
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  return new Response(JSON.stringify(session), { status: response.status, headers });
}

// Lite lets pages of other origins read its REST API and not its Auth API; hosted projects let them
// read both.
async function answerToPages(request, peerAddress) {
  const headers = { "access-control-allow-origin": "*" };
  if (request.method === "OPTIONS") {
    headers["access-control-allow-methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE";
    const asked = request.headers.get("access-control-request-headers");
    if (asked) headers["access-control-allow-headers"] = asked;
    headers["access-control-max-age"] = "600";
    return new Response(null, { status: 204, headers });
  }
  const answered = await answer(request, peerAddress);
  if (answered.headers.has("access-control-allow-origin")) return answered;
  const { body, status } = answered;
  return new Response(body, { status, headers: { ...Object.fromEntries(answered.headers), ...headers } });
}

const server = serve({
  port: Number(LITE_PORT),
  hostname: "127.0.0.1",
  fetch: (request, env) => answerToPages(request, env.incoming.socket.remoteAddress ?? null),
});

async function stop() {
  // Whatever a database that is gone keeps waiting.
  setTimeout(() => process.exit(0), 2000).unref();
  server.closeAllConnections?.();
  server.close();
  await serving?.connection.close();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
