// The e-mails that the Auth API would send: kept, and shown at /mails.
const MOST = 100;
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escape = (text) => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign]);

/** An e-mail driver of Supabase Lite that sends nothing. */
export class Mails {
  /** The latest first: `{to, subject, link, at}`, where `link` is null for a mail without one. */
  #kept = [];

  async send({ to, subject, text = "", html = "" }) {
    const [link = null] = /https?:\/\/[^\s"<>]*\/auth\/v1\/verify\?[^\s"<>]*/.exec(`${text}\n${html}`) ?? [];
    this.#kept.unshift({
      to, subject, link: link?.replaceAll("&amp;", "&") ?? null, at: new Date().toISOString(),
    });
    this.#kept.length = Math.min(this.#kept.length, MOST);
  }

  /** Answers `GET /mails`, a page for people, and `GET /mails.json`. */
  answer(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/mails.json") return Response.json(this.#kept);
    const items = this.#kept.map(({ to, subject, link, at }) => {
      const words = `${escape(subject)}, to ${escape(to)}, ${at}`;
      return `<li>${link ? `<a href="${escape(link)}">${words}</a>` : words}</li>`;
    });
    const list = items.length ? `<ul>${items.join("")}</ul>` : "<p>Nothing was sent yet.</p>";
    return new Response(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>E-mails</title><h1>E-mails of the local stack</h1>${list}`,
      { headers: { "content-type": "text/html; charset=utf-8" } },
    );
  }
}

/** Whether somebody asks for the e-mails. */
export function isAboutMails(request) {
  return /^\/mails(\.json)?$/.test(new URL(request.url).pathname) && request.method === "GET";
}
