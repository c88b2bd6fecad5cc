/**
 * The files that pages load: stylesheet, script and icon. Each server serves them under `/assets` of its own origin.
 * They lie beside this module, in a checkout and in `dist`, and are read once. Pages link them with a version
 * (`assetUrl`), so that a new release takes effect at once although browsers may cache a copy for a day.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

interface Asset {
  path: string;
  contentType: string;
  body: Buffer;
  /** Strong, quoted, for `ETag` and `If-None-Match`. */
  etag: string;
  cacheControl: string;
}

const contentTypes = {
  'latchkey.css': 'text/css; charset=utf-8',
  'latchkey.js': 'text/javascript; charset=utf-8',
  'mark.svg': 'image/svg+xml',
} as const;

export type AssetName = keyof typeof contentTypes;

function readAsset(name: AssetName): Asset {
  const body = readFileSync(new URL(`./${name}`, import.meta.url));
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return {
    path: `/assets/${name}`,
    contentType: contentTypes[name],
    body,
    etag: `"${digest}"`,
    cacheControl: 'public, max-age=86400',
  };
}

const byName: Readonly<Record<AssetName, Asset>> = {
  'latchkey.css': readAsset('latchkey.css'),
  'latchkey.js': readAsset('latchkey.js'),
  'mark.svg': readAsset('mark.svg'),
};

export const assets: readonly Asset[] = Object.values(byName);

export interface AssetResponse {
  status: 200 | 304;
  headers: Readonly<Record<string, string>>;
  /** undefined with 304. */
  body: Buffer | undefined;
}

/** The response to a GET or HEAD of `path`, or undefined where there is no asset (RFC 9110 section 13.1.2). */
export function assetResponse(path: string, ifNoneMatch: string | undefined): AssetResponse | undefined {
  const asset = assets.find((candidate) => candidate.path === path);
  if (!asset) return undefined;
  const fresh = ifNoneMatch === asset.etag;
  return {
    status: fresh ? 304 : 200,
    headers: {
      'Cache-Control': asset.cacheControl,
      'Content-Type': asset.contentType,
      ETag: asset.etag,
      'X-Content-Type-Options': 'nosniff',
    },
    body: fresh ? undefined : asset.body,
  };
}

/** The URL that pages link, with the version of the content. */
export function assetUrl(name: AssetName): string {
  const asset = byName[name];
  return `${asset.path}?v=${asset.etag.slice(1, 9)}`;
}
