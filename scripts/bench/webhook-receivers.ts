/**
 * Receivers of webhooks in a process of their own, so that their processor time is not the sender's. A path that
 * begins with /hang is never answered; every other is answered at once. Lines on standard output: the address at
 * first, then, whenever it is asked on standard input, how many calls were answered and when the last one was.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

let answered = 0;
let lastMs = 0;

const server = createServer((request, response) => {
  request.resume();
  if (request.url?.startsWith('/hang')) return;
  request.on('end', () => {
    answered += 1;
    lastMs = Date.now();
    response.writeHead(204).end();
  });
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }));
});

const questions = createInterface({ input: process.stdin });
questions.on('line', () => console.log(JSON.stringify({ answered, lastMs })));
questions.on('close', () => process.exit());
