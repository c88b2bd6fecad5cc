import { createServer, type Socket } from 'node:net';
import { listDeadJobs } from '../jobs/dead-letters.js';
import { sharedHandlers } from '../maintenance/shared-handlers.js';
import { inTransaction } from '../services.js';
import { runDueJobs } from '../testing/jobs.js';
import { createTestServices } from '../testing/services.js';
import { listDevelopmentMails } from './development.js';
import { deleteOldMails, forgetMails, queueMail } from './mail.js';
import { renderMail } from './template-layout.js';

const { services, clock } = await createTestServices();
const mail = { to: 'ada@example.com', subject: 'Your code', text: 'Your code is 123456.\n' };

/** As much of RFC 5321 as a client needs; `refuse` answers RCPT. */
async function startMailServer(refuse?: string) {
  const received: string[] = [];
  const talk = (socket: Socket) => {
    let data: string | undefined;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.write('220 ready\r\n');
    socket.on('data', (chunk: string) => {
      if (data !== undefined) {
        data += chunk;
        if (!data.endsWith('\r\n.\r\n')) return;
        received.push(data);
        data = undefined;
        socket.write('250 taken\r\n');
        return;
      }
      for (const line of chunk.split('\r\n').filter(Boolean)) {
        if (line === 'DATA') {
          data = '';
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else socket.write(line.startsWith('RCPT') && refuse ? `${refuse}\r\n` : '250 ok\r\n');
      }
    });
  };
  const server = createServer(talk);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { received, url: `smtp://127.0.0.1:${port}`, close: () => server.close() };
}

afterEach(async () => {
  await services.db('mails').delete();
  await services.db.raw('delete from graphile_worker._private_jobs');
});

test('without a mail server a mail can be read with its links and its code, the newest first', async () => {
  await queueMail(services, {
    ...mail,
    text: 'Go to https://a.example/x?y=1\n\nor <https://b.example/>. By https://c.example.',
  });
  clock.advance(1000);
  await queueMail(services, mail);
  await queueMail(services, { ...mail, to: 'other@example.com' });
  expect(await listDevelopmentMails(services, { to: 'ADA@example.com' })).toEqual([
    { ...mail, links: [], code: '123456', at: expect.any(Date) },
    expect.objectContaining({
      links: ['https://a.example/x?y=1', 'https://b.example/', 'https://c.example'],
      code: null,
    }),
  ]);
  expect(await listDevelopmentMails(services)).toHaveLength(3);
  expect((await runDueJobs(services, sharedHandlers)).failures).toEqual([]);
  expect(await listDevelopmentMails(services)).toHaveLength(3);
});

test('in production nobody can read mail', async () => {
  await queueMail(services, mail);
  const production = { ...services, config: { ...services.config, production: true } };
  expect(await listDevelopmentMails(production)).toEqual([]);
});

test('a mail of a transaction that is rolled back was never written', async () => {
  const failing = inTransaction(services, async (tx) => {
    await queueMail(tx, mail);
    throw new Error('rolled back');
  });
  await expect(failing).rejects.toThrow();
  expect(await services.db('mails')).toEqual([]);
  expect(await services.db('graphile_worker.jobs')).toEqual([]);
});

test('neither the stored mail nor its job shows subject or text', async () => {
  await queueMail(services, { ...mail, subject: 'secret subject', html: '<p>secret html</p>' });
  const mails = await services.db('mails');
  const jobs = await services.db('graphile_worker._private_jobs');
  expect(JSON.stringify([mails, jobs])).not.toMatch(/secret|123456/);
});

test('with a mail server a mail is sent once, with both parts', async () => {
  const server = await startMailServer();
  const sending = { ...services, config: { ...services.config, smtpUrl: server.url } };
  const id = await queueMail(sending, { ...mail, ...renderMail({ ...parts }) });
  await runDueJobs(sending, sharedHandlers);
  await runDueJobs(sending, sharedHandlers);
  server.close();
  expect(server.received).toHaveLength(1);
  expect(server.received[0]).toContain('To: ada@example.com');
  expect(server.received[0]).toContain(`Message-ID: <${id}@localhost>`);
  expect(server.received[0]).toContain('Content-Type: text/plain');
  expect(server.received[0]).toContain('Content-Type: text/html');
  expect(await services.db('mails').first()).toMatchObject({ state: 'sent', sent_at: expect.any(Date) });
});

test('a mail server that is not there is tried again later', async () => {
  const server = await startMailServer();
  server.close();
  const sending = { ...services, config: { ...services.config, smtpUrl: server.url } };
  await queueMail(sending, mail);
  expect((await runDueJobs(sending, sharedHandlers)).failures).toMatchObject([{ dead: false }]);
  expect(await services.db('mails').first()).toMatchObject({ state: 'queued' });
});

test('an address that the server refuses for good is not tried again; one refused for now is', async () => {
  const [forGood, forNow] = [await startMailServer('550 no such user'), await startMailServer('451 busy')];
  await queueMail(services, mail);
  const busy = { ...services, config: { ...services.config, smtpUrl: forNow.url } };
  expect((await runDueJobs(busy, sharedHandlers)).failures).toMatchObject([{ dead: false }]);
  clock.advance(60_000);
  const refusing = { ...services, config: { ...services.config, smtpUrl: forGood.url } };
  expect((await runDueJobs(refusing, sharedHandlers)).failures).toMatchObject([{ dead: true }]);
  forGood.close();
  forNow.close();
  expect(await services.db('mails').first()).toMatchObject({ state: 'refused' });
  expect(await listDeadJobs(services)).toHaveLength(1);
});

test('the content of a mail is gone after a week and its row after three months', async () => {
  await queueMail(services, mail);
  clock.advance(6 * 86_400_000);
  await deleteOldMails(services);
  expect(await listDevelopmentMails(services)).toHaveLength(1);
  clock.advance(2 * 86_400_000);
  await deleteOldMails(services);
  expect(await listDevelopmentMails(services)).toEqual([]);
  expect(await services.db('mails')).toHaveLength(1);
  clock.advance(90 * 86_400_000);
  await deleteOldMails(services);
  expect(await services.db('mails')).toEqual([]);
});

test('mail to an erased person is forgotten, and never sent if it still waits', async () => {
  await queueMail(services, mail);
  await forgetMails(services, 'Ada@Example.com');
  expect(await services.db('mails')).toEqual([]);
  expect((await runDueJobs(services, sharedHandlers)).failures).toEqual([]);
});

const parts = {
  title: 'Confirm your address',
  paragraphs: ['Hello <b>Ada</b> & friends.'],
  button: { label: 'Confirm', url: 'https://latchkey.example/verify?token=a&b=c' },
  footer: 'You asked for this from 192.0.2.1. If it was not you, do nothing.',
};

test('a rendered mail says the same in both parts, escapes everything and shows the link in full', () => {
  const { text, html } = renderMail(parts);
  expect(text).toContain('Hello <b>Ada</b> & friends.');
  expect(text).toContain('Confirm:\nhttps://latchkey.example/verify?token=a&b=c\n');
  expect(text).toContain(parts.footer);
  expect(html).toContain('Hello &lt;b&gt;Ada&lt;/b&gt; &amp; friends.');
  expect(html.match(/href="https:\/\/latchkey\.example\/verify\?token=a&amp;b=c"/g)).toHaveLength(2);
  expect(html).not.toMatch(/<img|<script|@import|url\(/);
});
