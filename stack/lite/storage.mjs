// Supabase Lite's Storage, which is experimental, with what hosted projects do otherwise.
// Source of the answers: https://github.com/supabase/storage, src/http/routes/object
import { decodeJwt, jwtVerify } from "jose";

import { ofRequest } from "./object_files.mjs";

const { LITE_JWT_SECRET } = process.env;

const jwtKey = new TextEncoder().encode(LITE_JWT_SECRET);
const PREFIX = "/storage/v1";

export const isStorage = (request) => new URL(request.url).pathname.startsWith(`${PREFIX}/`);

/** Answers a request to Storage. `fetchLite(request)` is Lite's own answer. */
export function answerStorage(request, fetchLite) {
  const asked = { header: request.headers.get("range"), range: null, size: null, isTooLarge: false };
  const answer = () => ofRequest.run(asked, () => answered(request, asked, fetchLite));
  return isReading(request) ? answer() : inTurn(answer);
}

const isReading = (request) => ["GET", "HEAD"].includes(request.method);

// Writes come one after the other. Hosted projects store the bytes of two uploads of one name apart, and
// Lite over each other.
let lastTurn = Promise.resolve();
function inTurn(answer) {
  const turn = lastTurn.then(answer);
  lastTurn = turn.catch(() => {});
  return turn;
}

async function answered(request, asked, fetchLite) {
  const url = new URL(request.url);
  const path = url.pathname.slice(PREFIX.length);
  if (path.startsWith("/object/sign/") && request.method !== "POST") {
    const problem = await problemOfToken(url, path);
    if (problem) return problem;
  }
  if (/^\/object\/sign\/[^/]+$/.test(path)) return signedOneByOne(request, url, fetchLite);
  const asLite = await asLiteReadsIt(request, url, path, asked);
  if (asLite === null) return refused("400", "InvalidRequest", "The form has no file");
  const response = await fetchLite(asLite);
  if (asked.isTooLarge) {
    await response.body?.cancel();
    return refused("413", "Payload too large", "The object exceeded the maximum allowed size");
  }
  if (!response.ok) return response;
  if (isReading(request)) {
    if (path.startsWith("/object/info/")) return described(await response.json());
    return path.startsWith("/object/") ? asHostedSendsIt(url, path, asked, response) : response;
  }
  if (path.startsWith("/object/sign/")) return signed(response);
  if (path.startsWith("/object/list/")) return listed(asked.list, await response.json());
  if (path.startsWith("/object/upload/sign/") && request.method === "POST") {
    const { signedUrl, token } = await response.json();
    return Response.json({ url: signedUrl.slice(PREFIX.length), token });
  }
  return response;
}

async function asLiteReadsIt(request, url, path, asked) {
  if (path.startsWith("/object/authenticated/")) {
    url.pathname = PREFIX + path.replace("/authenticated", "");
    return new Request(url, request);
  }
  const { method, headers } = request;
  if (method === "POST" && /^\/object\/(list|sign)\//.test(path)) {
    const body = await request.json().catch(() => ({}));
    if (path.startsWith("/object/list/")) {
      const prefix = body.prefix && !body.prefix.endsWith("/") ? `${body.prefix}/` : (body.prefix ?? "");
      asked.list = { ...body, prefix };
      return withBody(request, url, { prefix });
    }
    // Clients send the seconds as text; Lite wants a number.
    return withBody(request, url, { ...body, expiresIn: Number(body.expiresIn) });
  }
  if (!/^multipart\/form-data/.test(headers.get("content-type") ?? "")) return request;
  return withFileAsBody(request, url);
}

const withBody = ({ method, headers }, url, body) =>
  new Request(url, { method, headers: withoutLength(headers), body: JSON.stringify(body) });

// Lite does not read `cacheControl` of a form, and stores the form itself when a file is replaced.
async function withFileAsBody(request, url) {
  const form = await request.formData().catch(() => new FormData());
  const file = [...form.values()].find((value) => value instanceof Blob);
  if (file === undefined) return null;
  const headers = withoutLength(request.headers);
  headers.set("content-type", file.type.split(";", 1)[0] || "application/octet-stream");
  headers.set("content-length", String(file.size));
  const seconds = form.get("cacheControl");
  if (seconds !== null) headers.set("cache-control", `max-age=${seconds}`);
  return new Request(url, { method: request.method, headers, body: file.stream(), duplex: "half" });
}

function withoutLength(headers) {
  const all = new Headers(headers);
  all.delete("content-length");
  all.delete("transfer-encoding");
  return all;
}

async function problemOfToken(url, path) {
  const token = url.searchParams.get("token") ?? "";
  let claims, name;
  try {
    name = decodeURIComponent(path.slice("/object/sign/".length));
    ({ payload: claims } = await jwtVerify(token, jwtKey, { algorithms: ["HS256"] }));
  } catch (error) {
    return refused("400", "InvalidJWT", error.message);
  }
  if (claims.intent === "download" && `${claims.bucket}/${claims.sub}` === name) return null;
  return refused("400", "InvalidSignature", "The url do not match the signature");
}

// All errors of Storage have the HTTP status 400, except those of the server itself.
const refused = (statusCode, error, message) =>
  Response.json({ statusCode, error, message }, { status: 400 });

async function signed(response) {
  const { signedUrl } = await response.json();
  return Response.json({ signedURL: signedUrl.slice(PREFIX.length) });
}

// Lite takes a request for several addresses for one of an object without a name.
async function signedOneByOne(request, url, fetchLite) {
  const { expiresIn, paths } = await request.json().catch(() => ({}));
  if (!Array.isArray(paths)) return refused("400", "InvalidRequest", "body must have property 'paths'");
  const addresses = [];
  for (const path of paths) {
    const one = new URL(`${url.pathname}/${encodeURI(path)}`, url);
    const body = { expiresIn: Number(expiresIn) };
    const response = await fetchLite(withBody(request, one, body));
    if (response.status === 401) return response;
    const { signedURL = null } = response.ok ? await (await signed(response)).json() : {};
    const error = response.ok ? null : "Either the object does not exist or you do not have access to it";
    addresses.push({ path, signedURL, error });
  }
  return Response.json(addresses);
}

// Hosted projects list one folder: its objects, and the folders in it, which have a name only.
function listed({ prefix, search = "", limit = 100, offset = 0, sortBy = {} }, objects) {
  const entries = new Map();
  for (const object of objects.filter(({ name }) => name.startsWith(prefix))) {
    const [name, ...inFolder] = object.name.slice(prefix.length).split("/");
    const { id, updated_at, created_at, last_accessed_at, metadata } = object;
    const entry = { name, id, updated_at, created_at, last_accessed_at, metadata };
    if (inFolder.length > 0) for (const key of Object.keys(entry)) if (key !== "name") entry[key] = null;
    entries.set(inFolder.length > 0 ? `${name}/` : name, entry);
  }
  const { column = "name", order = "asc" } = sortBy;
  const key = (entry) => String(entry[column] ?? "");
  const sorted = [...entries.values()]
    .filter(({ name }) => name.toLowerCase().startsWith(search.toLowerCase()))
    .sort((one, other) => (key(one) < key(other) ? -1 : 1) * (order === "desc" ? -1 : 1));
  return Response.json(sorted.slice(offset, offset + limit));
}

function described({ httpMetadata, metadata, user_metadata, ...object }) {
  const { id, name, version, bucket_id, created_at } = object;
  const { size, mimetype, cacheControl, eTag, lastModified } = httpMetadata;
  return Response.json({
    id, name, version, bucket_id, size, content_type: mimetype, cache_control: cacheControl,
    etag: eTag, metadata: user_metadata, last_modified: lastModified, created_at,
  });
}

function asHostedSendsIt(url, path, asked, response) {
  const headers = new Headers(response.headers);
  if (path.startsWith("/object/sign/")) {
    headers.delete("cache-control");
    const { exp } = decodeJwt(url.searchParams.get("token"));
    headers.set("expires", new Date(exp * 1000).toUTCString());
  }
  const name = url.searchParams.get("download");
  if (name !== null) {
    const encoded = encodeURIComponent(name);
    headers.set(
      "content-disposition",
      name === "" ? "attachment;" : `attachment; filename=${encoded}; filename*=UTF-8''${encoded};`,
    );
  }
  if (asked.range === false) {
    headers.set("content-range", `bytes */${asked.size}`);
    headers.delete("content-length");
    return new Response(null, { status: 416, headers });
  }
  if (asked.range === null) return new Response(response.body, { headers });
  const { start, end } = asked.range;
  headers.set("content-range", `bytes ${start}-${end}/${asked.size}`);
  return new Response(response.body, { status: 206, headers });
}
