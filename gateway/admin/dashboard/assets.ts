import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { AdminRefusal } from '../problems.ts';
import { uplotFiles } from './uplot.ts';

/** Where the files of the page are asked for: `/dashboard/main.js`. Relative imports among them end here too. */
export const assetFolder = '/dashboard/';

const web = join(import.meta.dirname, 'web');

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Asset {
  readonly body: Buffer;
  readonly etag: string;
  readonly type: string;
}

/** Files of the page, read when first asked for and kept; they hold no data, so no token is asked for them. */
export interface Assets {
  /** Throws `not-found` for anything but one of its files. */
  answer(req: IncomingMessage, res: ServerResponse, name: string): Promise<void>;
}

export function createAssets(): Assets {
  const read = new Map<string, Promise<Asset>>();

  async function find(name: string): Promise<Asset> {
    // No dot but the last, no slash: it cannot lead out of the folder.
    if (!/^[a-z]+(?:-[a-z]+)*\.(?:js|css|svg)$/.test(name)) throw missing(name);
    const asset = read.get(name) ?? readAsset(uplotFiles.get(name) ?? join(web, name));
    const found = await asset.catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? missing(name) : error;
    });
    read.set(name, asset);
    return found;
  }

  return {
    async answer(req, res, name) {
      const { body, etag, type } = await find(name);
      res.setHeader('etag', etag);
      // Those of a package change with the package only; ours are asked for again, and mostly not sent again.
      res.setHeader('cache-control', uplotFiles.has(name) ? 'private, max-age=86400' : 'private, no-cache');
      if (req.headers['if-none-match'] === etag) {
        res.statusCode = 304;
        res.end();
        return;
      }
      res.setHeader('content-type', type);
      res.setHeader('content-length', body.length);
      res.end(req.method === 'HEAD' ? undefined : body);
    },
  };
}

async function readAsset(file: string): Promise<Asset> {
  const body = await readFile(file);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  return { body, etag, type: types[extname(file)] ?? 'application/octet-stream' };
}

const missing = (name: string): AdminRefusal =>
  new AdminRefusal('not-found', `the page has no file ${JSON.stringify(name.slice(0, 100))}`);
