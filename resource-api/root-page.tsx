/** What a browser gets at the root of the API and of each product, where programs get JSON. */
import type { Config } from '../shared/config.js';
import type { Product } from '../shared/products/product.js';
import { Card } from '../shared/ui/card.js';
import { renderPage } from '../shared/ui/document.js';

type Addresses = Pick<Config, 'issuer' | 'apiUrl' | 'supportEmail'>;

/** `product` for a product's own root. */
export function rootPage(
  { issuer, apiUrl, supportEmail }: Addresses,
  products: readonly Product[],
  product?: Product,
): string {
  return renderPage(
    <Card title={product ? `The ${product.name} API` : 'The Latchkey API'} supportEmail={supportEmail}>
      <p>
        {product
          ? 'Programs call this address with a key or an access token.'
          : 'Programs call the products below with a key or an access token.'}
      </p>
      <dl class="facts">
        {(product ? [product] : products).map(({ id, name }) => (
          <>
            <dt>{name}</dt>
            <dd class="mono breakable">
              {product ? `${apiUrl}/${id}` : <a href={`/${id}`}>{`${apiUrl}/${id}`}</a>}
            </dd>
          </>
        ))}
      </dl>
      <p class="actions">
        <a class="button primary" href={`${issuer}/console`}>
          Get a key in the console
        </a>
      </p>
    </Card>,
  );
}
