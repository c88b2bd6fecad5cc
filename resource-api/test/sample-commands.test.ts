/** The command that the console shows with a new key. */
import { products } from '../../shared/products/index.js';
import { createTestServices } from '../../shared/testing/services.js';
import { makeKey, makePerson, startApi } from '../testing/serve.js';

const { services } = await createTestServices();
const { call } = await startApi(services);

const cases = products
  .filter(({ keys }) => keys.ownedBy !== 'agent')
  .flatMap((product) =>
    (['test', 'live'] as const)
      .filter((environment) => product.keys.environments[environment])
      .map((environment) => [product.id, environment, product] as const),
  );

test.each(cases)('the sample of %s works with a new %s key', async (id, environment, product) => {
  const person = await makePerson(services);
  const { key } = await makeKey(services, id, person.id, { environment });
  const bearer = product.keys.carriedIn.includes('bearer');
  const options = bearer ? { bearer: key } : { headers: { 'x-api-key': key } };
  const response = await call(`/${id}${product.samplePath}`, options);
  expect([response.status, response.text]).toEqual([200, expect.any(String)]);
});
