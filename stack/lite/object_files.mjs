// The bytes of Storage's objects: two files each, in one directory. Supabase Lite has an adapter that
// does this, but does not export it.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What Lite does not pass on between a request and its bytes. `header`: the Range that the request asks for.
 * `range` and `size`: what was read (see rangeIn), and of how many bytes. `isTooLarge`: an upload was cut off. */
export const ofRequest = new AsyncLocalStorage();

/** The files of one stack. `limitOf(bucket)` resolves to the bucket's limit in bytes, or null. */
export class ObjectFiles {
  driver = null;
  #directory;
  #limitOf;

  constructor(directory, limitOf) {
    this.#directory = directory;
    this.#limitOf = limitOf;
  }

  // A hash, because object names are not file names: `a` and `a/b` may both exist, and `..` is a name.
  #path(bucket, key) {
    const name = createHash("sha256").update(`${bucket}/${key}`).digest("hex");
    return path.join(this.#directory, name);
  }

  async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
    await mkdir(this.#directory, { recursive: true });
    const target = this.#path(bucket, key);
    const partial = `${target}.${randomUUID()}`;
    const limit = await this.#limitOf(bucket);
    const hash = createHash("md5");
    let size = 0;
    async function* measured(chunks) {
      for await (const chunk of chunks) {
        size += chunk.length;
        if (limit !== null && size > limit) {
          Object.assign(ofRequest.getStore() ?? {}, { isTooLarge: true });
          throw new Error(`The object is larger than ${limit} bytes.`);
        }
        hash.update(chunk);
        yield chunk;
      }
    }
    try {
      const source = body instanceof Uint8Array ? [body] : Readable.fromWeb(body);
      await pipeline(source, measured, createWriteStream(partial));
      const eTag = `"${hash.digest("hex")}"`;
      await writeFile(`${target}.json`, JSON.stringify({ mimetype, cacheControl, eTag }));
      await rename(partial, target);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    return this.headObject(bucket, key);
  }

  async getObject(bucket, key) {
    const metadata = await this.headObject(bucket, key).catch((error) => {
      if (error.code !== "ENOENT") throw error;
    });
    // Lite answers an object without a body with 404.
    if (metadata === undefined) return { metadata: {}, body: undefined };
    const { size } = metadata;
    const request = ofRequest.getStore() ?? {};
    const range = rangeIn(request.header, size);
    Object.assign(request, { range, size });
    const { start, end } = range || { start: 0, end: size - 1 };
    const contentLength = range === false ? 0 : end - start + 1;
    return {
      metadata: { ...metadata, contentLength },
      body: contentLength === 0 ? new Uint8Array() : opened(this.#path(bucket, key), start, end),
    };
  }

  async headObject(bucket, key) {
    const target = this.#path(bucket, key);
    const { size, mtime } = await stat(target);
    const described = JSON.parse(await readFile(`${target}.json`, "utf8"));
    return { ...described, size, contentLength: size, lastModified: mtime, httpStatusCode: 200 };
  }

  async deleteObject(bucket, key) {
    const target = this.#path(bucket, key);
    await rm(target, { force: true });
    await rm(`${target}.json`, { force: true });
  }

  async deleteObjects(bucket, keys) {
    await Promise.all(keys.map((key) => this.deleteObject(bucket, key)));
  }

  async copyObject(sourceBucket, source, _version, bucket, key) {
    const [from, to] = [this.#path(sourceBucket, source), this.#path(bucket, key)];
    await copyFile(`${from}.json`, `${to}.json`);
    await copyFile(from, to);
    return this.headObject(bucket, key);
  }

  async privateAssetUrl() {
    throw new Error("Images are not transformed.");
  }
}

/** The bytes that a Range header asks for: {start, end}, both inclusive. null: all of them, because the
 * header is missing or asks for several ranges. false: there are no such bytes.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#name-range */
function rangeIn(header, size) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === undefined || (first === "" && last === "")) return null;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(first) > Number(last)) return null;
  return start < size && start <= end ? { start, end } : false;
}

// The file is opened when it is read, so an answer that nobody reads leaves nothing open.
function opened(file, start, end) {
  let reader;
  return new ReadableStream(
    {
      async pull(controller) {
        reader ??= createReadStream(file, { start, end })[Symbol.asyncIterator]();
        const { done, value } = await reader.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await reader?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
