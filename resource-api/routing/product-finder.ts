/**
 * Which product a request is for, known before anything else is: by the `Host` that the configuration gives to a
 * product, with the documented path as it is, or else by the first segment of the path.
 */
import type { Config } from '../../shared/config.js';
import { metadataPath } from './protected-resource.js';

export interface FoundProduct<M> {
  mounted: M;
  /** The path as the product documents it. */
  path: string;
  /** The public address under which the product was called; from the configuration, without a trailing slash. */
  baseUrl: string;
}

/** The host of a product that a `Host` field names, in lower case and without its port unless that is configured. */
export function findProductHost(
  { productHosts }: Pick<Config, 'productHosts'>,
  hostField = '',
): string | undefined {
  const asSent = productHosts.size === 0 ? '' : hostField.toLowerCase();
  return [asSent, asSent.replace(/:\d+$/, '')].find((host) => productHosts.has(host));
}

/** Whether a path is of the metadata, which the server serves itself at every host. */
export const isMetadataPath = (path: string): boolean =>
  path === metadataPath || path.startsWith(`${metadataPath}/`);

export function createProductFinder<M>(
  config: Pick<Config, 'apiUrl' | 'productHosts'>,
  mounted: ReadonlyMap<string, M>,
): (hostField: string | undefined, path: string) => FoundProduct<M> | undefined {
  const { apiUrl, productHosts } = config;
  const scheme = new URL(apiUrl).protocol;

  return (hostField, path) => {
    const host = findProductHost(config, hostField) ?? '';
    const here = mounted.get(productHosts.get(host) ?? '');
    if (here && !isMetadataPath(path)) return { mounted: here, path, baseUrl: `${scheme}//${host}` };
    const end = path.indexOf('/', 1);
    const segment = end < 0 ? path.slice(1) : path.slice(1, end);
    const there = mounted.get(segment);
    if (!there) return undefined;
    return { mounted: there, path: end < 0 ? '/' : path.slice(end), baseUrl: `${apiUrl}/${segment}` };
  };
}
