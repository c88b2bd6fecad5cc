/**
 * The files that pages load, all from the own origin. They lie beside this module, in a checkout and in `dist`, and
 * are read once. Pages link them with a version (`assetUrl`), so a new release is seen at once although browsers
 * may keep a copy for a day.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface Asset {
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

/** For the router: one GET route each. */
export const assets: readonly Asset[] = Object.values(byName);

/** The address that pages link, with the version of the content. */
export function assetUrl(name: AssetName): string {
  const asset = byName[name];
  return `${asset.path}?v=${asset.etag.slice(1, 9)}`;
}
