/** A real process with more open connections than Node expects listeners of one signal. */
import { startApiProcess } from '../../../../shared/testing/processes.js';
import { createTestServices } from '../../../../shared/testing/services.js';
import { openSocket } from '../../../testing/sockets.js';
import { makeAccount } from '../testing/humans.js';

const { services } = await createTestServices();
const api = await startApiProcess(services.config);

test('twelve connections to one process cause no warning of a leak', async () => {
  const accounts = await Promise.all([makeAccount(services, 'pro'), makeAccount(services, 'pro')]);
  const clients = await Promise.all(
    accounts.flatMap(({ liveKey }) =>
      Array.from({ length: 6 }, () => openSocket(`${api.url}/haas/v1/events?token=${liveKey}`)),
    ),
  );
  for (const client of clients) {
    client.send({ type: 'subscribe' });
    expect(await client.next()).toMatchObject({ type: 'subscribed' });
  }
  expect(api.errors()).not.toContain('MaxListenersExceededWarning');
  for (const { webSocket } of clients) webSocket.terminate();
});
