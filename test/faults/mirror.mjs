// A mirror that goes wrong on request. Whatever it has, it has from the real one.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

const isPackage = (path) => path.endsWith('.deb');

/** What it does to a package's bytes. The index stays as it is, unless `stale` says so. */
const harms = {
  slow: async (response, body) => {
    for (let at = 0; at < body.length; at += 4096) {
      response.write(body.subarray(at, at + 4096));
      await sleep(500);
    }
    response.end();
  },
  cut: async (response, body) => {
    response.write(body.subarray(0, body.length / 2));
    await sleep(50);
    response.destroy();
  },
  changed: async (response, body) => {
    const other = Buffer.from(body);
    other[other.length >> 1] ^= 1;
    response.end(other);
  },
};

export class Mirror {
  /** One of `harms`, `stale`, `down`, or undefined. */
  fault;

  static async start(upstream) {
    const mirror = new Mirror();
    mirror.upstream = upstream;
    mirror.server = createServer((request, response) => {
      mirror.#answer(request, response).catch(() => response.destroy());
    });
    mirror.server.listen(0, '127.0.0.1');
    await once(mirror.server, 'listening');
    return mirror;
  }

  get url() {
    return `http://127.0.0.1:${this.server.address().port}/debian`;
  }

  async #answer({ url, headers }, response) {
    if (this.fault === 'down') return response.destroy();
    const path = url.replace(/^\/debian/, '');
    const passed = Object.entries(headers).filter(([name]) => name.startsWith('if-'));
    const answer = await fetch(this.upstream + this.#translate(path), {
      headers: Object.fromEntries(passed),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    const kept = ['last-modified', 'etag', 'content-type'].filter((name) => answer.headers.has(name));
    const own = Object.fromEntries(kept.map((name) => [name, answer.headers.get(name)]));
    response.writeHead(answer.status, { ...own, ...(answer.ok && { 'content-length': body.length }) });
    const harm = answer.ok && isPackage(path) ? harms[this.fault] : undefined;
    if (harm) await harm(response, body);
    else response.end(body);
  }

  /** Where the archive has a package. */
  async pathOf(name) {
    const answer = await fetch(`${this.upstream}/dists/trixie/main/binary-amd64/Packages.gz`);
    const index = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
    const stanza = index.split('\n\n').find((text) => text.startsWith(`Package: ${name}\n`));
    return /^Filename: (.*)$/m.exec(stanza)[1];
  }

  /** A stale index: the one that belongs to another release of the same archive. */
  #translate(path) {
    if (this.fault !== 'stale') return path;
    return path.replace(
      /^\/dists\/trixie\/main\/binary-amd64\/.*/,
      '/dists/trixie-updates/main/binary-amd64/Packages.xz',
    );
  }

  async end() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
