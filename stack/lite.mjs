// Serves the Supabase REST, Auth and Storage APIs (Supabase Lite) over the stack's own Postgres.
//
// It does not use Lite's command line, which has a pool of ten connections, creates objects in the
// database and grants `anon` every table on the first request.
import { serve } from "@hono/node-server";

import { connect } from "./lite/connection.mjs";
import { isUnreachable, unavailable } from "./lite/errors.mjs";
import {
  withCors, withHostedSession, withPageAddress, withQuotedPhoneNumbers,
} from "./lite/hosted.mjs";
import { Mails, isAboutMails } from "./lite/mails.mjs";
import { answerStorage, isStorage } from "./lite/storage.mjs";

const { LITE_PORT } = process.env;

const mails = new Mails();

// Requests under way. When the connection is lost, the driver may never answer them, so we do.
const unanswered = new Set();

// Serves over `connection` until it is lost, then over the first new one that works. The driver
// cannot be used again after the database went away: some of its connections never send, and some of
// its errors cannot be caught (https://github.com/porsager/postgres/issues/1208).
async function serveOver({ app, connection }) {
  serving = { app, connection };
  followMigrations(connection);
  await connection.lost;
  serving = null;
  for (const answer of unanswered) answer(unavailable());
  unanswered.clear();
  for (;;) {
    connection.driver.end({ timeout: 0 });
    ({ app, connection } = connect(mails));
    try {
      await connection.introspect();
      return serveOver({ app, connection });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

// `notify pgrst, 'reload schema'` makes new tables and functions visible, as in PostgREST.
function followMigrations(connection) {
  const reload = () => connection.clearSchemaCache();
  connection.driver.listen("pgrst", reload, reload).catch(() => connection.lose());
}

// A driver that lost its database throws some errors outside of any request.
for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => {
    console.error(error);
    if (!isUnreachable(error?.code) && !/null \(reading 'write'\)/.test(error?.message)) {
      process.exit(1);
    }
    serving?.connection.lose();
  });
}

let serving = connect(mails);
await serving.connection.introspect();
serveOver(serving);

/** Lite's own answer, or that the database is away. */
function fetchLite(request, peerAddress) {
  if (serving === null) return unavailable();
  const { app } = serving;
  return new Promise((resolve, reject) => {
    unanswered.add(resolve);
    Promise.resolve(app.fetch(request, { peerAddress }))
      .then(resolve, reject)
      .finally(() => unanswered.delete(resolve));
  });
}

async function answer(request, peerAddress) {
  if (isStorage(request)) return answerStorage(request, (asked) => fetchLite(asked, peerAddress));
  const response = await fetchLite(withPageAddress(withQuotedPhoneNumbers(request)), peerAddress);
  return withHostedSession(request, response);
}

const server = serve({
  port: Number(LITE_PORT),
  hostname: "127.0.0.1",
  fetch: (request, env) => {
    const peerAddress = env.incoming.socket.remoteAddress ?? null;
    if (isAboutMails(request)) return mails.answer(request);
    return withCors(request, (asked) => answer(asked, peerAddress));
  },
});

async function stop() {
  // If the database is gone, closing the connection may never end.
  setTimeout(() => process.exit(0), 2000).unref();
  server.closeAllConnections?.();
  server.close();
  await serving?.connection.close();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
