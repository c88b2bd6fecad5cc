/**
 * One whole authorization (code with PKCE) of the demo app, with a callback of its own:
 * `node scripts/try-flow.js ISSUER API_URL CLIENT_ID`. Prints the URL to open, then the tokens and what they open.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const [issuer, apiUrl, clientId] = process.argv.slice(2);
/** Registered for the demo app. */
const redirectUri = 'http://localhost:8912/callback';
const verifier = randomBytes(32).toString('base64url');
const state = randomBytes(16).toString('base64url');

const authorizeUrl = new URL('/authorize', issuer);
authorizeUrl.search = new URLSearchParams({
  client_id: clientId,
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'status:read profile:read',
  state,
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
}).toString();

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, redirectUri);
  if (pathname !== '/callback' || searchParams.get('state') !== state) {
    response.writeHead(404).end('This is not the response to the request that was made here.\n');
    return;
  }
  response.end('Done. The terminal shows what came; you can close this page.\n');
  await finish(searchParams).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  server.close();
  server.closeAllConnections();
});

async function finish(answer) {
  const code = answer.get('code');
  if (code === null)
    throw new Error(`No code came: ${answer.get('error_description') ?? answer.get('error')}`);
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
  });
  const tokens = await (await fetch(`${issuer}/token`, { method: 'POST', body })).json();
  const url = `${apiUrl}/haas/v1/humans/${tokens.human_id}/status`;
  const headers = { authorization: `Bearer ${tokens.access_token}` };
  const status = await (await fetch(url, { headers })).json();
  console.log(JSON.stringify({ tokens, status }, null, 2));
}

server.on('error', (error) => {
  console.error(`The callback at ${redirectUri} cannot be served (${error.code}): is port 8912 in use?`);
  process.exit(1);
});
server.listen(8912, 'localhost', () => console.log(`ready  open ${authorizeUrl.href}`));
