// Supabase Lite over the stack's own Postgres.
import { App } from "@supabase/lite";
import { PostgresConnection } from "@supabase/lite/postgres";

import { codeOf, isConnectionLost, postgrestError } from "./errors.mjs";
import { ObjectFiles } from "./object_files.mjs";

const {
  LITE_CONFIRM_ADDRESSES, LITE_DATABASE_URL, LITE_JWT_SECRET, LITE_PAGE_URL, LITE_POOL_SIZE, LITE_PORT,
  LITE_PUBLISHABLE_KEY, LITE_SECRET_KEY, LITE_STORAGE_DIR, LITE_URL,
} = process.env;

/** A pool of connections. `lost` resolves when the database is gone. */
class Connection extends PostgresConnection {
  lost = new Promise((resolve) => {
    this.lose = resolve;
  });

  // Lite's own version creates the API roles and grants them all tables. Migrations do both here.
  async ensureRlsContext() {
    return true;
  }

  // If the database cannot be asked, Lite uses an empty schema, and answers every request with 404.
  async introspect(options) {
    const schema = await super.introspect(options);
    if (schema.tables.length > 0) return schema;
    this.lose();
    throw new Error("The schema cannot be read.");
  }

  normalizeDbError(error) {
    if (isConnectionLost(codeOf(error))) this.lose();
    return postgrestError(error) ?? super.normalizeDbError(error);
  }
}

// Lite passes JSON columns as text that is JSON already. To encode it again would store a JSON string.
// Text that is not JSON came from the client as a string.
function writeJson(value) {
  if (typeof value !== "string") return JSON.stringify(value);
  try {
    JSON.parse(value);
    return value;
  } catch {
    return JSON.stringify(value);
  }
}

/** A new connection, and the application that serves the REST, Auth and Storage APIs over it. `mails` gets the e-mails. */
export function connect(mails) {
  const connection = new Connection({
    url: LITE_DATABASE_URL,
    postgresOptions: {
      max: Number(LITE_POOL_SIZE),
      // Seconds between attempts to connect. The default grows to 20, and requests wait that long.
      backoff: () => 0.1,
      // Seconds for one attempt to connect.
      connect_timeout: 4,
      // Notices would fill the log. Errors still reach the client and the log.
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
      // The links of e-mails are made of it, so it is not the page: `withPageAddress`.
      site_url: LITE_URL,
      additional_redirect_urls: [LITE_PAGE_URL, `${LITE_PAGE_URL}/**`],
      email: { enable_confirmations: LITE_CONFIRM_ADDRESSES === "1" },
    },
    storage: { enabled: true },
    db: { migrations: { enabled: false }, seed: { enabled: false } },
    studio: { enabled: false },
    options: { server: { admin: false }, drivers: { email: mails } },
  });
  app._storageAdapter = new ObjectFiles(LITE_STORAGE_DIR, async (bucket) => {
    const [found] = await connection.driver`select file_size_limit from storage.buckets where id = ${bucket}`;
    return found?.file_size_limit ? Number(found.file_size_limit) : null;
  });
  return { app, connection };
}
