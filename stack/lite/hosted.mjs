// What hosted Supabase projects do and Supabase Lite does not: claims of access tokens, filters by
// phone number, requests from other origins, where links of e-mails lead.
import { SignJWT, decodeJwt } from "jose";

const { LITE_JWT_SECRET, LITE_PAGE_URL, LITE_URL } = process.env;

const jwtKey = new TextEncoder().encode(LITE_JWT_SECRET);
const PATHS_WITH_SESSION = ["/auth/v1/token", "/auth/v1/signup", "/auth/v1/verify"];

// Lite reads `phone_number=eq.+1415…` as a number and drops the plus. In quotes it stays text.
export function withQuotedPhoneNumbers(request) {
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

/** A request of who opens the link of an e-mail, who then comes to the page: hosted projects lead to the address that the
 * page asked for, or to the project's site URL. */
export function withPageAddress(request) {
  const url = new URL(request.url);
  if (url.pathname !== "/auth/v1/verify" || url.searchParams.get("redirect_to") !== LITE_URL) return request;
  url.searchParams.set("redirect_to", LITE_PAGE_URL);
  return new Request(url, request);
}

/** `response` with an access token that has all claims, if it has an access token. */
export async function withHostedSession(request, response) {
  const path = new URL(request.url).pathname;
  if (!PATHS_WITH_SESSION.includes(path)) return response;
  const location = response.headers.get("location");
  if (location) return withHostedClaimsIn(location, response);
  if (!response.ok) return response;
  const session = await response.json();
  if (session?.access_token) session.access_token = await withHostedClaims(session.access_token);
  const headers = new Headers(response.headers);
  headers.delete("content-length");
  return new Response(JSON.stringify(session), { status: response.status, headers });
}

/** The answer to who opens the link of an e-mail: the session is in the part after `#` of where they are led. */
async function withHostedClaimsIn(location, response) {
  const [page, hash = ""] = location.split("#");
  const session = new URLSearchParams(hash);
  const accessToken = session.get("access_token");
  if (!accessToken) return response;
  session.set("access_token", await withHostedClaims(accessToken));
  const headers = new Headers(response.headers);
  headers.set("location", `${page}#${session}`);
  return new Response(null, { status: response.status, headers });
}

// Source of the claims: https://supabase.com/docs/guides/auth/jwt-fields
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

/** Answers a preflight, and lets pages of every origin read what `answer` answers: Lite does so for
 * its REST API only, hosted projects for the Auth API too. */
export async function withCors(request, answer) {
  const headers = { "access-control-allow-origin": "*" };
  if (request.method === "OPTIONS") {
    headers["access-control-allow-methods"] = "GET, HEAD, POST, PUT, PATCH, DELETE";
    const asked = request.headers.get("access-control-request-headers");
    if (asked) headers["access-control-allow-headers"] = asked;
    headers["access-control-max-age"] = "600";
    return new Response(null, { status: 204, headers });
  }
  const answered = await answer(request);
  if (answered.headers.has("access-control-allow-origin")) return answered;
  const { body, status } = answered;
  const all = { ...Object.fromEntries(answered.headers), ...headers };
  return new Response(body, { status, headers: all });
}
