/**
 * The list of products: the only place, with its twin in resource-api/products, that names them all.
 */
import { agenthuman } from './agenthuman.js';
import { haas } from './haas.js';
import { hitl } from './hitl.js';
import { humanping } from './humanping.js';
import { mcp } from './mcp.js';
import { openhuman } from './openhuman.js';
import type { OAuthDefinition, Product, ProductId } from './product.js';

export const products: readonly Product[] = [humanping, haas, agenthuman, hitl, openhuman, mcp];

const byId = new Map<string, Product>(products.map((product) => [product.id, product]));

export function findProduct(id: string): Product | undefined {
  return byId.get(id);
}

/** Throws for an id that stands in a row but not in the list: a deployment error, not a caller's. */
export function getProduct(id: string): Product {
  const product = byId.get(id);
  if (!product) throw new Error(`there is no product "${id}"`);
  return product;
}

export type OAuthProduct = Product & { oauth: OAuthDefinition };

/** Products that speak OAuth, in the order of the list. */
export const oauthProducts: readonly OAuthProduct[] = products.filter(
  (product): product is OAuthProduct => product.oauth !== undefined,
);

/** The OAuth facts of a product. Throws when it has none. */
export function getOAuthProduct(id: string): OAuthProduct {
  const product = oauthProducts.find((candidate) => candidate.id === id);
  if (!product) throw new Error(`product "${id}" does not speak OAuth`);
  return product;
}

export type { Product, ProductId };
