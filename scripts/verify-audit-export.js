#!/usr/bin/env node
/**
 * Verifies an exported audit log offline: node verify-audit-export.js EXPORT [--key PUBLIC_KEY] [--earlier OLD_EXPORT]
 *
 * It needs Node alone, so it can be kept and read by whoever receives exports. For every event it recomputes the
 * hash (SHA-256 over the event in canonical JSON, RFC 8785, which contains the hash of the event before), opens
 * every personal value that is there against its commitment (SHA-256 over salt and value), and at the end checks
 * the issuer's signature (Ed25519) on where the chain ends.
 *
 * --key      the issuer's public key as you know it from elsewhere; without it the one in the export is believed
 * --earlier  an export that you kept: its last event must still be in this one, unchanged
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

// A key may begin with a hyphen, which would be taken for an option: each value is tied to its name.
const args = process.argv
  .slice(2)
  .join('\n')
  .replaceAll(/^(--(?:key|earlier))\n/gm, '$1=')
  .split('\n');

const { values: options, positionals } = parseArgs({
  args,
  allowPositionals: true,
  options: { key: { type: 'string' }, earlier: { type: 'string' } },
});

/** RFC 8785: members sorted by UTF-16 code units, strings and numbers as ECMAScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

function refuse(why) {
  console.error(`NOT VERIFIED: ${why}`);
  process.exit(1);
}

function isSigned({ signature, ...statement }, keys) {
  if (!keys.includes(statement.public_key)) return false;
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: statement.public_key },
    format: 'jwk',
  });
  return verify(null, Buffer.from(canonical(statement)), key, Buffer.from(signature, 'base64url'));
}

function checkEvent({ type: _type, hash, personal, ...content }, place) {
  const where = `event ${content.seq}`;
  if (content.chain !== place.chain) refuse(`${where} belongs to another log`);
  if (content.seq !== place.seq + 1) refuse(`${where} stands after event ${place.seq}`);
  if (content.previous !== place.hash) refuse(`${where} does not follow the event before it`);
  if (sha256(canonical(content)) !== hash) refuse(`${where} was altered`);
  for (const [name, { value, salt }] of Object.entries(personal ?? {})) {
    const found = sha256(Buffer.from(salt, 'base64url'), value);
    if (found !== content.commitments[name]) refuse(`the value "${name}" of ${where} was altered`);
  }
}

/** Walks through an export and returns the accounts in it, each with the hashes of its events by number. */
function readExport(path) {
  const accounts = new Map();
  let place;
  let keys = [];
  const end = () => {
    if (place && !place.signed) refuse(`the log of ${place.chain} is cut off`);
  };
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const entry = JSON.parse(line);
    if (entry.type === 'latchkey-audit-export') {
      end();
      keys = options.key ? [options.key] : entry.public_keys;
      place = {
        chain: entry.account,
        seq: 0,
        hash: '0'.repeat(64),
        hashes: new Map(),
        events: 0,
        signed: false,
      };
      accounts.set(entry.account, place);
    } else if (!place) {
      refuse('the file does not begin with the header of an export');
    } else if (entry.type === 'latchkey-audit-checkpoint') {
      if (!isSigned(entry, keys) || entry.chain !== place.chain || place.seq > 0)
        refuse('a checkpoint is false');
      Object.assign(place, { seq: entry.seq, hash: entry.hash });
      place.hashes.set(entry.seq, entry.hash);
    } else if (entry.type === 'latchkey-audit-anchor') {
      const [[chain, seq, hash]] = entry.heads;
      const matches = chain === place.chain && seq === place.seq && hash === place.hash;
      if (!isSigned(entry, keys) || !matches) refuse('the signed end of the log is false');
      place.signed = true;
    } else {
      checkEvent(entry, place);
      place.events += 1;
      Object.assign(place, { seq: entry.seq, hash: entry.hash });
      place.hashes.set(entry.seq, entry.hash);
    }
  }
  end();
  return accounts;
}

if (positionals.length !== 1) {
  console.error('usage: node verify-audit-export.js EXPORT [--key PUBLIC_KEY] [--earlier OLD_EXPORT]');
  process.exit(2);
}
const accounts = readExport(positionals[0]);
if (options.earlier) {
  for (const [chain, { seq, hash }] of readExport(options.earlier)) {
    const hashes = accounts.get(chain)?.hashes ?? new Map();
    const [oldest = 0] = hashes.keys();
    if (seq > 0 && seq >= oldest && hashes.get(seq) !== hash)
      refuse(`event ${seq} of ${chain} is not what it was`);
  }
}
for (const { chain, events } of accounts.values()) console.log(`verified: ${events} events of ${chain}`);
